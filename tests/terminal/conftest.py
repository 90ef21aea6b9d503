"""A person at a terminal, as pyte sees the screen: at the local console, over SSH (OpenSSH's client), over telnet."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pexpect
import pyte
import pytest

ROWS, COLUMNS = 24, 80
PATIENCE_S = 30
_CHUNK = 4096  # bytes written at once
CONFIG = """hostname R1
banner motd ^Mind the step^
enable secret 0 letmein
logging buffered
interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.0
"""
DOORS = ("console", "ssh", "telnet")


class Wire(Protocol):
    """What carries bytes between a terminal and a router."""

    def read(self) -> bytes: ...
    def write(self, data: bytes) -> int: ...  # how many were taken; the rest must wait until something is read
    def resize(self, rows: int, columns: int) -> None: ...
    def close(self) -> None: ...


class Child:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._child = pexpect.spawn(command[0], command[1:], env=environment, dimensions=(ROWS, COLUMNS))  # type: ignore[arg-type]
        os.set_blocking(self._child.fileno(), False)

    def read(self) -> bytes:
        try:
            return bytes(self._child.read_nonblocking(65536, 0.05))
        except pexpect.TIMEOUT:
            return b""
        except pexpect.EOF:
            raise EOFError from None

    def write(self, data: bytes) -> int:
        try:
            return os.write(self._child.fileno(), data)
        except BlockingIOError:
            return 0

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._child.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._child.kill(signal.SIGWINCH)

    def close(self) -> None:
        self._child.close(force=True)


class Telnet:
    """A telnet client that tells its window's size (RFC 1073) and lets nothing but text through to the screen."""

    _SAYS = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0)", re.DOTALL)

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self.resize(ROWS, COLUMNS)
        self._socket.settimeout(0.05)

    def read(self) -> bytes:
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return b""
        if not data:
            raise EOFError
        return self._SAYS.sub(b"", data)

    def write(self, data: bytes) -> int:
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendall(data[:_CHUNK].replace(b"\r", b"\r\0"))
        self._socket.settimeout(0.05)
        return min(len(data), _CHUNK)

    def resize(self, rows: int, columns: int) -> None:
        self._socket.sendall(b"\xff\xfb\x1f\xff\xfa\x1f" + struct.pack("!HH", columns, rows) + b"\xff\xf0")

    def close(self) -> None:
        self._socket.close()


class _Screen(pyte.HistoryScreen):
    """Answers cursor queries, as terminals do."""

    answers = b""

    def write_process_input(self, data: str) -> None:
        self.answers += data.encode()


class Terminal:
    """A screen and its keyboard."""

    def __init__(self, wire: Wire, door: str) -> None:
        self._wire = wire
        self._keys = b""  # not taken yet
        self.door = door
        self.screen = _Screen(COLUMNS, ROWS, history=5000)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()  # all that came, for what a screen does not show
        self.ended = False
        self._cleared = 0

    def type(self, keys: str) -> None:
        """Press keys. What the other side does not take at once waits while the screen is read, as in a terminal."""
        self._keys += keys.encode()
        self._press()

    def _press(self) -> None:
        self._keys = self._keys[self._wire.write(self._keys) :]

    def paste(self, text: str, bracketed: bool = True) -> None:
        """All of it at once; in brackets where they are asked for, as most terminals do."""
        bracketed &= b"\x1b[?2004h" in self.raw
        self.type(f"\x1b[200~{text}\x1b[201~" if bracketed else text)

    def resize(self, rows: int, columns: int) -> None:
        """Pull at the window's corner."""
        self.screen.resize(rows, columns)
        self._wire.resize(rows, columns)

    def close(self) -> None:
        self._wire.close()

    # --- what stands on the screen -----------------------------------------------------------------------------------

    @property
    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def line(self) -> str:
        """Where the cursor is."""
        return self.screen.display[self.screen.cursor.y].rstrip()

    @property
    def cursor(self) -> int:
        return int(self.screen.cursor.x)

    def look(self) -> None:
        """Take in what has come, and go on typing."""
        self._press()
        try:
            data = self._wire.read()
        except EOFError:
            self.ended = True
            return
        self.raw += data
        self._stream.feed(data)
        self._keys += self.screen.answers
        self.screen.answers = b""

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Look on until it is seen."""
        deadline = time.monotonic() + PATIENCE_S
        while not seen():
            assert time.monotonic() < deadline, f"{what} is not seen, cursor {self.cursor}:\n{self.text}"
            assert not self.ended or seen(), f"the session ended without {what}:\n{self.text}"
            self.look()

    def stands(self, line: str, cursor: int | None = None) -> None:
        """The cursor comes to stand in this line, at its end if not said otherwise."""
        at = len(line) if cursor is None else cursor
        self.until(lambda: (self.line, self.cursor) == (line.rstrip(), at), f"{line!r} with the cursor at {at}")

    def shows(self, text: str) -> None:
        """The screen comes to show this somewhere."""
        self.until(lambda: text in self.text, repr(text))

    def says(self, keys: str, *answer: str, prompt: str = "R1#") -> None:
        """Keys are typed, and below them stands the answer, then the prompt."""
        self.type(keys)
        self.until(lambda: self.line == prompt and (not answer or "\n".join(answer) in self.text), repr(answer))

    def ends(self) -> None:
        """The other side hangs up."""
        self.until(lambda: self.ended, "the end")

    def clear(self) -> None:
        """An empty screen but for the prompt, whatever page or half line stood there."""
        self._cleared += 1
        mark = f"clear{self._cleared}"
        self.type(f"q\x05\x15{mark}")
        self.until(lambda: self.line.endswith(mark), mark)
        self.type("\x15")
        self.stands("R1#")
        self.screen.erase_in_display(2)
        self.screen.cursor_position()
        self.screen.draw("R1#")


class Hall:
    """The doors of one router of its own program, and consoles of others that boot with the same configuration."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self._config = folder / "startup.cfg"
        self._config.write_text(config)
        self._environment = {**os.environ, "TERM": "xterm", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        self._program: subprocess.Popen[str] | None = None
        self._ports: dict[str, int] = {}
        self._opened: list[Terminal] = []

    def enter(self, door: str, *options: str, log_in: bool = True) -> Terminal:
        """A terminal behind that door, at `R1#` if logged in. Options are the console's, or another telnet port."""
        if door == "console":
            wire: Wire = Child([*self._iosh(), str(self._config), *options], self._environment)
        elif door == "ssh":
            if shutil.which("ssh") is None:
                pytest.skip("OpenSSH is not installed")
            wire = self.ssh(self.port("ssh"))
        else:
            wire = Telnet(int(options[0]) if options else self.port("telnet"))
        one = Terminal(wire, door)
        self._opened.append(one)
        if log_in:
            self._log_in(one, door)
        return one

    def _log_in(self, one: Terminal, door: str) -> None:
        if door == "telnet":
            one.until(lambda: one.line == "Username:", "Username:")
            one.type("admin\r")
        if door != "console":
            one.until(lambda: one.line.endswith("assword:"), "a question for the password")
            one.type("admin\r")
        else:
            one.stands("R1>")
            one.type("enable\r")
            one.until(lambda: one.line == "Password:", "Password:")
            one.type("letmein\r")
        one.stands("R1#")

    def port(self, protocol: str) -> int:
        if self._program is None:
            command = [*self._iosh(), str(self._config), "--ssh", "0", "--telnet", "0"]
            self._program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=self._environment | {"PYTHONUNBUFFERED": "1"},
                text=True,
            )
            assert self._program.stdout is not None
            for line in self._program.stdout:
                found = re.search(r"(ssh|telnet) 127\.0\.0\.1 port (\d+)", line)
                if found:
                    self._ports[found[1]] = int(found[2])
                if len(self._ports) == 2:
                    break
        return self._ports[protocol]

    def close(self) -> None:
        for one in self._opened:
            one.close()
        if self._program is not None:
            self._program.terminate()
            assert self._program.wait(PATIENCE_S) == 0

    def _iosh(self) -> list[str]:
        return [sys.executable, "-m", "iosh.shell.door"]

    def ssh(self, port: int) -> Child:
        """OpenSSH's client."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "PubkeyAuthentication=no")
        command = ["ssh", "-tt", "-F", "none", "-e", "none", *(f"-o{option}" for option in options)]
        return Child([*command, "-p", str(port), "admin@127.0.0.1"], self._environment)


@pytest.fixture(scope="package")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    one = Hall(tmp_path_factory.mktemp("hall"))
    yield one
    one.close()


@pytest.fixture
def hall_of(tmp_path: Path) -> Iterator[Callable[[str], Hall]]:
    """A router of one's own, with these lines behind its configuration."""
    opened: list[Hall] = []

    def open_one(lines: str) -> Hall:
        opened.append(Hall(tmp_path, CONFIG + lines))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="package", params=DOORS)
def seated(request: pytest.FixtureRequest, hall: Hall) -> Terminal:
    """One session behind each door, for tests that leave it as it was."""
    return hall.enter(request.param)


@pytest.fixture
def person(seated: Terminal) -> Terminal:
    """Somebody at an empty screen and `R1#`."""
    seated.clear()
    seated.stands("R1#")
    return seated


@pytest.fixture(params=DOORS)
def newcomer(request: pytest.FixtureRequest, hall: Hall) -> Iterator[Terminal]:
    """A session of one's own, logged in."""
    one = hall.enter(request.param)
    yield one
    one.close()


@pytest.fixture
def two(hall: Hall) -> Iterator[Callable[[str], tuple[Terminal, Terminal]]]:
    """Somebody behind a door, and another over telnet to the same router."""
    opened: list[Terminal] = []

    def enter(door: str) -> tuple[Terminal, Terminal]:
        one = hall.enter(door, *(("--telnet", "0") if door == "console" else ()))
        opened.append(one)
        port = re.search(r"telnet 127\.0\.0\.1 port (\d+)", one.raw.decode())
        opened.append(hall.enter("telnet", *([port[1]] if port is not None else ())))
        return opened[0], opened[1]

    yield enter
    for one in opened:
        one.close()
