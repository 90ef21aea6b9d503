"""Timers, dice, clock text and interface names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iosh.base.interface_name import canonical, parent, short, sort_key
from iosh.base.rng import OsRng, Rng
from iosh.base.time import SECOND, clock
from iosh.base.timers import Timers


def test_deadlines_ring_in_time_and_ties_in_the_order_set() -> None:
    timers = Timers()
    for name, at in (("late", 9), ("first", 5), ("second", 5), ("moved", 1)):
        timers.set(name, at)
    timers.set("moved", 7)
    timers.stop("late")
    rung = []
    while (at := timers.due()) is not None:
        rung.append((at, timers.pop(at)))
    assert rung == [(5, "first"), (5, "second"), (7, "moved")]


def test_nothing_rings_early() -> None:
    timers = Timers()
    timers.set("x", 10)
    assert timers.pop(9) is None and timers.when("x") == 10


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100), st.booleans()), max_size=300))
def test_a_heap_of_deadlines_behaves_as_a_dictionary(steps: list[tuple[int, int, bool]]) -> None:
    timers, plain = Timers(), {}
    for name, at, stop in steps:
        if stop:
            timers.stop(name)
            plain.pop(name, None)
        else:
            timers.set(name, at)
            plain[name] = at
        assert timers.due() == min(plain.values(), default=None)
        assert len(timers) == len(plain)


def test_a_deadline_moved_often_does_not_fill_the_heap() -> None:
    timers = Timers()
    for at in range(10_000):
        timers.set("dpd", at)
    assert len(timers._heap) < 200


def test_dice_repeat_by_seed_and_label_and_ignore_each_other() -> None:
    one, other = Rng(7), Rng(7)
    one.fork("a").bytes(100)
    assert one.fork("b").bytes(32) == other.fork("b").bytes(32)
    assert one.fork("a").bytes(32) != one.fork("b").bytes(32)
    assert Rng(7).bytes(32) != Rng(8).bytes(32)


def test_dice_do_not_depend_on_how_they_are_drawn() -> None:
    one, other = Rng(1), Rng(1)
    assert one.bytes(10) + one.bytes(200) == other.bytes(210)


def test_numbers_stay_in_their_range() -> None:
    rng = Rng(3)
    assert {rng.between(3, 6) for _ in range(200)} == {3, 4, 5, 6}


def test_the_systems_dice_never_repeat() -> None:
    assert not OsRng().seeded
    assert OsRng().fork("x").bytes(16) != OsRng().fork("x").bytes(16)


@pytest.mark.parametrize(
    ("total_s", "text"),
    [
        (0, "00:00:00"),
        (62, "00:01:02"),
        (86399, "23:59:59"),
        (86400, "1d00h"),
        (6 * 86400 + 12 * 3600, "6d12h"),
        (26 * 86400, "3w5d"),
        (48 * 7 * 86400, "48w0d"),
        (54 * 7 * 86400, "1y2w"),
    ],
)
def test_durations_print_as_in_ios_tables(total_s: int, text: str) -> None:
    assert clock(total_s * SECOND) == text


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("tu0", "Tunnel0"),
        ("tunnel 0", "Tunnel0"),
        ("gi0/1", "GigabitEthernet0/1"),
        ("g0/1", "GigabitEthernet0/1"),
        ("Te1/0/1", "TenGigabitEthernet1/0/1"),
        ("e0/0.15", "Ethernet0/0.15"),
        ("lo 007", "Loopback7"),
        ("fa0", "FastEthernet0"),
    ],
)
def test_all_spellings_of_an_interface_are_one(typed: str, name: str) -> None:
    assert canonical(typed) == name


@pytest.mark.parametrize("typed", ["", "t0", "gi", "x0", "gi0/1/", "gi0..1"])
def test_what_is_no_interface_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        canonical(typed)


def test_interfaces_have_short_names_parents_and_an_order() -> None:
    assert short("GigabitEthernet0/1.15") == "Gi0/1.15"
    assert parent("GigabitEthernet0/1.15") == "GigabitEthernet0/1" and parent("Tunnel0") is None
    names = ["GigabitEthernet10", "GigabitEthernet2", "Tunnel1", "Loopback0", "GigabitEthernet2.5"]
    assert sorted(names, key=sort_key) == ["Loopback0", "Tunnel1", "GigabitEthernet2", "GigabitEthernet2.5", names[0]]
