"""Parser views, as they act on what is typed: in a view there is what it includes, and the words that lead there.

Always there are the ways out and `show parser view`. In a superview there is what its views have. What one view
includes exclusively no other has. Modes that a view cannot name (all but `configure`, `exec`, `interface` and `line`)
open whole to whom it lets in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from iosh.cli.access import Access
from iosh.cli.notation import grammar
from iosh.cli.parse import parse
from iosh.cli.tree import Node, Run
from iosh.config.model import Config
from iosh.config.model_aaa import ParserView, Reach, ViewCommand

ROOT: Final = "root"

_LEVEL: Final = 15
_MODES: Final = {"configure": "config", "exec": "exec", "interface": "interface", "line": "line"}
_ALWAYS: Final = ("enable", "exit", "logout", "show parser view")

_Commands = tuple[tuple[ViewCommand, Reach], ...]


class Within(Access):
    """What is open in a view: these words and no others, but for the ways out of a configuration mode."""

    allowed: frozenset[Node]

    @classmethod
    def of(cls, allowed: frozenset[Node]) -> Within:
        """These words."""
        within = cls(_LEVEL, {})
        assert isinstance(within, Within)
        within.allowed = allowed
        return within

    def opens(self, node: Node) -> bool:
        """Is this word of a command in the view?"""
        return node in self.allowed or (isinstance(node.meaning, Run) and node.meaning.name in ("end", "exit"))


def within(config: Config, name: str, mode: str) -> int:
    """What a view opens in a mode; a level that opens everything where it says nothing of a mode below `configure`."""
    view = config.views.get(name, ParserView())
    commands = _commands(config, name, view)
    if mode not in _MODES.values():
        return _LEVEL
    return _within(mode, commands, view.inclusive)


def _commands(config: Config, name: str, view: ParserView) -> _Commands:
    members = [config.views[member] for member in view.members if member in config.views] or [view]
    names = {name, *view.members}
    taken = {
        (command.mode, command.command)
        for other, its in config.views.items()
        if other not in names
        for command in its.commands
        if command.how == "include-exclusive"
    }
    return tuple(
        (command, reach)
        for member in members
        for command, reach in member.commands.items()
        if (command.mode, command.command) not in taken
    )


@lru_cache(maxsize=64)
def _within(mode: str, commands: _Commands, inclusive: bool) -> Within:
    root = grammar().modes[mode].root
    allowed = dict.fromkeys(root.walk()) if inclusive else {}
    excluded: dict[Node, None] = {}
    for command, (every,) in commands:
        if _MODES[command.mode] != mode:
            continue
        for state in parse(command.command, root, level=_LEVEL, places=_Everywhere()).states:
            *before, last = state.node.trail()
            if command.how == "exclude":
                excluded.update(dict.fromkeys(last.walk()))
            else:
                allowed.update(dict.fromkeys([*before, last, *_below(last, every)]))
    if mode == "exec":
        for line in _ALWAYS:
            for state in parse(line, root).states:
                allowed.update(dict.fromkeys([*state.node.trail(), *_below(state.node, every=True)]))
    return Within.of(frozenset(node for node in allowed if node not in excluded))


def _below(node: Node, every: bool) -> Iterator[Node]:
    for child in node.children:
        if every or child.type is not None or child.optional:
            yield child
            yield from _below(child, every)


class _Everywhere(frozenset[str]):
    """Every `[on …]` condition holds: a command of any interface may be named."""

    def __contains__(self, place: object) -> bool:
        return True
