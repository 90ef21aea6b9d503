"""`show crypto key mypubkey`: the router's key pairs, without what is private of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import MONTHS, moment
from iosh.base.time import SECOND, Instant
from iosh.router.key_pairs import GENERAL
from iosh.show.registry import Show

_USAGES: Final = {GENERAL: "General Purpose Key", "signature": "Signature Key", "encryption": "Encryption Key"}
_WORD: Final = 8  # hexadecimal digits
_ROW: Final = 8  # words


@dataclass(frozen=True, slots=True)
class Key:
    """One pair; `data` is the public key (SubjectPublicKeyInfo) in hexadecimal."""

    name: str
    type: str
    generated: str
    usage: str
    exportable: bool
    data: str


def view(router: Any, now: Instant, kind: str | None = None) -> tuple[Key, ...]:
    """The pairs of a kind, or all."""
    return tuple(
        Key(
            pair.label,
            pair.kind.upper(),
            _date(pair.made_ns),
            _USAGES[pair.usage],
            pair.exportable,
            pair.public.hex().upper(),
        )
        for pair in router.key_pairs
        if kind in (None, pair.kind)
    )


def _date(made_ns: int) -> str:
    when = moment(made_ns // SECOND, 0)
    return f"{when.time_text[:8]} UTC {MONTHS[when.month - 1]} {when.day} {when.year}"


def text(value: tuple[Key, ...]) -> Iterator[str]:
    """Seven lines a pair, and its key."""
    for key in value:
        yield f"% Key pair was generated at: {key.generated}"
        yield f"Key name: {key.name}"
        yield f"Key type: {key.type} KEYS"
        yield " Storage Device: private-config"
        yield f" Usage: {key.usage}"
        yield f" Key is {'' if key.exportable else 'not '}exportable. Redundancy enabled."
        yield " Key Data:"
        words = [key.data[at : at + _WORD] for at in range(0, len(key.data), _WORD)]
        for at in range(0, len(words), _ROW):
            yield f"  {' '.join(words[at : at + _ROW])} "


SHOWS: Final = {"": Show(view, text)}
