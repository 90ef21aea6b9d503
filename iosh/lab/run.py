"""Running a lab without a person: commands at its nodes' consoles, in virtual time, as fast as it goes.

A `Runner` keeps one console for each node, privileged and without a pager, and lets the world run while a command
(a ping, a reload) is under way.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.time import SECOND, Span
from iosh.cli.console import Console
from iosh.lab.build import Lab
from iosh.lab.host import Host

PATIENCE: Final[Span] = 3600 * SECOND  # virtual time a single command may take


class Answer(NamedTuple):
    """What a node said to a command, and whether it took it."""

    node: str
    command: str
    text: str
    taken: bool


class Runner:
    """Consoles of a lab's nodes, for scripts and tests."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._consoles: dict[str, tuple[int, Console]] = {}
        self._said: list[str] = []

    def execute(self, node: str, command: str) -> Answer:
        """Type one line at a node's console and wait until it is done. `KeyError` if there is no such node."""
        name = self.lab.find(node)
        if name is None:
            raise KeyError(node)
        if name in self.lab.hosts:
            return self._on_host(name, self.lab.hosts[name], command)
        if name not in self.lab.boxes:
            return Answer(name, command, f"{name} is a switch: it has no command line\n", False)
        console = self._console(name)
        self._said.clear()
        taken = console.feed(command, self.lab.world.now)
        self.lab.world.touch(name)
        finished = self._wait(lambda: console.busy or self.lab.boxes[name].is_booting)
        self.lab.world.touch(name)
        return Answer(name, command, "".join(self._said), taken and finished)

    def _on_host(self, name: str, host: Host, command: str) -> Answer:
        self._said.clear()
        host.write = self._said.append
        taken = host.feed(command, self.lab.world.now)
        self.lab.world.touch(name)
        finished = self._wait(lambda: host.busy)
        return Answer(name, command, "".join(self._said), taken and finished)
