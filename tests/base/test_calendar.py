from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from iosh.base.calendar import moment
from iosh.base.time import SECOND


@given(st.integers(0, 4_102_444_800), st.integers(0, 10**18))
def test_the_calendar_agrees_with_the_standard_library(epoch_s: int, now: int) -> None:
    at = moment(epoch_s, now)
    oracle = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=epoch_s, milliseconds=now // 1_000_000)
    assert at[:6] == (oracle.year, oracle.month, oracle.day, oracle.hour, oracle.minute, oracle.second)
    assert (at.millisecond, at.weekday) == (oracle.microsecond // 1000, oracle.weekday())


def test_a_moment_prints_as_show_clock_does() -> None:
    at = moment(1_795_409_633, SECOND * 5 + 123_000_000)
    assert at.clock_text == "04:53:58.123 UTC Mon Nov 23 2026"
    assert at.change_text == "04:53:58 UTC Mon Nov 23 2026"
