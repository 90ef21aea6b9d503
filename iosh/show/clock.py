"""`show clock [detail]`. The star says that nobody has set it, a dot that NTP holds it no longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import SECOND, Instant
from iosh.router.civil import Turn
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Clock:
    """The civil time now, `mark` what stands before it; `unix_s` in seconds since 1970."""

    unix_s: int
    time: str
    mark: str
    source: str | None
    summer: tuple[str, Turn, Turn] | None


def view(router: Any, now: Instant) -> Clock:
    """The router's clock."""
    clock = router.clock
    zone = clock.settings
    summer = (zone.summer, zone.starts, zone.ends) if zone.summer is not None else None
    return Clock(
        clock.utc_ns(now) // SECOND, clock.text(now).removeprefix(clock.mark), clock.mark, clock.source, summer
    )


def text(value: Clock) -> Iterator[str]:
    """`*05:00:00.123 UTC Mon Nov 23 2026`"""
    yield value.mark + value.time


def detail_text(value: Clock) -> Iterator[str]:
    """And where it is from."""
    yield value.mark + value.time
    yield f"Time source is {value.source}" if value.source is not None else "No time source"
    if value.summer is not None:
        name, starts, ends = value.summer
        yield f"Summer time {name} starts {_turn(starts)}"
        yield f"Summer time {name} ends {_turn(ends)}"


def _turn(turn: Turn) -> str:
    return f"{turn.week} {turn.day} {turn.month} {turn.minute // 60}:{turn.minute % 60:02d}"


SHOWS: Final = {"": Show(view, text), "detail": Show(view, detail_text)}
