"""The router's civil clock: what time it is by the calendar, who said so, and how that is written.

Machines live by instants; only what is shown and logged asks here. `clock set` and NTP move the clock, `clock timezone`
and `clock summer-time` only how it is read. Not here: a hardware calendar, leap seconds, summer time by fixed dates.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.calendar import MONTHS, WEEKDAYS, Moment, moment, unix_s
from iosh.base.time import SECOND, Instant

USER: Final = "user configuration"
NTP: Final = "NTP"

_DAY_S = 86400
_LAST = "last"


class Turn(NamedTuple):
    """When the clocks turn: the so-manieth weekday of a month (`last` too), and the minute of that day."""

    week: str = "2"
    day: str = "Sun"
    month: str = "Mar"
    minute: int = 120

    def at(self, year: int) -> int:
        """Seconds since 1970 on the clocks as they are before they turn."""
        month = MONTHS.index(self.month) + 1
        first = unix_s(year, month, 1)
        weekday = (first // _DAY_S + 3) % 7
        day_s = first + (WEEKDAYS.index(self.day) - weekday) % 7 * _DAY_S
        if self.week == _LAST:
            after = unix_s(year + month // 12, month % 12 + 1, 1)
            day_s += (after - 1 - day_s) // (7 * _DAY_S) * 7 * _DAY_S
        else:
            day_s += (1 if self.week == "first" else int(self.week)) * 7 * _DAY_S - 7 * _DAY_S
        return day_s + self.minute * 60


class ZoneSettings(NamedTuple):
    """`clock timezone` and `clock summer-time … recurring`; `summer` None: all year the same."""

    name: str = "UTC"
    offset_min: int = 0
    summer: str | None = None
    starts: Turn = Turn()
    ends: Turn = Turn("1", "Sun", "Nov", 120)
    summer_min: int = 60


class CivilClock:
    """One router's clock. `source` says who set it; `synchronized` whether NTP holds it now."""

    __slots__ = ("epoch_ns", "settings", "source", "synchronized")

    def __init__(self, epoch_s: int) -> None:
        self.epoch_ns = epoch_s * SECOND  # of instant 0
        self.settings = ZoneSettings()
        self.source: str | None = None
        self.synchronized = False

    def utc_ns(self, now: Instant) -> int:
        """Nanoseconds since 1970."""
        return self.epoch_ns + now

    def set(self, utc_ns: int, now: Instant) -> None:
        """`clock set`."""
        self.epoch_ns = utc_ns - now
        self.source = USER

    def shift(self, offset_ns: int) -> None:
        """NTP found the clock to be behind by this."""
        self.epoch_ns += offset_ns

    def held(self, held: bool) -> None:
        """NTP holds the clock from now on, or can no longer."""
        self.source = NTP
        self.synchronized = held

    @property
    def mark(self) -> str:
        """`*` nobody has set it, `.` NTP had and holds it no longer, nothing: it can be relied on."""
        if self.source is None:
            return "*"
        return "." if self.source == NTP and not self.synchronized else ""

    def is_summer(self, utc_ns: int) -> bool:
        """Are the clocks ahead at this time?"""
        s = self.settings
        if s.summer is None:
            return False
        standard_s = utc_ns // SECOND + s.offset_min * 60
        year = moment(standard_s, 0).year
        starts, ends = s.starts.at(year), s.ends.at(year) - s.summer_min * 60
        if starts < ends:
            return starts <= standard_s < ends
        return standard_s >= starts or standard_s < ends

    def local(self, now: Instant) -> tuple[Moment, str]:
        """The moment as the clock on the wall has it, and the zone's name."""
        utc_ns, s = self.utc_ns(now), self.settings
        offset_min, name = s.offset_min, s.name
        if s.summer is not None and self.is_summer(utc_ns):
            offset_min, name = offset_min + s.summer_min, s.summer
        return moment(offset_min * 60, utc_ns), name

    def from_local(self, local_s: int) -> int:
        """Nanoseconds since 1970 of a time on the wall, in seconds as if the wall had UTC."""
        utc_ns = (local_s - self.settings.offset_min * 60) * SECOND
        ahead_ns = self.settings.summer_min * 60 * SECOND
        return utc_ns - ahead_ns if self.is_summer(utc_ns - ahead_ns) else utc_ns

    def text(self, now: Instant, fraction: bool = True) -> str:
        """`04:53:53.123 UTC Mon Nov 23 2026`, with its mark."""
        at, zone = self.local(now)
        text = at.clock_text if fraction else at.change_text
        return self.mark + text.replace(" UTC ", f" {zone} ", 1)
