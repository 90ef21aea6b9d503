"""Several tokens on one line of a grammar file: `community WORD! [view WORD] (RO|RW)`.

Blanks join, `( | )` chooses, `[ ]` may be left out. What may be left out at the end becomes options in any order; what
may be left out before something that may not is told apart branch by branch, so that the tree stays a tree. `1.( )` and
`2.[ ]` are words in a fixed order, as in the other files: all hang from the word before them, so they multiply nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from iosh.cli.tree import LAST, Node
from iosh.cli.types import type_of

_SLOT: Final = re.compile(r"(\d)\.\Z")
_PARTS: Final = re.compile(r"[)\]]!?|[(|\[]|[^\s()|\[\]]+")


class Word(NamedTuple):
    """One token. `mark` holds `!` where it is part of what the line is about, `+` where it may be said again. `slot` is
    its place in a fixed order, which may stay empty if it is `loose`."""

    text: str
    mark: str = ""
    slot: int = LAST
    loose: bool = False


class Choice(NamedTuple):
    """One of several ways to go on; `optional`: or none; `names`: which one is part of what the line is about; `slot`:
    its place in a fixed order."""

    ways: tuple[tuple[Part, ...], ...]
    optional: bool
    names: bool = False
    slot: int = LAST


Part = Word | Choice
Grow = Callable[[Node, Word, bool, bool], Node]  # parent, word, is it an option, is it chosen from several


def read(text: str) -> tuple[Part, ...]:
    """The parts of a line."""
    ways, rest = _ways(_PARTS.findall(text))
    if rest or len(ways) != 1:
        raise ValueError("unbalanced")
    return ways[0]


def _ways(parts: list[str]) -> tuple[tuple[tuple[Part, ...], ...], list[str]]:
    """Up to the bracket that closes, or the end."""
    ways: list[list[Part]] = [[]]
    slot = LAST
    while parts and parts[0][0] not in ")]":
        part, parts = parts[0], parts[1:]
        if place := _SLOT.match(part):
            slot = int(place[1])
        elif part == "|":
            ways.append([])
        elif part in "([":
            inner, parts = _ways(parts)
            if not parts or parts[0][0] != {"(": ")", "[": "]"}[part]:
                raise ValueError("unbalanced")
            ways[-1].append(Choice(inner, part == "[", parts[0][1:] == "!", slot))
            parts, slot = parts[1:], LAST
        else:
            ways[-1].append(_word(part))
    return tuple(_folded(way) for way in ways), parts


def _word(part: str) -> Word:
    """`tacacs+` is a keyword."""
    text = part.rstrip("!+")
    if type_of(text) is None:
        text = part.rstrip("!")
    return Word(text, part[len(text) :])


def _folded(way: list[Part]) -> tuple[Part, ...]:
    """`[N] [N]`: the second can only come after the first."""
    parts: list[Part] = []
    for part in reversed(way):
        after = parts[0] if parts else None
        if isinstance(part, Choice) and isinstance(after, Choice) and _is_repeated(part, after):
            parts[0] = Choice(((*part.ways[0], after),), True)
        else:
            parts.insert(0, part)
    return tuple(parts)


def _is_repeated(part: Choice, after: Choice) -> bool:
    if not part.optional or not after.optional or len(part.ways) != 1 or len(after.ways) != 1:
        return False
    if min(part.slot, after.slot) < LAST:
        return False
    return after.ways[0][: len(part.ways[0])] == part.ways[0]


def plant(
    parents: list[Node], parts: tuple[Part, ...], grow: Grow, chosen: bool | None = False, last: bool = True
) -> list[Node]:
    """Grow the parts below `parents`; returns the nodes where a line that says them all ends. `chosen`: these parts are
    one way of several, and which one is no part of the line's name; None: it is, all the way down.
    """
    nodes = parents
    for position, part in enumerate(parts):
        at_end = last and all(_may_lack(other) for other in parts[position + 1 :])
        if isinstance(part, Word):
            nodes = [grow(node, part, False, bool(chosen)) for node in nodes]
        elif part.slot < LAST:
            for way in part.ways:
                _plant_option(nodes, way, grow, part)
        elif not part.optional:
            inner = None if part.names or chosen is None else True
            nodes = [end for way in part.ways for end in plant(nodes, way, grow, inner, at_end)]
        elif at_end:
            for way in part.ways:
                _plant_option(nodes, way, grow, part)
        else:
            nodes = [*nodes, *(end for way in part.ways for end in plant(nodes, way, grow, True, False))]
    return nodes


def _plant_option(nodes: list[Node], way: tuple[Part, ...], grow: Grow, group: Choice) -> None:
    first, rest = way[0], way[1:]
    if isinstance(first, Choice):
        for inner in first.ways:
            _plant_option(nodes, (*inner, *rest), grow, group)
        return
    names = group.names or group.slot < LAST
    first = first._replace(slot=group.slot, loose=group.optional)
    plant([grow(node, first, True, not names) for node in nodes], rest, grow, None if names else True)


def _may_lack(part: Part) -> bool:
    return isinstance(part, Choice) and (part.optional or part.slot < LAST)
