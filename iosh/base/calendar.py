"""Dates without a clock: seconds since 1970-01-01 UTC to year, month, day and time of day, and IOS's texts of them."""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.time import MILLISECOND, SECOND, Instant

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Moment(NamedTuple):
    """A point of civil time, UTC. `weekday` is 0 for Monday."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int

    @property
    def time_text(self) -> str:
        """`04:53:53.123`"""
        return f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}.{self.millisecond:03d}"

    @property
    def clock_text(self) -> str:
        """As `show clock` prints it: `04:53:53.123 UTC Mon Nov 23 2026`."""
        day = f"{WEEKDAYS[self.weekday]} {MONTHS[self.month - 1]} {self.day} {self.year}"
        return f"{self.time_text} UTC {day}"

    @property
    def change_text(self) -> str:
        """As the heading of a running-config prints it: `04:53:53 UTC Mon Nov 23 2026`."""
        return self.clock_text.replace(f".{self.millisecond:03d}", "", 1)


def moment(epoch_s: int, now: Instant) -> Moment:
    """The civil time at `now`, where instant 0 was `epoch_s` seconds after 1970-01-01 (Gregorian, proleptic)."""
    total_ms = epoch_s * 1000 + now // MILLISECOND
    total_s, millisecond = divmod(total_ms, SECOND // MILLISECOND)
    days, second_of_day = divmod(total_s, 86400)
    era_days = days + 719468  # from 0000-03-01, so that leap days end a year
    era, day_of_era = divmod(era_days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    minute_of_day, second = divmod(second_of_day, 60)
    hour, minute = divmod(minute_of_day, 60)
    return Moment(year, month, day, hour, minute, second, millisecond, (days + 3) % 7)


def unix_s(year: int, month: int, day: int, second_of_day: int = 0) -> int:
    """Seconds since 1970 of a date, and of a second in its day (UTC)."""
    shifted_year = year - (month <= 2)
    era, year_of_era = divmod(shifted_year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return (era * 146097 + day_of_era - 719468) * 86400 + second_of_day


def month_days(year: int, month: int) -> int:
    """How many days a month has."""
    return (unix_s(year + month // 12, month % 12 + 1, 1) - unix_s(year, month, 1)) // 86400
