"""A session that came over the network, whichever protocol brought it: a terminal (`cli/tty.py`) at a vty of a router.

It moves with the lab's pump in the event loop: what is typed acts at the lab's time at once, keys left over go on when
the loop comes round. A client that does not read what it is sent is not read from either, and hears no messages. The
line closes after `exec-timeout` of silence by the wall clock, by `clear line`, and when the router reloads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from iosh.base.time import Instant
from iosh.cli.console import Console
from iosh.cli.tty import TYPED_AHEAD, Tty
from iosh.lab.box import Box
from iosh.lab.build import Lab
from iosh.router.lines import SshSession
from iosh.shell.pump import Pump
from iosh.underlay.linux.workers import begin

_LOOK: Final = 1.0  # seconds between looks at silent lines


class Person(NamedTuple):
    """Who logged in: name, privilege level, address; `free`: as the program's own user, for whom nothing is guarded."""

    name: str
    level: int
    address: str
    free: bool = False
    ssh: SshSession | None = None  # what protects the session
    view: str | None = None

    def sit_down(self, console: Console, now: Instant) -> None:
        """Give a console what this person may."""
        console.sat_down(now)
        console.level, console.view = self.level, self.view
        console.free = self.free
        console.seat.ssh = self.ssh
        console.elsewhere = begin


class House:
    """A lab with sessions from outside: what all of them share."""

    def __init__(self, lab: Lab, pump: Pump) -> None:
        self.lab = lab
        self.pump = pump
        self.sessions: dict[RemoteLine, None] = {}
        self.watchers: list[Callable[[], None]] = []  # called now and then

    async def keep(self) -> None:
        """Close what has been silent for too long, and what a reload has cut off. Cancelled by whoever started it."""
        while True:
            await asyncio.sleep(_LOOK)
            for session in tuple(self.sessions):
                session.look()
            for look in self.watchers:
                look()


class RemoteLine:
    """One session. `put` sends bytes, `close` ends the connection, `read(False)` stops reading from it for a while."""

    def __init__(
        self,
        house: House,
        box: Box,
        line: str,
        person: Person,
        put: Callable[[bytes], None],
        close: Callable[[], None],
        read: Callable[[bool], None],
    ) -> None:
        self._house = house
        self._box = box
        self._close = close
        self._read = read
        self._due = False
        self._reading = True
        self._loop = asyncio.get_running_loop()
        self.tty = Tty(box, line, put, self._wake, person.name, person.address, self.hang_up)
        person.sit_down(self.tty.console, house.lab.world.now)
        self._router = box.router
        house.sessions[self] = None

    def open(self, lines: int, columns: int) -> None:
        """The client is ready: banners and the first prompt."""
        self.tty.resize(lines, columns)
        self.tty.open(time.monotonic_ns())

    def receive(self, data: bytes) -> None:
        """Bytes from the client."""
        self._house.pump.catch_up()
        self._act(data)

    def choke(self, choked: bool) -> None:
        """The client reads too slowly, or reads again."""
        self.tty.held = choked
        if not choked:
            self._wake()
        self._pace()

    def hang_up(self) -> None:
        """End it from outside, soon."""
        self._loop.call_soon(self.gone)

    def gone(self) -> None:
        """The connection is over, or is to be."""
        if self in self._house.sessions:
            del self._house.sessions[self]
            if self.tty.console.busy:
                self.tty.console.interrupt(self._house.lab.world.now)
                self._house.lab.world.touch(self._box.name)
            self.tty.console.detach()
            self._close()

    def look(self) -> None:
        """Is it to be closed?"""
        if self.tty.overdue(time.monotonic_ns()) or self._box.is_booting or self._box.router is not self._router:
            self.gone()

    def _wake(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._due = False
        if self in self._house.sessions:
            self._act(b"")

    def _act(self, data: bytes) -> None:
        world = self._house.lab.world
        if self._box.router is not self._router:
            self.gone()
            return
        try:
            if data:
                self.tty.receive(data, world.now, time.monotonic_ns())
            else:
                self.tty.go_on(world.now)
        except OSError as error:  # NVRAM that cannot be written
            self.tty.notice(f"%Error: {error.filename or 'a file'}: {error.strerror or error}\n")
        world.touch(self._box.name)
        self._house.pump.poke()
        if self.tty.ended:
            self.gone()
        else:
            self._pace()

    def _pace(self) -> None:
        """Read on only while what is read can be dealt with."""
        reading = not self.tty.held and self.tty.waiting <= TYPED_AHEAD
        if reading is not self._reading:
            self._reading = reading
            self._read(reading)
