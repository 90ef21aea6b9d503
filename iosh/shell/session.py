"""A person (or a pipe) in a lab: at the console of one node at a time, with the lab's own commands behind a colon.

The session is what both the prompt of a terminal (`repl.py`) and plain standard input (`plain.py`) talk to. It knows
which console is shown, feeds it lines with the lab's time, and lets the lab commands act on cables, time and files.
What other routers log meanwhile is not shown: it is in their logging buffers.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from typing import TYPE_CHECKING, Final

from iosh.base.time import Instant, Span
from iosh.cli.console import INTERRUPT, Console, Elsewhere
from iosh.cli.line_clock import WARNING, LineClock, Verdict
from iosh.lab.build import Lab
from iosh.shell.pump import Pump
from iosh.underlay.linux.figures import ProcessFigures

if TYPE_CHECKING:  # imported when the first station or lab command comes
    from iosh.lab.host import Host
    from iosh.shell.courier import NetworkCourier
    from iosh.shell.serve import Service
    from iosh.underlay.sim.tap import Tap

LAB_HINT: Final = "Lines that begin with : are for the lab: :help lists them.\n"
_REMEMBERED: Final = 20  # lines at a station's console
_LEAVE: Final = ("exit", "logout", "quit")


class Session:
    """Consoles of a lab's nodes, one of them in front."""

    def __init__(self, lab: Lab, pump: Pump, node: str, write: Callable[[str], object], single: bool = False) -> None:
        self.lab = lab
        self.pump = pump
        self.node = node
        self.write = write
        self.single = single  # one router and no lab: `exit` ends the program
        self.service: Service | None = None  # the doors to the network
        self.elsewhere: Elsewhere | None = None  # where secrets are hashed; None: here and now
        self.courier: NetworkCourier | None = None  # of files from and to other machines
        self.taps: dict[str, Tap] = {}
        self.ended = False
        self.refused = 0  # lines that were not taken
        self._consoles: dict[str, Console] = {}
        self._clock = LineClock()
        self._clock.start(monotonic_ns())
        self._sized: tuple[int, int] | None = None

    # --- what stands on the screen ------------------------------------------------------------------------------------

    @property
    def prompt(self) -> str:
        """What stands before the cursor."""
        host = self._host
        return host.prompt if host is not None else self._console.prompt

    @property
    def configuring(self) -> bool:
        """Is the console in a configuration mode?"""
        return self._host is None and self._console.configuring

    @property
    def paging(self) -> bool:
        """Does ` --More-- ` wait for a key?"""
        return self._host is None and self._console.paging

    @property
    def secret(self) -> bool:
        """Must what is typed not be shown?"""
        return self._host is None and self._console.secret

    @property
    def confirming(self) -> bool:
        """Is the answer a single key?"""
        return self._host is None and self._console.confirming

    @property
    def asking(self) -> bool:
        """Does a command wait for an answer?"""
        return self._host is None and self._console.asking

    @property
    def composing(self) -> bool:
        """Is a text of several lines typed, that Ctrl-Z ends?"""
        return self._host is None and self._console.composing

    @property
    def editing(self) -> bool:
        """May the line be edited?"""
        return self._host is not None or self._console.terminal.editing

    @property
    def breaks(self) -> tuple[str, ...]:
        """Keys that break off a command."""
        return self._console.breaks if self._host is None else (INTERRUPT,)

    @property
    def width(self) -> int:
        """Columns after which a line being typed moves sideways; 0: never."""
        return self._console.terminal.width if self._host is None else 0

    @property
    def remembered(self) -> int:
        """How many lines typed may be called back."""
        return self._console.terminal.history_size if self._host is None else _REMEMBERED

    @property
    def busy(self) -> bool:
        """Is a command under way?"""
        host = self._host
        if host is not None:
            return host.busy
        box = self.lab.boxes[self.node]
        return box.is_booting or box.router.reload_requested or self._console.busy

    def size(self, lines: int, columns: int) -> None:
        """The terminal has this size now: consoles page at its height unless their line is configured otherwise."""
        if self._sized == (lines, columns):
            return
        self._sized = lines, columns
        for console in self._consoles.values():
            self._fit(console)

    # --- what is typed ------------------------------------------------------------------------------------------------

    async def feed(self, line: str) -> None:
        """One line, for the lab or for the console in front."""
        self.pump.catch_up()
        try:
            if line.startswith(":") and self._at_prompt:
                await self._for_the_lab(line)
            elif self._host is not None:
                self._for_the_host(self._host, line)
            else:
                self._for_the_router(self._console, line)
        except BrokenPipeError:
            raise  # nobody reads on
        except OSError as error:  # NVRAM or a capture that cannot be written
            self._failed(error)
        self.pump.poke()

    async def pour(self) -> None:
        """Let time pass until cancelled; while it passes by the clock, `show processes` tells of this process."""
        import asyncio  # with the event loop, not before the first prompt

        from iosh.underlay.linux.smith import SystemSmith
        from iosh.underlay.linux.workers import Workers

        figures = ProcessFigures()
        workers = Workers(self._present, self.pump.poke)
        for box in self.lab.boxes.values():
            box.measure(figures)
            box.forge_by(SystemSmith(workers))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(figures.watch())
                if self.lab.patches:
                    from iosh.shell.outside import watch

                    group.create_task(watch(self.lab, self.pump))
                await self._pump()
        except ExceptionGroup as defects:  # none of these tasks ends by itself: the first says why the others did
            raise defects.exceptions[0] from None
        finally:
            workers.close()

    def _present(self) -> Instant:
        self.pump.catch_up()
        return self.lab.world.now

    async def _pump(self) -> None:
        while True:
            try:
                await self.pump.pour()
            except OSError as error:
                self._failed(error)

    async def carried(self) -> None:
        """Until no file is under way any more."""
        if self.courier is not None:
            await self.courier.arrived()

    def wait(self, limit: Span) -> None:
        """Let virtual time pass, as fast as it goes, until the command under way is done."""
        try:
            if self.busy and not self.lab.world.run_while(lambda: self.busy, self.lab.world.now + limit):
                self.refused += 1
                self.interrupt()
        except OSError as error:
            self._failed(error)

    def heard(self) -> None:
        """A key was pressed."""
        self._clock.heard = monotonic_ns()

    def overdue(self) -> bool:
        """Is the console in front to be closed? Before its absolute timeout somebody is warned."""
        if self._host is not None:
            return False
        console = self._console
        verdict = self._clock.look(console.settings(), monotonic_ns(), self.busy)
        if verdict is Verdict.WARN:
            console.write(WARNING)
        return verdict is Verdict.CLOSE

    def time_out(self) -> None:
        """Nobody is at the console in front any more: it says how to begin."""
        console, now = self._console, self.lab.world.now
        console.interrupt(now)
        if console.configuring:
            console.leave_configuration(now)
        console.detach()
        del self._consoles[self.node]
        self.lab.world.touch(self.node)
        self._clock.start(monotonic_ns())
        self._announce()

    def interrupt(self) -> None:
        """Ctrl-C or Ctrl-^."""
        if self._host is not None:
            self._host.interrupt()
        else:
            self._console.interrupt(self.lab.world.now)
        self.lab.world.touch(self.node)

    def help(self, typed: str) -> str:
        """What `?` says."""
        if typed.startswith(":"):
            from iosh.shell.lab_commands import help_text

            return help_text()
        foot = "" if self.single or typed.strip() else f"\n{LAB_HINT}"
        host = self._host
        return (self._console.help(typed) if host is None else host.help) + foot

    def explain(self, typed: str) -> None:
        """Put on the screen what `?` says, at a router's console page by page."""
        if self._host is None:
            self._console.show(self.help(typed).splitlines())
        else:
            self.write(self.help(typed))

    def complete(self, typed: str) -> str | None:
        """What Tab makes of it."""
        if typed.startswith(":"):
            from iosh.shell.lab_commands import complete

            return complete(self.lab, typed)
        return None if self._host is not None else self._console.complete(typed)

    # --- what lab commands ask for ------------------------------------------------------------------------------------

    def go(self, node: str) -> None:
        """Put another node's console in front."""
        self.node = node
        self._clock.start(monotonic_ns())

    def quit(self) -> None:
        """End, and close what is being captured."""
        for tap in self.taps.values():
            tap.close()
        self.taps.clear()
        self.ended = True

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _host(self) -> Host | None:
        host = self.lab.hosts.get(self.node)
        if host is not None:
            host.write = self.write
        return host

    @property
    def _console(self) -> Console:
        console = self._consoles.get(self.node)
        if console is None:
            node = self.node
            console = Console(self.lab.boxes[node], "con0", lambda text: self._said(node, text))
            console.elsewhere = self.elsewhere
            self._consoles[node] = console
            console.sat_down(self.lab.world.now)
            self._fit(console)
        elif console.router is not self.lab.boxes[self.node].router:
            console.attach()
            self._fit(console)
            self._announce()
        return console

    def _announce(self) -> None:
        """What a console says where nobody is logged in."""
        name = self.lab.boxes[self.node].router.config.hostname
        self.write(f"\n\n{name} con0 is now available\n\n\nPress RETURN to get started.\n\n")

    @property
    def _at_prompt(self) -> bool:
        """Is what comes a command, and not an answer, a key of the pager or a banner's text?"""
        if self._host is not None:
            return True
        console = self._console
        collecting = console.configurator is not None and console.configurator.collecting
        return not (console.paging or console.asking or collecting)

    def _fit(self, console: Console) -> None:
        if self._sized is not None:
            console.fit(*self._sized)

    def _failed(self, error: OSError) -> None:
        """A file could not be written: say so, and end the captures, which may be why."""
        self.refused += 1
        self.write(f"%Error: {error.filename or 'a file'}: {error.strerror or error}\n")
        for file, tap in self.taps.items():
            tap.close()
            self.write(f"{file}: capture ended.\n")
        self.taps.clear()

    def _said(self, node: str, text: str) -> None:
        if node == self.node:
            self.write(text)

    async def _for_the_lab(self, line: str) -> None:
        from iosh.shell.lab_commands import Refused, obey

        try:
            await obey(self, line)
        except Refused as refused:
            self.refused += 1
            self.write(f"{refused}\n")

    def _for_the_host(self, host: Host, line: str) -> None:
        if line.strip() in _LEAVE:
            self.write("This is a station's console; :quit ends the lab, :go NODE moves on.\n")
        elif line == "\x03":
            host.interrupt()
        elif not host.feed(line, self.lab.world.now):
            self.refused += 1
        self.lab.world.touch(self.node)

    def _for_the_router(self, console: Console, line: str) -> None:
        if not console.feed(line, self.lab.world.now):
            self.refused += 1
        self.lab.world.touch(self.node)
        if console.ended:
            del self._consoles[self.node]
            if self.single:
                self.quit()
            else:
                self._announce()
                self.write("(:quit ends the lab, :go NODE moves to another console)\n")
