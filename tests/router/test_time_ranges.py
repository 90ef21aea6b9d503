"""Time ranges: when they hold on the wall's clock, and when that is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.base.calendar import moment, unix_s
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.cli.load import load
from iosh.config.model_acl import TimeRange
from iosh.router.ports import MemoryStorage
from iosh.router.router import Router
from iosh.router.time_ranges import is_active, minutes_to_go

MONDAY = unix_s(2026, 11, 23)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def ranged(*lines: str) -> TimeRange:
    config, complaints = load("\n ".join(("time-range x", *lines)))
    assert complaints == []
    return config.time_ranges["x"]


def at(text: str) -> int:
    """`Tue 8:05`, of the week that begins on 23 November 2026."""
    day, _, time = text.partition(" ")
    hour, minute = time.split(":")
    return MONDAY + DAYS.index(day) * 86400 + int(hour) * 3600 + int(minute) * 60


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [
        ("periodic daily 8:00 to 18:00", "Sun 8:00", "Mon 7:59"),
        ("periodic daily 8:00 to 18:00", "Mon 18:00", "Mon 18:01"),
        ("periodic weekdays 8:00 to 18:00", "Fri 12:00", "Sat 12:00"),
        ("periodic weekend 0:00 to 23:59", "Sun 23:59", "Mon 0:00"),
        ("periodic Monday Wednesday 8:00 to 18:00", "Wed 8:00", "Tue 8:00"),
        ("periodic daily 22:00 to 6:00", "Mon 23:00", "Mon 7:00"),
        ("periodic Friday 22:00 to 6:00", "Sat 6:00", "Fri 6:00"),
        ("periodic Friday 18:00 to Monday 6:00", "Sun 12:00", "Tue 12:00"),
        ("periodic Friday 18:00 to Monday 6:00", "Mon 6:00", "Mon 6:01"),
        ("absolute start 8:00 24 November 2026", "Tue 8:00", "Tue 7:59"),
        ("absolute end 18:00 25 November 2026", "Wed 18:00", "Wed 18:01"),
        ("absolute start 08:00 24 Nov 2026 end 18:00 25 Nov 2026", "Wed 1:00", "Thu 1:00"),
    ],
)
def test_a_range_holds_from_its_first_to_its_last_minute(line: str, inside: str, outside: str) -> None:
    assert is_active(ranged(line), moment(at(inside), 0))
    assert not is_active(ranged(line), moment(at(outside), 0))


def test_periods_hold_within_the_absolute_bounds_only_and_nothing_said_never_holds() -> None:
    each = ranged("absolute start 00:00 25 November 2026", "periodic daily 8:00 to 9:00", "periodic Sat 10:00 to 11:00")
    held = [day for day in DAYS if is_active(each, moment(at(f"{day} 8:30"), 0))]
    assert held == ["Wed", "Thu", "Fri", "Sat", "Sun"]
    assert is_active(each, moment(at("Sat 10:30"), 0)) and not is_active(each, moment(at("Wed 10:30"), 0))
    assert not is_active(ranged(), moment(MONDAY, 0))


@given(st.integers(0, 7 * 1440 - 1), st.sampled_from(("daily 8:07 to 17:59", "Friday 22:15 to Saturday 6:45")))
def test_nothing_changes_before_it_is_looked_at(minute: int, said: str) -> None:
    each = ranged(f"periodic {said}")
    now = MONDAY + minute * 60
    wait = minutes_to_go({"x": each}, moment(now, 0))
    states = [is_active(each, moment(now + later * 60, 0)) for later in range(wait)]
    assert 1 <= wait <= 60 and len(set(states)) == 1


CONFIG = """
clock timezone CET 1 0
time-range office
 periodic weekdays 8:00 to 17:59
ip access-list extended x
 permit ip any any time-range office
"""


def test_lines_follow_the_clock_its_zone_and_who_sets_it() -> None:
    config, complaints = load(CONFIG)
    assert complaints == []
    router = Router(
        config, {}, MemoryStorage(), Rng(1), 0, epoch_s=MONDAY + 6 * 3600 + 30 * 60 + 20
    )  # 7:30:20 on the wall

    def acts() -> bool:
        return router.forwarding.policy.access_lists["x"].lines[0].active

    seen = []
    while (due := router.due()) is not None and len(seen) < 12:
        before = acts()
        router.wake(due)
        if acts() is not before:
            seen.append((router.clock.text(due, fraction=False).lstrip("*"), acts()))
        if due > 86400 * SECOND:
            break
    assert (
        seen[:3]
        == [
            ("08:00:00 CET Mon Nov 23 2026", True),
            ("18:00:00 CET Mon Nov 23 2026", False),
            ("08:00:00 CET Tue Nov 24 2026", True),
        ][: len(seen)]
        and len(seen) >= 2
    )
    now = 86400 * SECOND
    router.actions.set_clock(now, "12:00:00", 28, "Nov", 2026)  # a Saturday
    assert not acts()
    router.actions.set_clock(now, "12:00:00", 27, "Nov", 2026)
    assert acts()
