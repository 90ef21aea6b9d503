"""Tracked objects as timetables: what lasts becomes the object's own, what does not was never there."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.machine import Desk, Report
from iosh.proto.track.machine import Track, TrackChanged, TrackSettings

PLAN = TrackSettings(1, sla=1, aspect="reachability")


class Stage:
    """An object, time, its changes with the second they came in, and the log."""

    def __init__(self, plan: TrackSettings = PLAN, up: bool = False) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.now = 0
        self.changes: list[tuple[int, bool]] = []
        self.log: list[str] = []
        self.machine = Track(plan, Desk("track", self.tray, self.timers, Rng(7)), up, 0)

    def _collect(self) -> None:
        while self.tray:
            match self.tray.popleft()[1]:
                case TrackChanged(1, up):
                    self.changes.append((self.now // SECOND, up))
                case Report(message):
                    self.log.append(str(message))
                case other:
                    raise AssertionError(other)

    def at(self, second: int, up: bool | None = None) -> Stage:
        end = second * SECOND
        while (due := self.timers.due()) is not None and due <= end:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            self.machine.wake(key[1], due)
            self._collect()
        self.now = end
        if up is not None:
            self.machine.observed(up, end)
            self._collect()
        return self


def test_without_delays_it_follows_at_once_and_says_so() -> None:
    stage = Stage().at(1, True).at(2, True).at(3, False)
    assert stage.changes == [(1, True), (3, False)]
    assert stage.log == [
        "%TRACK-6-STATE: 1 ip sla 1 reachability Down -> Up",
        "%TRACK-6-STATE: 1 ip sla 1 reachability Up -> Down",
    ]


def test_an_interface_is_named_in_the_log() -> None:
    stage = Stage(TrackSettings(1, interface="GigabitEthernet1", aspect="line-protocol"), up=True).at(1, False)
    assert stage.log == ["%TRACK-6-STATE: 1 interface GigabitEthernet1 line-protocol Up -> Down"]


def test_a_change_waits_for_its_delay() -> None:
    stage = Stage(PLAN._replace(delay_up_s=5, delay_down_s=10)).at(1, True).at(4, True).at(20, False).at(60)
    assert stage.changes == [(6, True), (30, False)]


def test_a_change_that_does_not_last_was_never_there() -> None:
    stage = Stage(PLAN._replace(delay_down_s=10), up=True).at(1, False).at(8, True).at(9, False).at(18, True).at(60)
    assert stage.changes == []
    assert stage.log == []


def test_other_delays_are_taken_in_flight_and_another_thing_is_another_object() -> None:
    machine = Stage().machine
    assert machine.settle(PLAN._replace(delay_up_s=7), 0)
    assert not machine.settle(PLAN._replace(delay_up_s=7, aspect="state"), 0)


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30),
)
@settings(max_examples=150, deadline=None)
def test_after_silence_it_is_what_was_last_seen(up_s: int, down_s: int, seen: list[tuple[int, bool]]) -> None:
    stage = Stage(PLAN._replace(delay_up_s=up_s, delay_down_s=down_s))
    second = 0
    for wait_s, up in seen:
        second += wait_s
        stage.at(second, up)
    stage.at(second + 10)
    assert stage.machine.up == seen[-1][1]
    assert all(one[1] != other[1] for one, other in zip(stage.changes, stage.changes[1:], strict=False))
