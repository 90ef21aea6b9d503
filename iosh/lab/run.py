"""Running a lab without a person: commands at its nodes' consoles, in virtual time, as fast as it goes.

A `Runner` keeps one session with each router, privileged and without a pager, and lets the world run while a command (a
ping, a reload) is under way. A question a command asks (`Proceed with reload? [confirm]`) gets Enter, that is its
default, unless the command's text goes on with a line for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from iosh.base.time import SECOND, Span
from iosh.cli.console import Console
from iosh.cli.privilege import PRIVILEGED
from iosh.lab.box import Box
from iosh.lab.build import Lab
from iosh.lab.host import Host

PATIENCE: Final[Span] = 3600 * SECOND  # virtual time a single command may take
_LINE: Final = "vty0"  # not the console: messages of the router come between only after `terminal monitor`
_QUESTIONS: Final = 20  # answered with Enter before giving up


class Answer(NamedTuple):
    """What a node said to a command, and whether it took it."""

    node: str
    command: str
    text: str
    taken: bool


class NoSuchNode(LookupError):
    """A command for a node the lab does not have; the text is a sentence."""


class Runner:
    """Consoles of a lab's nodes, for scripts and tests."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._consoles: dict[str, tuple[Console, int]] = {}  # and which boot it was prepared for
        self._said: list[str] = []
        self._speaker = ""

    def execute(self, node: str, command: str) -> Answer:
        """Type a command (or several lines) at a node's console and wait until it is done."""
        name = self.lab.find(node)
        if name is None:
            raise NoSuchNode(f"there is no node {node!r}: there are {', '.join(self.lab.topology.nodes)}")
        self._said, self._speaker = [], name
        if name in self.lab.hosts:
            taken = self._on_host(self.lab.hosts[name], command)
        elif name in self.lab.boxes:
            taken = self._on_router(self.lab.boxes[name], command)
        else:
            self._said.append(f"{name} is a switch: it has no command line\n")
            taken = False
        return Answer(name, command, "".join(self._said), taken)

    def prompt(self, node: str) -> str:
        """What stands before the next command there."""
        name = self.lab.find(node) or node
        return self.lab.hosts[name].prompt if name in self.lab.hosts else self._console(self.lab.boxes[name]).prompt

    def _on_host(self, host: Host, command: str) -> bool:
        taken = True
        host.write = self._said.append
        for line in command.splitlines():
            taken = host.feed(line, self.lab.world.now) and taken
            self.lab.world.touch(host.name)
            taken = self._wait(lambda: host.busy) and taken
        return taken

    def _on_router(self, box: Box, command: str) -> bool:
        console, taken = self._console(box), True
        for line in command.splitlines() or [""]:
            taken = self._type(box, console, line) and taken
        for _ in range(_QUESTIONS):
            if not console.asking:
                return taken
            taken = self._type(box, console, "") and taken
        self._said.append(f"\n{box.name}: the question has no default: put the answer on a line of its own\n")
        console.interrupt(self.lab.world.now)
        return False

    def _type(self, box: Box, console: Console, line: str) -> bool:
        taken = console.feed(line, self.lab.world.now)
        self.lab.world.touch(box.name)
        taken = self._wait(lambda: console.busy or box.is_booting or box.router.reload_requested) and taken
        if console.ended:
            del self._consoles[box.name]
        if console.asking:
            self._said.append(f"{console.prompt}\n")
        return taken

    def _console(self, box: Box) -> Console:
        """The node's console, ready: a reload makes every session begin anew."""
        console, boots = self._consoles.get(box.name, (None, 0))
        if console is None or boots != box.boots:
            console = console or Console(box, _LINE, self._writer(box.name))
            console.attach()
            console.level = PRIVILEGED
            console.terminal.length = 0
            self._consoles[box.name] = console, box.boots
        return console

    def _writer(self, name: str) -> Callable[[str], None]:
        def write(text: str) -> None:
            if name == self._speaker:  # what other routers log meanwhile is in their logging buffers
                self._said.append(text)

        return write

    def _wait(self, busy: Callable[[], bool]) -> bool:
        return not busy() or self.lab.world.run_while(busy, self.lab.world.now + PATIENCE)
