"""From a typed line to a place in the command tree.

Every word may be abbreviated to a unique prefix. All readings of a line are followed side by side, so a word that
could be two things is settled by what comes after it (`show ip int br`); only a line with two complete readings is
ambiguous. An exact keyword beats a prefix, a keyword beats an argument, and an argument with a form beats a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from iosh.cli.access import opens
from iosh.cli.tree import LAST, Node
from iosh.cli.types import INTERFACE_KIND, INTERFACE_NUMBER


class Word(NamedTuple):
    """A word of the line and where it begins."""

    text: str
    at: int


class Verdict(Enum):
    """How a line fared."""

    OK = "ok"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    AMBIGUOUS = "ambiguous"
    INVALID = "invalid"


Kept = tuple[Any, ...] | None  # a chain (earlier, node, value); None is its end
Open = tuple[tuple[Node, frozenset[Node]], ...]  # option groups begun: their owner, and what is used up


class State(NamedTuple):
    """One reading of the words so far."""

    node: Node
    kept: Kept = None
    open: Open = ()


class Parsed(NamedTuple):
    """The outcome. `states` are all readings alive at the end; `column` is where an invalid line fails."""

    verdict: Verdict
    line: str
    states: tuple[State, ...] = ()
    column: int = 0

    @property
    def state(self) -> State:
        """The reading of a line that is OK."""
        return self.states[0]

    @property
    def values(self) -> dict[str, Any]:
        """What the line's tokens keep."""
        return values(self.states[0])


_EXACT: Final = 4
_PREFIX: Final = 3
_FORM: Final = 2
_ANY: Final = 1


def words_of(line: str) -> list[Word]:
    """The words of a line with their columns."""
    words = []
    at = 0
    for text in line.split():
        at = line.index(text, at)
        words.append(Word(text, at))
        at += len(text)
    return words


def values(state: State) -> dict[str, Any]:
    """The kept values of one reading, by name; list items gathered in tuples."""
    chain = []
    link = state.kept
    while link is not None:
        chain.append(link)
        link = link[0]
    kept: dict[str, Any] = {}
    joined: dict[str, list[tuple[int, str]]] = {}
    for _, node, value in reversed(chain):
        if node.joins and isinstance(kept[node.name], tuple):
            kept[node.name] = (*kept[node.name][:-1], f"{kept[node.name][-1]} {value}")
        elif node.joins:
            joined.setdefault(node.name, []).append((node.parent.children.index(node), value))
        elif node.item:
            kept[node.name] = (*kept.get(node.name, ()), value)
        elif node.type is INTERFACE_NUMBER:
            kept[node.name] += value
        else:
            kept[node.name] = value
    for name, words in joined.items():
        kept[name] = " ".join([kept[name], *(word for _, word in sorted(words))])
    return kept


def passed(state: State) -> list[Node]:
    """The tokens one reading goes through, options and list items with what leads to them."""
    nodes = [state.node]
    link = state.kept
    while link is not None:
        link, node, _ = link
        nodes.append(node)
    return list(dict.fromkeys(step for node in reversed(nodes) for step in node.trail()))


def unsecret(line: str, state: State) -> str:
    """A line with its passwords and keys made unreadable."""
    link = state.kept
    while link is not None:
        link, node, value = link
        if "secret" in node.attributes:
            at = line.rindex(value)
            line = f"{line[:at]}*****{line[at + len(value) :]}"
    return line


def followers(state: State, places: Collection[str], level: int = 15) -> list[tuple[Node, Open]]:
    """What may come next: the tokens, each with the option groups open after it."""
    node, _, groups = state
    depends = node.conditional or type(level) is not int or level < node.level
    if depends or (groups and any(owner.conditional for owner, _ in groups)):
        return _followers(node, groups, places, level)
    return _followers_anywhere(node, groups)


@lru_cache(maxsize=4096)
def _followers_anywhere(node: Node, groups: Open) -> list[tuple[Node, Open]]:
    return _followers(node, groups, (), node.level)


def _followers(node: Node, groups: Open, places: Collection[str], level: int) -> list[tuple[Node, Open]]:
    found: list[tuple[Node, Open]] = []
    pending = node.pending()
    for child in node.children:
        if _exists(child, places, level) and (not child.optional or child.slot <= pending):
            found.append((child, (*groups, (node, _spent(frozenset(), child))) if child.optional else groups))
    if node.required or node.must:
        return found
    for position in range(len(groups) - 1, -1, -1):
        owner, taken = groups[position]
        filled, pending = owner.filled(taken), owner.pending(taken)
        for child in owner.children:
            if (
                child.optional
                and child not in taken
                and _exists(child, places, level)
                and filled < child.slot <= pending
            ):
                found.append((child, (*groups[:position], (owner, _spent(taken, child)))))
        if pending < LAST:
            break
    return found


def ends(state: State) -> Node | None:
    """The line a command means that ends here; None where more must follow."""
    if state.node.must or any(owner.pending(taken) < LAST for owner, taken in state.open):
        return None
    return state.node.ends


def _exists(node: Node, places: Collection[str], level: int) -> bool:
    return (
        opens(node, level)
        and (node.place is None or node.place in places)
        and (node.span is None or node.span.covers(places))
    )


def _spent(taken: frozenset[Node], child: Node) -> frozenset[Node]:
    """An option, or a keyword of a list, can be given once; a typed item again and again, and `group NAME` too."""
    return taken | {child} if child.option or (child.type is None and not child.required) else taken


def parse(
    line: str, root: Node, places: Collection[str] = (), level: int = 15, words: list[Word] | None = None
) -> Parsed:
    """Follow `line` from `root`. `words` may leave out words already dealt with (`no`, `do`)."""
    words = words_of(line) if words is None else words
    if not words:
        return Parsed(Verdict.EMPTY, line)
    state, rest = _whole_keywords(root, words, places, level)
    states = [state]
    for word in rest:
        following, rest_of_line = step(states, word, line, places, level)
        if not following:
            if len(states) > 1 and _torn(states):
                return Parsed(Verdict.AMBIGUOUS, line, tuple(states))
            return Parsed(Verdict.INVALID, line, column=word.at + _shared(states, word.text, places, level))
        states = following
        if rest_of_line:
            break
    return _judge(line, states)


def _whole_keywords(root: Node, words: list[Word], places: Collection[str], level: int) -> tuple[State, list[Word]]:
    """As far as a line goes by whole keywords, as most lines begin, it has one reading; and the words that are left."""
    node: Node = root
    kept: Kept = None
    for position, word in enumerate(words):
        keyword = node.exact.get(word.text.lower())
        if keyword is None or not _exists(keyword, places, level):
            return State(node, kept), words[position:]
        node = keyword
        if node.name is not None:
            kept = kept, node, node.constant
    return State(node, kept), []


def step(
    states: Iterable[State], word: Word, line: str, places: Collection[str], level: int
) -> tuple[list[State], bool]:
    """All readings after one more word, and whether one took the rest of the line."""
    following: list[State] = []
    whole = False
    folded = word.text.lower()
    for state in states:
        exact = state.node.exact.get(folded) if not state.open else None
        if exact is not None and _exists(exact, places, level):
            kept = state.kept if exact.name is None else (state.kept, exact, exact.constant)
            following.append(State(exact, kept))
            continue
        best = 0
        mine: list[State] = []
        for node, groups in followers(state, places, level):
            rank, value = _match(node, word, folded, line)
            if rank < best or not rank:
                continue
            if rank > best:
                best = rank
                mine.clear()
            kept = state.kept if node.name is None else (state.kept, node, value)
            mine.append(State(node, kept, groups))
        following += mine
        if best == _ANY:
            whole = whole or any(reading.node.type is not None and reading.node.type.rest for reading in mine)
    return following, whole


def _match(node: Node, word: Word, folded: str, line: str) -> tuple[int, Any]:
    """How well a token takes a word, and the value it keeps."""
    text = word.text
    if node.type is None:
        if not node.folded.startswith(folded):
            return 0, None
        if len(folded) == len(node.folded):
            return _EXACT, node.constant
        return (0 if folded.isdigit() else _PREFIX), node.constant
    token = node.type
    if token.rest:
        return _ANY, line[word.at :].rstrip()
    if token.digit is not None and token.digit is not text[0].isdigit():
        return 0, None
    try:
        value = token.read(text)
    except ValueError:
        return 0, None
    if token is INTERFACE_KIND:
        return _PREFIX, value
    return (_FORM if token.structured else _ANY), value


def _shared(states: Iterable[State], text: str, places: Collection[str], level: int) -> int:
    """How much of a failing word some keyword shares: the caret goes under the next character."""
    lowered = text.lower()
    longest = 0
    for state in states:
        for node, _ in followers(state, places, level):
            if node.type is None:
                keyword = node.folded
                shared = 0
                while shared < min(len(keyword), len(lowered)) and keyword[shared] == lowered[shared]:
                    shared += 1
                longest = max(longest, shared)
    return longest


def _judge(line: str, states: list[State]) -> Parsed:
    if len(states) == 1:
        return Parsed(Verdict.OK if ends(states[0]) is not None else Verdict.INCOMPLETE, line, tuple(states))
    complete = [state for state in states if ends(state) is not None]
    if _torn(complete or states):
        return Parsed(Verdict.AMBIGUOUS, line, tuple(states))
    if not complete:
        return Parsed(Verdict.INCOMPLETE, line, tuple(states))
    if _rivals(complete[0], states):
        return Parsed(Verdict.AMBIGUOUS, line, tuple(states))
    return Parsed(Verdict.OK, line, (complete[0],))


def _torn(states: list[State]) -> bool:
    """Do these readings take some word for different keywords, so that the user must say which?"""
    return len({tuple(step for step in state.node.trail() if step.type is None) for state in states}) > 1


def _rivals(winner: State, states: list[State]) -> bool:
    """Is the last word of the one complete reading the beginning of another keyword as well?"""
    return winner.node.type is None and any(
        state.node.type is None and state.node is not winner.node and state.node.parent is winner.node.parent
        for state in states
    )
