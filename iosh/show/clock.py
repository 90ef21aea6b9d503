"""`show clock`. The star says that no time server has set it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.calendar import moment
from iosh.base.time import SECOND, Instant
from iosh.show.registry import Show


@dataclass(frozen=True, slots=True)
class Clock:
    """The civil time now; `unix_s` in seconds since 1970."""

    unix_s: int
    time: str


def view(router: Any, now: Instant) -> Clock:
    """The router's clock."""
    return Clock(router.epoch_s + now // SECOND, moment(router.epoch_s, now).clock_text)


def text(value: Clock) -> Iterator[str]:
    """`*05:00:00.123 UTC Mon Nov 23 2026`"""
    yield f"*{value.time}"


SHOWS: Final = {"": Show(view, text)}
