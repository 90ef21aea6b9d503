"""A cable's settings in words, exact and both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.time import MICROSECOND, MILLISECOND, SECOND
from iosh.lab.link_settings import NAMES, changed, span, span_text, words
from iosh.underlay.sim.cable import PLAIN, CableSettings


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("10ms", 10 * MILLISECOND),
        ("1.5s", 1500 * MILLISECOND),
        ("250 us", 250 * MICROSECOND),
        ("7ns", 7),
        ("2m", 120 * SECOND),
    ],
)
def test_a_time_is_read_exactly(text: str, nanoseconds: int) -> None:
    assert span(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "10", "ms", "-1ms", "1e3s", "10 parsecs", "١ms"])
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        span(text)


@given(st.integers(min_value=0, max_value=10**15))
@settings(max_examples=200)
def test_a_time_written_is_read_back(value: int) -> None:
    assert span(span_text(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("delay", "10ms", CableSettings(delay=10 * MILLISECOND)),
        ("delay", "0ms", CableSettings(delay=1)),
        ("loss", "0.1%", CableSettings(loss_ppm=1000)),
        ("loss", "5", CableSettings(loss_ppm=50_000)),
        ("corrupt", "0.0001%", CableSettings(corrupt_ppm=1)),
        ("reorder", "100%", CableSettings(reorder_ppm=1_000_000)),
        ("rate", "10mbit", CableSettings(rate_bps=10_000_000)),
        ("rate", "64", CableSettings(rate_bps=64_000)),
        ("rate", "1.5Mbit/s", CableSettings(rate_bps=1_500_000)),
        ("queue", "9000", CableSettings(queue_bytes=9000)),
        ("mtu", "1500", CableSettings(mtu=1500)),
    ],
)
def test_a_setting_is_read(name: str, text: str, expected: CableSettings) -> None:
    assert changed(PLAIN, name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("loss", "101%", "from 0 to 100"),
        ("loss", "some", "is not a share"),
        ("rate", "0", "is not a rate"),
        ("rate", "fast", "is not a rate"),
        ("mtu", "12", "is not a number of bytes"),
        ("colour", "blue", "is not a setting of a link: there are delay"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_the_reason(name: str, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        changed(PLAIN, name, text)


def test_what_is_said_of_a_cable_makes_the_same_cable() -> None:
    written = {
        "delay": "15ms",
        "loss": "0.25%",
        "corrupt": "1%",
        "reorder": "2%",
        "rate": "512kbit",
        "queue": "3000",
        "mtu": "1400",
    }
    assert set(written) == set(NAMES)
    cable = PLAIN
    for name, text in written.items():
        cable = changed(cable, name, text)
    assert words(cable) == ", ".join(f"{name} {text}" for name, text in written.items())
    assert words(PLAIN) == ""
