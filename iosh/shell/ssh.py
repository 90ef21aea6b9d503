"""SSH to the routers of a lab: a server for each, passwords only, a shell or one command.

`password` and `keyboard-interactive` are offered; host keys are RSA (signing with SHA-1 too, for old clients) and
Ed25519. Three wrong passwords end a connection. Connections that have not logged in are bounded in number, the oldest
gives way, and in time. No forwarding, no agent, no X11, no compression, no public keys; SCP and SFTP are not here yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import asyncssh

from iosh.cli.console import Console
from iosh.lab.box import Box
from iosh.shell.gate import Gate
from iosh.shell.remote import House, Person, RemoteLine

HALF_OPEN: Final = 128  # connections that have not logged in, of all routers together
LOGIN_S: Final = 60.0
_TRIES: Final = 3
_RECOMMENDED: Final = 14  # DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE (RFC 4253)
_VERSION: Final = "iosh"

# What a client that has not logged in can make us compute stays small: no groups beyond 4096 bits.
_KEX: Final = (
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group14-sha1"
)


Challenge = tuple[str, str, str, Sequence[tuple[str, bool]]]


class SshDoors:
    """The SSH servers of a lab."""

    def __init__(self, house: House, keys: list[asyncssh.SSHKey]) -> None:
        self._house = house
        self._half_open: dict[asyncssh.SSHServerConnection, None] = {}
        self._servers: list[asyncssh.SSHAcceptor] = []
        self._options = asyncssh.SSHServerConnectionOptions(
            server_host_keys=keys,
            server_version=_VERSION,
            kex_algs=_KEX,
            compression_algs=None,
            login_timeout=LOGIN_S,
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            gss_host=None,
        )
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # a guest's mistakes are not news at the console

    async def open(self, gate: Gate, host: str, port: int) -> int:
        """Listen for one router; the port it became. `OSError` if that cannot be."""
        server = await asyncssh.listen(
            host, port, options=self._options, server_factory=lambda: _Guest(self, gate), reuse_address=True
        )
        self._servers.append(server)
        return server.get_port()

    def close(self) -> None:
        """Listen no more, and close what is open."""
        for server in self._servers:
            server.close()
        for session in tuple(self._house.sessions):
            session.gone()

    # --- what guests tell --------------------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        return self._house

    def entered(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has connected; whoever has waited longest without logging in makes room."""
        self._half_open[connection] = None
        if len(self._half_open) > HALF_OPEN:
            oldest = next(iter(self._half_open))
            del self._half_open[oldest]
            oldest.abort()

    def settled(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody has logged in or gone."""
        self._half_open.pop(connection, None)


class _Guest(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, doors: SshDoors, gate: Gate) -> None:
        self._doors = doors
        self._gate = gate
        self._connection: Any = None
        self._address, self._port = "", 0
        self._name = ""
        self._level = 0
        self._failures = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = str(conn.get_extra_info("peername")[0])
        self._port = int(conn.get_extra_info("sockname")[1])
        self._doors.entered(conn)
        if not self._gate.admits("ssh"):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._doors.settled(self._connection)

    def begin_auth(self, username: str) -> bool:
        banner = self._gate.box.router.config.banners.get("login")
        if banner and not self._name:
            self._connection.send_auth_banner(banner.replace("\n", "\r\n") + "\r\n")
        self._name = username
        return True

    def auth_completed(self) -> None:
        self._doors.settled(self._connection)

    def public_key_auth_supported(self) -> bool:
        return False

    def password_auth_supported(self) -> bool:
        return True

    def kbdint_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        level = await self._gate.judge(username, password, self._address, self._port)
        if level is None:
            self._failures += 1
            if self._failures >= _TRIES:
                self._connection.disconnect(_RECOMMENDED, "Too many authentication failures")
            return False
        self._level = level
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Challenge:
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and await self.validate_password(username, responses[0])

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        person = Person(self._name, self._level, self._address, self._gate.is_open)
        return _Session(self._doors.house, self._gate.box, person)


class _Session(asyncssh.SSHServerSession[bytes]):
    """One channel: a shell at a vty, or one command."""

    def __init__(self, house: House, box: Box, person: Person) -> None:
        self._house = house
        self._box = box
        self._person = person
        self._size = (0, 0)
        self._channel: Any = None
        self._line: RemoteLine | None = None
        self._errand: _Errand | None = None

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Any) -> bool:
        self._size = (term_size[1], term_size[0])
        return True

    def shell_requested(self) -> bool:
        return self._vty() is not None

    def exec_requested(self, command: str) -> bool:
        line = self._vty()
        if line is None:
            return False
        self._errand = _Errand(self._house, self._box, line, self._person, self._channel, command)
        return True

    def session_started(self) -> None:
        if self._errand is not None:
            self._errand.begin()
            return
        line = self._vty()
        if line is None:  # the last one was taken in between
            self._channel.close()
            return
        self._line = RemoteLine(
            self._house, self._box, line, self._person, self._channel.write, self._closed, self._reading
        )
        self._line.open(*self._size)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        if self._line is not None:
            self._line.tty.resize(height, width)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._line is not None:
            self._line.receive(data)
        elif self._errand is not None:
            self._errand.answer(data)

    def eof_received(self) -> bool:
        if self._line is not None:
            self._line.gone()
        elif self._errand is not None:
            self._errand.no_more()
        return True

    def break_received(self, msec: int) -> bool:
        if self._line is not None:
            self._line.receive(b"\x1e")
        return True

    def pause_writing(self) -> None:
        if self._line is not None:
            self._line.choke(True)

    def resume_writing(self) -> None:
        if self._line is not None:
            self._line.choke(False)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._line is not None:
            self._line.gone()
        elif self._errand is not None:
            self._errand.give_up()

    def _vty(self) -> str | None:
        return None if self._box.is_booting else self._box.router.lines.free_vty()

    def _closed(self) -> None:
        self._channel.exit(0)

    def _reading(self, on: bool) -> None:
        if on:
            self._channel.resume_reading()
        else:
            self._channel.pause_reading()


class _Errand:
    """`ssh ROUTER 'show version'`: one command, what it prints, and whether it was taken as the exit status.

    What it asks is answered by lines of standard input; where there are none, it is given up.
    """

    def __init__(self, house: House, box: Box, line: str, person: Person, channel: Any, command: str) -> None:
        self._house = house
        self._box = box
        self._channel = channel
        self._command = command
        self._answers = ""
        self._complete = False  # standard input has ended
        self._taken = True
        self._over = False
        self.console = Console(box, line, self._said, person.name, person.address, self.give_up)
        person.sit_down(self.console)
        self.console.terminal.length = 0
        self.console.finished = self._wake

    def begin(self) -> None:
        """Carry it out."""
        self._house.pump.catch_up()
        self._feed(self._command)
        self._go_on()

    def answer(self, data: bytes) -> None:
        """More of standard input."""
        self._answers = (self._answers + data.decode("utf-8", "replace").replace("\r\n", "\n"))[-65536:]
        self._go_on()

    def no_more(self) -> None:
        """Standard input has ended."""
        self._complete = True
        self._go_on()

    def give_up(self) -> None:
        """The client has gone."""
        if not self._over:
            self._over = True
            self.console.interrupt(self._house.lab.world.now)
            self.console.detach()
            self._house.lab.world.touch(self._box.name)

    def _wake(self) -> None:
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        console = self.console
        while not self._over and not console.busy:
            if not console.asking:
                self._end()
                return
            line, end, rest = self._answers.partition("\n")
            if not end and not self._complete:
                return
            if not end and not line:
                self._taken = False
                console.interrupt(self._house.lab.world.now)
                continue
            self._answers = rest
            self._feed(line)

    def _feed(self, line: str) -> None:
        try:
            self._taken = self.console.feed(line, self._house.lab.world.now) and self._taken
        except OSError as error:
            self._taken = False
            self._said(f"%Error: {error.filename or 'a file'}: {error.strerror or error}\n")
        self._house.lab.world.touch(self._box.name)
        if self.console.asking:
            self._said(f"{self.console.prompt}\n")

    def _end(self) -> None:
        self._over = True
        self.console.detach()
        self._channel.exit(0 if self._taken else 1)

    def _said(self, text: str) -> None:
        if not self._channel.is_closing():
            self._channel.write(text.replace("\n", "\r\n").encode())
