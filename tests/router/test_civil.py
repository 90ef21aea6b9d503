"""The civil clock: zones, summer, marks; and calendar arithmetic against Python's own."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.calendar import moment, month_days, unix_s
from iosh.base.time import SECOND
from iosh.router.civil import CivilClock, Turn, ZoneSettings

BERLIN = ZoneSettings("CET", 60, "CEST", Turn("last", "Sun", "Mar", 120), Turn("last", "Sun", "Oct", 180), 60)
NEW_YORK = ZoneSettings("EST", -300, "EDT")
SYDNEY = ZoneSettings("AEST", 600, "AEDT", Turn("1", "Sun", "Oct", 120), Turn("1", "Sun", "Apr", 180), 60)
PLACES = [("Europe/Berlin", BERLIN), ("America/New_York", NEW_YORK), ("Australia/Sydney", SYDNEY)]


@settings(max_examples=300, deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2105, 12, 31)))
def test_dates_count_as_pythons_do(at: datetime) -> None:
    second = at.hour * 3600 + at.minute * 60 + at.second
    total = unix_s(at.year, at.month, at.day, second)
    assert total == int(at.replace(microsecond=0, tzinfo=UTC).timestamp())
    assert moment(total, 0)[:6] == (at.year, at.month, at.day, at.hour, at.minute, at.second)
    assert month_days(at.year, at.month) >= at.day


@pytest.mark.parametrize(("place", "zone"), PLACES)
@settings(max_examples=200, deadline=None)
@given(seconds=st.integers(1_200_000_000, 2_100_000_000))
def test_the_wall_shows_what_it_shows_there(place: str, zone: ZoneSettings, seconds: int) -> None:
    there = datetime.fromtimestamp(seconds, ZoneInfo(place))
    clock = CivilClock(seconds)
    clock.settings = zone
    at, name = clock.local(0)
    assert at[:6] == (there.year, there.month, there.day, there.hour, there.minute, there.second)
    assert name == there.tzname()


@pytest.mark.parametrize(("place", "zone"), PLACES)
@settings(max_examples=100, deadline=None)
@given(seconds=st.integers(1_200_000_000, 2_100_000_000))
def test_a_time_read_from_the_wall_is_that_time(place: str, zone: ZoneSettings, seconds: int) -> None:
    clock = CivilClock(seconds)
    clock.settings = zone
    at, _ = clock.local(0)
    wall = unix_s(at.year, at.month, at.day, at.hour * 3600 + at.minute * 60 + at.second)
    difference = abs(clock.from_local(wall) - seconds * SECOND)
    assert difference in (0, 3600 * SECOND)  # an hour of autumn comes twice


def test_the_mark_says_who_set_it() -> None:
    clock = CivilClock(1_795_409_633)
    assert clock.text(0) == "*04:53:53.000 UTC Mon Nov 23 2026"
    clock.set(1_795_409_634 * SECOND, 0)
    assert clock.text(0, fraction=False) == "04:53:54 UTC Mon Nov 23 2026"
    clock.held(True)
    assert clock.mark == ""
    clock.held(False)
    assert clock.mark == "."
