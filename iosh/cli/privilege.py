"""`privilege MODE [all] level N COMMAND` and `alias MODE NAME COMMAND`, as they act on what is typed.

A command that is moved takes along its arguments and options, with `all` everything below it, and the words that lead
to it as far as those were not moved by a line of their own. Configuration commands are level 15's unless moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from iosh.cli.access import Access
from iosh.cli.notation import grammar
from iosh.cli.parse import Verdict, parse, words_of
from iosh.cli.tree import Enter, Node
from iosh.cli.views import ROOT, within
from iosh.config.model import Config
from iosh.config.model_aaa import AliasKey, PrivilegeKey, PrivilegeLevel
from iosh.show.aliases import BUILT_IN

PRIVILEGED: Final = 15
EXEC: Final = "exec"
_ANYBODYS: Final = ("disable", "enable", "exit", "help", "logout")  # commands of level 0
_MODES: Final = {"configure": "config"}  # what `privilege` and `alias` call a mode that has another name here


def access(config: Config, level: int, mode: str = EXEC, view: str | None = None) -> int:
    """What a privilege level, or a parser view, opens in a mode."""
    if view is not None and view != ROOT:
        return within(config, view, mode)
    if level >= PRIVILEGED:
        return PRIVILEGED
    if mode == EXEC and not config.privileges:
        return level
    moved = _moved(tuple(config.privileges.items()))
    return Access(level, moved, 0 if mode == EXEC else PRIVILEGED)


def level_of(config: Config, command: Node) -> int:
    """The privilege level an exec command belongs to."""
    moved = _moved(tuple(config.privileges.items())).get(command) if config.privileges else None
    if moved is not None:
        return moved
    return 0 if command.word in _ANYBODYS and command.parent is grammar().modes[EXEC].root else command.level


@lru_cache(maxsize=64)
def _moved(entries: tuple[tuple[PrivilegeKey, PrivilegeLevel], ...]) -> Mapping[Node, int]:
    """The level of every word that was moved."""
    moved: dict[Node, int] = {}
    leading: dict[Node, int] = {}
    for key, (level, every) in entries:
        mode = grammar().modes.get(_MODES.get(key.mode, key.mode))
        states = parse(key.command, mode.root).states if mode is not None else ()
        for state in states:
            *before, last = state.node.trail()
            moved.update(dict.fromkeys([last, *_below(last, every)], level))
            for node in before:
                leading[node] = min(level, leading.get(node, PRIVILEGED))
    return leading | moved


def _below(node: Node, every: bool) -> Iterator[Node]:
    for child in node.children:
        if every or child.type is not None or child.optional:
            yield child
            yield from _below(child, every)


def visible(config: Config, level: int, lines: Iterable[str], view: str | None = None) -> list[str]:
    """The lines of a running-config that a privilege level or a view could type itself, and those that say nothing."""
    shown: list[str] = []
    modes: list[tuple[int, str | None]] = []  # indentation and mode of the lines we are below; None: out of reach
    for line in lines:
        body = line.strip(" ")
        depth = len(line) - len(line.lstrip(" "))
        while modes and modes[-1][0] >= depth:
            modes.pop()
        mode = modes[-1][1] if modes else "config"
        if depth == 0 and (body.startswith("!") or body in ("", "end")):
            shown.append(line)
        elif mode is not None:
            words = words_of(body)[1:] if body.startswith("no ") else words_of(body)
            reach = access(config, level, mode, view)
            parsed = parse(body, grammar().modes[mode].root, _Everywhere(), reach, words)
            head = parsed.state.node.ends if parsed.verdict in (Verdict.OK, Verdict.INCOMPLETE) else None
            meaning = head.meaning if head is not None else None
            modes.append((depth, meaning.mode if isinstance(meaning, Enter) else None))
            if parsed.verdict is not Verdict.INVALID:
                shown.append(line)
    return shown


class _Everywhere(frozenset[str]):
    """Every `[on …]` condition holds: what is printed stands where it may."""

    def __contains__(self, place: object) -> bool:
        return True


def expanded(config: Config, mode: str, line: str) -> str:
    """The line with an alias at its beginning spelled out; words that follow stay."""
    first, *rest = line.split(maxsplit=1)
    if not config.aliases and len(first) > 2:
        return line
    name = next((word for word, ours in _MODES.items() if ours == mode), mode)
    command = config.aliases.get(AliasKey(name, first))
    if command is None and mode == EXEC:
        command = BUILT_IN.get(first)
        if command not in grammar().modes[EXEC].root.exact:
            return line
    return line if command is None else " ".join([command, *rest])
