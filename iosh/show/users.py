"""`show users` and `show line`: who sits at which line, and how long they have been silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import SECOND, Instant, Span
from iosh.router.lines import line_number

_TYPES: Final = {"con": "CTY", "aux": "AUX", "vty": "VTY"}


@dataclass(frozen=True, slots=True)
class LineUse:
    """One line. `number` is absolute; nobody sits there where `taken` is false."""

    number: int
    kind: str  # "con" | "aux" | "vty"
    index: int
    own: bool
    taken: bool
    user: str
    idle: Span
    location: str
    uses: int


def lines(router: Any, now: Instant, own: str = "", every: bool = True) -> tuple[LineUse, ...]:
    """The lines of a router; `own` is the one that asks. `every`: those nobody sits at too."""
    found = []
    for name in router.lines.names():
        seat = router.lines.seats.get(name)
        if seat is None and not every:
            continue
        found.append(
            LineUse(
                number=line_number(name),
                kind=name[:3],
                index=int(name[3:]),
                own=name == own,
                taken=seat is not None,
                user=seat.user if seat is not None else "",
                idle=now - seat.heard if seat is not None else 0,
                location=seat.location if seat is not None else "",
                uses=router.lines.uses(name),
            )
        )
    return tuple(found)


def users_text(value: tuple[LineUse, ...]) -> Iterator[str]:
    """`show users`."""
    yield "    Line       User       Host(s)              Idle       Location"
    for one in value:
        host = "idle" if one.taken else ""
        row = (
            f"{'*' if one.own else ' '}{one.number:3d} {one.kind} {one.index:<5} {one.user:<10} {host:<20} "
            f"{_hours(one.idle):<10} {one.location}"
        )
        yield row.rstrip()
    yield ""
    yield "  Interface    User               Mode         Idle     Peer Address"


def line_text(value: tuple[LineUse, ...]) -> Iterator[str]:
    """`show line`."""
    yield "   Tty Line Typ     Tx/Rx    A Modem  Roty AccO AccI  Uses  Noise Overruns  Int"
    for one in value:
        rate = "9600/9600" if one.kind == "aux" else ""
        yield (
            f"{'*' if one.taken else ' '}{one.number:6d}{one.number:5d} {_TYPES[one.kind]} {rate:>11}    -    -      -"
            f"    -    -{one.uses:6d}      0    0/0      -"
        )
    yield ""


def _hours(span: Span) -> str:
    seconds = span // SECOND
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
