"""The prompt at a real pseudo-terminal: keys as on an IOS console."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/dmvpn-phase3/dmvpn-phase3.clab.yml"
PATIENCE_S = 30
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Terminal:
    """A child on a pseudo-terminal of 24 by 100, read and typed at. It answers cursor queries, as terminals do."""

    def __init__(self, arguments: list[str], home: Path) -> None:
        self.child, self._file = pty.fork()
        if self.child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
            environment = {**os.environ, "TERM": "xterm", "HOME": str(home), "XDG_DATA_HOME": str(home)}
            os.execve(sys.executable, [sys.executable, "-m", "iosh.shell.door", *arguments], environment)
        self._seen = b""

    def type(self, keys: str) -> None:
        os.write(self._file, keys.encode())

    def until(self, text: str) -> str:
        """Read until the text appears; what came before and with it, escapes left out. Later reads begin after it."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            clean = _ESCAPES.sub(b"", self._seen).replace(b"\r", b"").decode(errors="replace")
            at = clean.find(text)
            if at >= 0:
                self._seen = clean[at + len(text) :].encode()
                return clean[: at + len(text)]
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not appear, but {clean!r}"
            if select.select([self._file], [], [], left)[0]:
                try:
                    data = os.read(self._file, 65536)
                except OSError:  # the child's end is closed
                    data = b""
                assert data, f"the program ended without {text!r}: {clean!r}"
                if b"\x1b[6n" in data:
                    os.write(self._file, b"\x1b[1;1R")
                self._seen += data

    def ends(self) -> int:
        """Wait for the program; its exit status."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            done, status = os.waitpid(self.child, os.WNOHANG)
            if done:
                self.child = 0
                return os.waitstatus_to_exitcode(status)
            if select.select([self._file], [], [], 0.05)[0]:
                try:
                    os.read(self._file, 65536)
                except OSError:
                    pass
        raise AssertionError("the program does not end")

    def close(self) -> None:
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self._file)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*arguments: str) -> Terminal:
        opened.append(Terminal(list(arguments), tmp_path))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_a_router_is_configured_with_the_keys_of_a_console(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    person = terminal("--nvram", str(tmp_path / "nvram"))
    person.until("Router>")
    person.type("en\r")
    person.until("Router#")
    person.type("sh\tclo\t")  # Tab completes
    person.until("show clock")
    person.type("\r")
    person.until("UTC")
    person.until("Router#")
    person.type("show ip ?")  # help at once, and what was typed stays
    person.until("NHRP information")
    person.until("Router#show ip")
    person.type("rote\r")  # a wrong word
    person.until("                ^\n% Invalid input detected at '^' marker.")
    person.until("Router#")
    person.type("configure terminal\r")
    person.until("Router(config)#")
    paste = "hostname R1\ninterface Loopback0\n ip address 10.0.0.1 255.255.255.255\n description pas"
    person.type(f"\x1b[200~{paste}\x1b[201~")  # a pasted config is taken line by line
    person.until("R1(config-if)# description pas")
    person.type("ted\x1a")  # what is typed, then end
    person.until("%SYS-5-CONFIG_I: Configured from console by console")
    person.until("R1#")
    person.type("configure terminal\r")
    person.until("R1(config)#")
    person.type("interface Loopback1\rdescription why\x16?\x1a")  # Ctrl-V: the next key is text
    person.until("description why?")
    person.until("R1#")
    person.type("\x10\x10")  # the history of exec has no configuration in it
    person.until("show ip rote")
    person.type("\x15show running-config interface Loopback0\r")
    assert " description pasted\n ip address 10.0.0.1 255.255.255.255\n" in person.until("end\n")
    person.until("R1#")
    person.type("write memory\r")
    person.until("[OK]")
    person.until("R1#")
    person.type("exit\r")
    assert person.ends() == 0
    assert "hostname R1" in (tmp_path / "nvram/startup-config").read_text()


def test_a_page_waits_for_a_key(terminal: Callable[..., Terminal]) -> None:
    person = terminal()
    person.until("Router>")
    person.type("enable\r")
    person.until("Router#")
    person.type("show running-config\r")
    first = person.until("--More--")
    assert first.count("\n") >= 22
    person.type("\r")
    assert person.until("--More--").strip("\n").count("\n") <= 2
    person.type("/line vty\r")  # go on where a line matches
    person.until("line vty 0 4")
    person.until("Router#")
    person.type("show running-config\r")
    person.until("--More--")
    person.type("q")
    person.until("Router#")
    person.type("configure terminal\r")
    person.until("Router(config)#")
    person.type("\x03")  # Ctrl-C leaves configuration
    person.until("Router#")
    person.type("\x04")  # Ctrl-D ends the program
    assert person.ends() == 0


def test_in_a_lab_a_person_moves_breaks_off_and_reads_what_routers_log(terminal: Callable[..., Terminal]) -> None:
    person = terminal("lab", str(EXAMPLE), "--until", "formed")
    person.until(":help lists them.")
    person.until("HUB>")
    person.type("enable\r")
    person.until("HUB#")
    person.type("ping 10.255.0.11 repeat 100000\r")
    person.until("!!!")
    person.type("\x1e")  # Ctrl-^
    person.until("Success rate is 100 percent")
    person.until("HUB#")
    person.type("?")
    person.until("--More--")
    person.type(" ")
    person.until("Lines that begin with : are for the lab")
    person.until("HUB#")
    person.type("show cl")  # a message comes while somebody types: it is printed above
    person.type("\x15:cut hub:eth2\r")
    person.until("is cut.")
    person.until("%LINK-3-UPDOWN: Interface GigabitEthernet2, changed state to down")
    person.until("HUB#")
    person.type(":PC1\r")
    person.until("pc1:~#")
    person.type("ping -c 1 10.1.0.1\r")
    person.until("1 packets transmitted, 1 received")
    person.until("pc1:~#")
    person.type(":run 9999h\r")
    time.sleep(0.3)
    person.type("\x03")
    person.until("Broken off; the lab is ")
    person.until("pc1:~#")
    person.type(":quit\r")
    assert person.ends() == 0


def test_what_is_typed_before_the_prompt_stands_is_not_lost(terminal: Callable[..., Terminal]) -> None:
    person = terminal()
    person.type("enable\rshow privilege\r")
    person.until("Current privilege level is 15")
    person.until("Router#")
