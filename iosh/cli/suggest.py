"""The nearest spelling of a word that a configuration line fails at: for `iosh check`. IOS only has the caret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final

from iosh.cli.configure import Configurator, Level
from iosh.cli.help import follow
from iosh.cli.parse import State, Verdict, Word, followers, parse, words_of
from iosh.cli.releases import Where
from iosh.cli.types import INTERFACE_KIND, KINDS_HELP

_NEAR: Final = 0.75  # of 1, as difflib measures
_NEAR_ENOUGH: Final = 0.6  # where the whole line is understood with it
_LONG: Final = 5  # letters from which a word may be the misspelt beginning of another
_INTERFACE: Final = re.compile(r"([A-Za-z-]+)(\d[\d/.:]*)\Z")


def nearest(configurator: Configurator, line: str, column: int) -> str | None:
    """The beginning of an invalid line with the word at `column` spelt as the grammar has it, if some word is near."""
    words = words_of(line)
    words = words[words[0].text.lower() in ("no", "default") :]
    position = max((number for number, word in enumerate(words) if word.at <= column), default=0)
    if not words:
        return None
    wrong = words[position]
    best: tuple[bool, float] = (False, _NEAR_ENOUGH)
    found = None
    for level in reversed(configurator.stack):
        for word in _candidates(configurator, level, line, words[:position]):
            corrected = _corrected(wrong.text, word)
            score = _likeness(wrong.text.lower(), word.lower(), corrected != word)
            if score < _NEAR_ENOUGH:
                continue
            said = f"{line[: wrong.at]}{corrected}{line[wrong.at + len(wrong.text) :]}"
            rank = (_is_understood(configurator, level, said), score)
            if rank > best and (rank[0] or score >= _NEAR):
                best, found = rank, corrected
    return None if found is None else " ".join(f"{line[: wrong.at]}{found}".split())


def _candidates(configurator: Configurator, level: Level, line: str, before: Iterable[Word]) -> Iterator[str]:
    """The words that may follow those before."""
    places = level.places
    words: dict[str, None] = {}
    for state in follow(before, line, level.mode.root, places, 15):
        words.update(dict.fromkeys(_listed(state, places)))
    yield from sorted(words)


def _listed(state: State, places: Where) -> Iterator[str]:
    for node, _ in followers(state, places):
        if {"hidden", "unlisted"} & node.attributes.keys():
            continue
        if node.type is None:
            yield node.word
        elif node.type is INTERFACE_KIND:
            yield from KINDS_HELP
        else:
            yield from node.type.choices


def _corrected(wrong: str, word: str) -> str:
    """`Tunel0` is near to `Tunnel`: the number stays."""
    interface = _INTERFACE.match(wrong)
    return f"{word}{interface[2]}" if interface is not None and word in KINDS_HELP else word


def _likeness(wrong: str, word: str, has_number: bool) -> float:
    if has_number:
        wrong = wrong.rstrip("0123456789/.:")
    whole = SequenceMatcher(None, wrong, word).ratio()
    if len(wrong) < _LONG:
        return whole
    return max(whole, SequenceMatcher(None, wrong, word[: len(wrong)]).ratio())


def _is_understood(configurator: Configurator, level: Level, line: str) -> bool:
    words = words_of(line)
    words = words[words[0].text.lower() in ("no", "default") :]
    return parse(line, level.mode.root, level.places, words=words).verdict is Verdict.OK
