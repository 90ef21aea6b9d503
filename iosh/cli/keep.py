"""Kept lines between a command and the model: their key and canonical text, `no`, and the order in which they print.

What a kept line writes is its own text, so nothing here knows any command; the grammar says which words make its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from iosh.cli.notation import grammar
from iosh.cli.parse import State
from iosh.cli.tree import Keep, KeptLines, Node
from iosh.cli.types import INTERFACE, INTERFACE_KIND, INTERFACE_NUMBER
from iosh.config.kept import Kept, KeptKey
from iosh.config.store import Place, Store

_FIELD: Final = "kept"
_BROAD: Final = ("aaa", "crypto", "ip", "ipv6", "logging", "login", "platform", "router", "service", "tunnel")


def write(store: Store, place: Place, head: Node, state: State, no: bool = False) -> Place | None:
    """Keep a complete line, or (`no`) that it was negated. Returns the place of the mode it enters."""
    meaning = head.meaning
    assert isinstance(meaning, Keep)
    key, text = entry_of(head, state)
    target = (*place, _FIELD, key)
    if no or meaning.style != "off":
        line = f"no {text}" if no else text
        there = store.at(place).kept.get(key)
        if there is None or not meaning.mode:
            store.put(target, Kept(line, meaning.mode))
        else:
            store.put((*target, "line"), line)
            store.put((*target, "mode"), meaning.mode)
    else:
        store.remove(target)
    return target if meaning.mode else None


def erase(store: Store, place: Place, state: State, default: bool) -> bool:
    """`no` or `default` of a kept line, or of the beginning of some. False: it does not say which."""
    head = state.node.ends
    if head is not None and isinstance(head.meaning, Keep):
        if head.meaning.style and not default:
            write(store, place, head, state, no=True)
        else:
            store.remove((*place, _FIELD, entry_of(head, state)[0]))
        return True
    return _erase_below(store, place, state)


def _erase_below(store: Store, place: Place, state: State) -> bool:
    heads = [node for node in state.node.walk() if isinstance(node.meaning, Keep)]
    slots = {slot_of(node): names_of(node) for node in heads}
    given = _values(state)
    known = tuple(_text(node, given) for node in _trail(state.node) if node.type is not None and _names(node))
    if "unit" not in state.node.attributes and (len(slots) != 1 or len(known) < max(slots.values())):
        return False
    for key in list(store.at(place).kept):
        if key.slot in slots and key.words[: len(known)] == known:
            store.remove((*place, _FIELD, key))
    return bool(slots)


# --- a line's key and text ---------------------------------------------------------------------------------------


def entry_of(head: Node, state: State) -> tuple[KeptKey, str]:
    """What names a line that was typed, and how IOS would print it."""
    given = _values(state)
    visited = set(given)
    for node in (*given, state.node):
        visited.update(_trail(node))
    spoken = list(_trail(head))
    spoken += _below(spoken[-1], visited)
    words = tuple(_text(node, given) for node in spoken if _names(node) and (node.type is not None or _in_option(node)))
    return KeptKey(slot_of(head), words), " ".join(_text(node, given) for node in spoken)


def slot_of(head: Node) -> str:
    """The keywords of a line that tell it from others."""
    return " ".join(node.printed for node in _trail(head) if node.type is None and _names(node))


def names_of(head: Node) -> int:
    """How many arguments before its end are part of a line's name."""
    return sum(node.type is not None and _names(node) for node in _trail(head))


def _names(node: Node) -> bool:
    """Is this word part of what names its line? Keywords are unless chosen from several, arguments if marked."""
    return "key" in node.attributes


def _in_option(node: Node) -> bool:
    return any(step.optional for step in node.trail())


def _below(node: Node, visited: set[Node]) -> Iterator[Node]:
    """The options that were said, in the grammar's order."""
    for child in node.children:
        if child.virtual or child not in visited or not child.optional:
            continue
        yield from _branch(child, visited)


def _branch(node: Node, visited: set[Node]) -> Iterator[Node]:
    yield node
    for child in node.children:
        if not child.virtual and not child.optional and child in visited:
            yield from _branch(child, visited)
    yield from _below(node, visited)


def _trail(node: Node) -> tuple[Node, ...]:
    """The nodes from the first word on; of an interface in two words, the one it is printed by."""
    steps = []
    for step in node.trail():
        if step.type is INTERFACE_NUMBER:
            continue
        steps.append(_whole(step) if step.type is INTERFACE_KIND else step)
    return tuple(steps)


def _whole(kind: Node) -> Node:
    assert kind.parent is not None
    return next(node for node in kind.parent.children if node.type is INTERFACE and node.name == kind.name)


def _values(state: State) -> dict[Node, list[Any]]:
    """The values of a line's arguments, in the order typed."""
    chain = []
    link = state.kept
    while link is not None:
        chain.append(link)
        link = link[0]
    found: dict[Node, list[Any]] = {}
    for _, node, value in reversed(chain):
        if node.type is INTERFACE_NUMBER:
            found[_whole(node.parent)][-1] += value
        else:
            found.setdefault(_whole(node) if node.type is INTERFACE_KIND else node, []).append(value)
    return found


def _text(node: Node, given: dict[Node, list[Any]]) -> str:
    if node.type is None:
        return node.printed
    return " ".join(node.type.write(value) for value in given[node])


# --- printing ----------------------------------------------------------------------------------------------------


class _Order:
    """Where kept lines stand among each other."""

    def __init__(self, heads: list[Node]) -> None:
        self._rank: dict[str, int] = {}
        self._group: dict[str, tuple[int, int]] = {}  # rank of the first line of its group, and how many words name it
        self._sorted: dict[str, str] = {}
        groups: dict[Node | str, int] = {}
        for rank, head in enumerate(heads):
            slot = slot_of(head)
            if slot in self._rank:
                continue
            typed = next((step for step in _trail(head) if "typed" in step.attributes), None)
            self._rank[slot] = rank if typed is None else groups.setdefault(typed.attributes["typed"] or typed, rank)
            by = (step.attributes.get("sorted") for step in _trail(head))
            self._sorted[slot] = next((found or "all" for found in by if found is not None), "")
            group = next((step for step in _trail(head) if "group" in step.attributes), None)
            if group is not None:
                self._group[slot] = groups.setdefault(group, rank), names_of(group)

    def entries(self, kept: dict[KeptKey, Kept]) -> Iterator[tuple[KeptKey, Kept]]:
        """Those of a table's lines that print here."""
        met: dict[tuple[int, tuple[str, ...]], int] = {}
        found: list[tuple[tuple[Any, ...], tuple[KeptKey, Kept]]] = []
        for position, (key, line) in enumerate(kept.items()):
            rank = self._rank.get(key.slot)
            if rank is None:
                continue
            first, count = self._group.get(key.slot, (rank, 0))
            turn = met.setdefault((first, key.words[:count]), position) if count else 0
            order = _SORTS[self._sorted[key.slot]](key.words)
            found.append(((first, turn, rank, order, position), (key, line)))
        found.sort(key=lambda pair: pair[0])
        for _, entry in found:
            yield entry


def entries(lines: KeptLines, kept: dict[KeptKey, Kept]) -> Iterator[tuple[KeptKey, Kept]]:
    """Those of a table's lines that print at this place of the running-config, in their order."""
    if not kept:
        return
    if lines.order is None:
        lines.order = _Order(lines.heads)
    yield from lines.order.entries(kept)


def _natural(word: str) -> tuple[int, int, str]:
    return (0, int(word), "") if word.isdigit() else (1, 0, word)


_SORTS: Final[dict[str, Callable[[tuple[str, ...]], tuple[Any, ...]]]] = {
    "": lambda words: (),
    "all": lambda words: tuple(map(_natural, words)),
    "first": lambda words: tuple(map(_natural, words[: words[:1] != () and words[0].isdigit()])),
}


# --- what is kept ------------------------------------------------------------------------------------------------


class Family(NamedTuple):
    """Lines that are spoken of together. `later`: they will act one day; `acts`: they do, read where they stand."""

    name: str
    later: bool
    acts: bool = False


@lru_cache(maxsize=16)
def families(mode: str) -> dict[str, Family]:
    """The family of each slot of a mode."""
    found: dict[str, Family] = {}
    for lines in grammar().printing[mode]:
        if isinstance(lines, KeptLines):
            for head in lines.heads:
                found.setdefault(slot_of(head), _family_of(head))
    return found


def _family_of(head: Node) -> Family:
    trail = _trail(head)
    words = [step.printed for step in trail if step.type is None]
    name = " ".join(words[: 2 if words[0] in _BROAD else 1]) if words else ""
    for step in trail:
        name = step.attributes.get("family", name)
    later, acts = (any(word in step.attributes for step in trail) for word in ("later", "acts"))
    return Family(name, later, acts)
