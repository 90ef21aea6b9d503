"""The anti-replay window, as columns of what it sees and whether it accepts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.proto.esp.replay import SIZES, ReplayWindow


class Column:
    """`sees(n, accepted)` down the page."""

    def __init__(self, size: int = 64) -> None:
        self.window = ReplayWindow(size)

    def sees(self, sequence: int, accepted: bool) -> None:
        assert self.window.is_fresh(sequence) is accepted, sequence
        if accepted:
            self.window.accept(sequence)


def test_in_order_each_once() -> None:
    column = Column()
    column.sees(0, False)
    column.sees(1, True)
    column.sees(1, False)
    column.sees(2, True)
    column.sees(3, True)
    column.sees(2, False)
    column.sees(3, False)


def test_late_ones_within_the_window() -> None:
    column = Column()
    column.sees(100, True)
    column.sees(99, True)
    column.sees(37, True)  # the left edge: 100 - 63
    column.sees(36, False)
    column.sees(37, False)
    column.sees(99, False)
    column.sees(101, True)
    column.sees(37, False)  # just out
    column.sees(38, True)


def test_a_leap_leaves_everything_behind() -> None:
    column = Column()
    column.sees(1, True)
    column.sees(2, True)
    column.sees(1_000_000, True)
    column.sees(1, False)
    column.sees(2, False)
    column.sees(3, False)
    column.sees(999_999, True)
    column.sees(999_936, False)
    column.sees(999_937, True)


def test_a_leap_of_exactly_the_window() -> None:
    column = Column()
    column.sees(5, True)
    column.sees(69, True)  # the same slot as 5
    column.sees(5, False)
    column.sees(6, True)
    column.sees(69, False)


def test_up_to_the_last_number() -> None:
    column = Column(1024)
    column.sees(0xFFFFFFFF, True)
    column.sees(0xFFFFFFFF, False)
    column.sees(0xFFFFFFFF - 1023, True)
    column.sees(0xFFFFFFFF - 1024, False)


def test_asking_changes_nothing() -> None:
    window = ReplayWindow()
    assert window.is_fresh(500)
    assert window.is_fresh(500)
    assert window.top == 0


@pytest.mark.parametrize("size", [0, 1, 32, 65, 2048])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="replay window"):
        ReplayWindow(size)


@given(st.sampled_from(SIZES), st.lists(st.integers(0, 3000), max_size=300))
@settings(max_examples=100)
def test_it_agrees_with_a_set_that_remembers_everything(size: int, numbers: list[int]) -> None:
    window, seen, top = ReplayWindow(size), {0}, 0
    for number in numbers:
        fresh = number not in seen and number > top - size
        assert window.is_fresh(number) is fresh
        if fresh:
            window.accept(number)
            seen.add(number)
            top = max(top, number)
    assert window.top == top
