"""Telnet to the routers of a lab: `User Access Verification`, then a session as over SSH. In clear text, as telnet is.

Names and passwords are asked for by the same gate; three wrong ones end a connection, and so does half a minute of
silence before the login. Connections that have not logged in are bounded in number, the oldest gives way.
"""

from __future__ import annotations

import asyncio
from typing import Final

from iosh.cli.line_editor import LineEditor, Press
from iosh.shell.gate import Gate
from iosh.shell.remote import House, Person
from iosh.shell.telnet_codec import OPENING
from iosh.shell.telnet_line import TelnetLine

HALF_OPEN: Final = 64
_LOGIN_S: Final = 30.0
_TRIES: Final = 3
_AHEAD: Final = 4096  # characters typed before the login is through


class TelnetDoors:
    """The telnet servers of a lab."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.half_open: dict[_Guest, None] = {}
        self._servers: list[asyncio.Server] = []

    async def open(self, gate: Gate, host: str, port: int) -> int:
        """Listen for one router; the port it became. `OSError` if that cannot be."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Guest(self, gate), host, port, reuse_address=True)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more, and close what is open."""
        for server in self._servers:
            server.close()
        for guest in tuple(self.half_open):
            guest.close()


class _Guest(TelnetLine):
    """One connection: first a name and a password, then a line of the router."""

    def __init__(self, doors: TelnetDoors, gate: Gate) -> None:
        super().__init__()
        self._doors = doors
        self._gate = gate
        self._out: list[str] = []
        self._editor = LineEditor(self._out.append)
        self._name: str | None = None
        self._failures = 0
        self._judging: asyncio.Task[None] | None = None
        self._ahead = ""  # keys nobody has looked at
        self._timer: asyncio.TimerHandle | None = None
        self._after_cr = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._address = str(transport.get_extra_info("peername")[0])
        self._port = int(transport.get_extra_info("sockname")[1])
        if not self._gate.admits("telnet", self._address):
            self.close()
            return
        self._timer = asyncio.get_running_loop().call_later(_LOGIN_S, self.close)
        self._doors.half_open[self] = None
        if len(self._doors.half_open) > HALF_OPEN:
            next(iter(self._doors.half_open)).close()
        self._transport.write(OPENING)
        banner = self._gate.box.router.config.banners.get("login")
        self._out.append(f"{banner}\n" if banner else "")
        self._out.append("\nUser Access Verification\n\n")
        self._ask()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._outside()
        if self._judging is not None:
            self._judging.cancel()
        super().connection_lost(exc)

    def close(self) -> None:
        """End it."""
        self._outside()
        self._flush()
        self._transport.close()

    def _typed_before(self, keys: bytes) -> None:
        self._ahead = (self._ahead + keys.decode("utf-8", "replace"))[:_AHEAD]
        self._go_on()

    # --- before the login --------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        self._editor.begin("Username: " if self._name is None else "Password: ", hidden=self._name is not None)

    def _go_on(self) -> None:
        """Look at what was typed, as far as may be now."""
        while self._ahead and self._line is None and self._judging is None and not self._transport.is_closing():
            key, self._ahead = self._ahead[0], self._ahead[1:]
            self._key(key)
        if self._ahead and self._line is not None:
            keys, self._ahead = self._ahead, ""
            self._line.receive(keys.encode())
        self._flush()

    def _key(self, key: str) -> None:
        second, self._after_cr = self._after_cr and key in "\n\0", key == "\r"
        if second:
            return
        press = self._editor.key(key)
        if press is Press.HELP:
            self._editor.type("?")
        elif press is Press.INTERRUPT:
            self.close()
        elif press is Press.ENTER:
            self._entered(self._editor.text)

    def _entered(self, text: str) -> None:
        self._out.append("\n")
        if self._name is None:
            self._name = text.strip() or None
            self._ask()
        else:
            self._judging = asyncio.get_running_loop().create_task(self._judge(self._name, text))

    async def _judge(self, name: str, password: str) -> None:
        given = await self._gate.judge(name, password, self._address, self._port)
        self._judging = None
        if given is None:
            self._refuse()
        else:
            self._enter(Person(name, given.level, self._address, self._gate.is_open, view=given.view))
        self._go_on()

    def _refuse(self) -> None:
        self._failures += 1
        self._name = None
        if self._failures >= _TRIES:
            self._out.append("% Bad passwords\n")
            self.close()
            return
        self._out.append("% Login invalid\n\n")
        self._ask()

    def _enter(self, person: Person) -> None:
        self._outside()
        box = self._gate.box
        line = None if box.is_booting else box.router.lines.free_vty()
        if line is None or self._transport.is_closing():
            self._transport.close()
            return
        self._sit_down(self._doors.house, box, line, person)

    def _outside(self) -> None:
        """Logged in, or gone."""
        self._doors.half_open.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()

    def _flush(self) -> None:
        if self._out:
            text = "".join(self._out)
            self._out.clear()
            self._write(text.replace("\n", "\r\n").encode())
