"""`show time-range`: when each range holds, whether it does now, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.time import Instant
from iosh.config.model_acl import Absolute, Periodic
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True)
class TimeRangeView:
    """One range; `users` counts the lines of access lists that name it."""

    name: str
    active: bool
    absolute: Absolute | None
    periodic: tuple[Periodic, ...]
    users: int


@dataclass(frozen=True)
class TimeRangesView:
    """`show time-range`."""

    ranges: tuple[TimeRangeView, ...]


def view(router: Router, now: Instant, name: str | None = None) -> TimeRangesView:
    """All ranges, or one."""
    lines = [line.ace for each in router.forwarding.policy.access_lists.values() for line in each.lines]
    return TimeRangesView(
        tuple(
            TimeRangeView(
                title,
                title in router.time_ranges.active,
                each.absolute,
                tuple(each.periodic),
                sum(ace.time_range == title for ace in lines),
            )
            for title, each in router.config.time_ranges.items()
            if name in (None, title)
        )
    )


def text(value: TimeRangesView) -> Iterator[str]:
    for each in value.ranges:
        yield f"time-range entry: {each.name} ({'active' if each.active else 'inactive'})"
        if each.absolute is not None:
            yield f"   {_absolute(each.absolute)}"
        for one in each.periodic:
            yield f"   {_periodic(one)}"
        for _ in range(each.users):
            yield "   used in: IP ACL entry"


def _absolute(value: Absolute) -> str:
    words = ["absolute"]
    if value.start_day is not None:
        words.append(f"start {value.start_time} {value.start_day:02d} {value.start_month} {value.start_year}")
    if value.end_day is not None:
        words.append(f"end {value.end_time} {value.end_day:02d} {value.end_month} {value.end_year}")
    return " ".join(words)


def _periodic(one: Periodic) -> str:
    words = ["periodic", one.when, one.day, *one.days, one.start, "to", one.end_day, one.end]
    return " ".join(word for word in words if word is not None)


SHOWS = {"": Show(view, text)}
