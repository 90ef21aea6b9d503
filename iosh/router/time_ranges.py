"""Time ranges: which are active now, by the router's own clock as its zone reads it.

Looked at again when a range may begin or end, and once an hour besides, since the clocks may turn; and at once when
somebody sets the clock. The end's minute belongs to the range, as IOS has it (`0:00 to 23:59` is a whole day).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from iosh.base.calendar import MONTH_NAMES, WEEKDAY_NAMES, Moment
from iosh.base.time import SECOND, Instant
from iosh.config.model_acl import Absolute, Periodic, TimeRange
from iosh.proto.machine import Desk

if TYPE_CHECKING:
    from iosh.router.router import Router

KEY: Final = "time ranges"
_DAY_MIN: Final = 1440
_WEEK_MIN: Final = 7 * _DAY_MIN
_GROUPS: Final = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7)}


class TimeRanges:
    """The ranges of one router. `active` are the names of those that are."""

    def __init__(self, router: Router, desk: Desk) -> None:
        self._router = router
        self._desk = desk
        self.active: tuple[str, ...] = ()

    def settle(self, now: Instant) -> None:
        """The ranges or the clock are others: look at once."""
        ranges = self._router.config.time_ranges
        at, _ = self._router.clock.local(now)
        active = tuple(name for name, each in ranges.items() if is_active(each, at))
        if active != self.active:
            self.active = active
            self._router.forwarding.policy.keep_time(active)
        if ranges:
            minutes = minutes_to_go(ranges, at)
            into_minute = self._router.clock.utc_ns(now) % (60 * SECOND)
            self._desk.ring_at("look", now + minutes * 60 * SECOND - into_minute)
        else:
            self._desk.no_ring("look")

    def wake(self, name: str, now: Instant) -> None:
        """A range may begin or end."""
        self.settle(now)


def is_active(each: TimeRange, at: Moment) -> bool:
    """Does a range hold at this moment? One that says nothing does not."""
    if each.absolute is None and not each.periodic:
        return False
    if each.absolute is not None and not _within(each.absolute, at):
        return False
    return not each.periodic or any(_recurs(one, at) for one in each.periodic)


def minutes_to_go(ranges: Mapping[str, TimeRange], at: Moment) -> int:
    """Minutes on the wall until one may begin or end, an hour at most."""
    minute = at.hour * 60 + at.minute
    return min([60 - at.minute, *((turn - minute - 1) % _DAY_MIN + 1 for turn in _turns(ranges))])


def _turns(ranges: Mapping[str, TimeRange]) -> Iterator[int]:
    """The minutes of the day at which something begins or has ended."""
    for each in ranges.values():
        for one in each.periodic:
            yield _minute(one.start)
            yield _minute(one.end) + 1
        if each.absolute is not None:
            yield _minute(each.absolute.start_time or "0:00")
            yield _minute(each.absolute.end_time or "23:59") + 1


def _within(absolute: Absolute, at: Moment) -> bool:
    now = at.year, at.month, at.day, at.hour * 60 + at.minute
    a = absolute
    if a.start_month is not None and a.start_year is not None and a.start_day is not None:
        start = a.start_year, MONTH_NAMES.index(a.start_month) + 1, a.start_day, _minute(a.start_time or "0:00")
        if now < start:
            return False
    if a.end_month is not None and a.end_year is not None and a.end_day is not None:
        return now <= (a.end_year, MONTH_NAMES.index(a.end_month) + 1, a.end_day, _minute(a.end_time or "23:59"))
    return True


def _recurs(one: Periodic, at: Moment) -> bool:
    first, last = _minute(one.start), _minute(one.end)
    minute = at.hour * 60 + at.minute
    if one.end_day is not None and one.day is not None:
        begins = WEEKDAY_NAMES.index(one.day) * _DAY_MIN + first
        lasts = (WEEKDAY_NAMES.index(one.end_day) * _DAY_MIN + last - begins) % _WEEK_MIN
        return (at.weekday * _DAY_MIN + minute - begins) % _WEEK_MIN <= lasts
    names = [name for name in (one.day, *one.days) if name is not None]
    days = _GROUPS[one.when] if one.when is not None else [WEEKDAY_NAMES.index(name) for name in names]
    if first <= last:
        return at.weekday in days and first <= minute <= last
    return (at.weekday in days and minute >= first) or ((at.weekday - 1) % 7 in days and minute <= last)


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
