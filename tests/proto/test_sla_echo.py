"""The `icmp-echo` operation of IP SLA as timetables: when it sends, what it makes of each end of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.base.timers import Timers
from iosh.proto.machine import Desk, SendPacket
from iosh.proto.sla.echo import Echo
from iosh.proto.sla.operation import Completed, OperationSettings
from iosh.wire import icmp
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4

ME, THEM, HOP = map(IPv4.parse, ("10.0.2.1", "10.0.3.1", "192.0.2.1"))
PLAN = OperationSettings(1, THEM, frequency_s=10, timeout_ms=2000, threshold_ms=50, scheduled=True)


class Stage:
    """An operation, time, and all it did, with the second it did it in."""

    def __init__(self, plan: OperationSettings = PLAN, source: IPv4 | None = ME) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.start = self.now = 5 * SECOND
        self.sent: list[tuple[int, Ipv4]] = []
        self.codes: list[tuple[int, str]] = []
        self.source = source
        self.machine = Echo(plan, Desk("sla", self.tray, self.timers, Rng(7)), lambda settings: self.source, self.now)
        self._collect()

    def _collect(self) -> None:
        at = (self.now - self.start) // SECOND
        while self.tray:
            match self.tray.popleft()[1]:
                case SendPacket(packet):
                    self.sent.append((at, Ipv4.decode(packet)))
                case Completed(1, code):
                    self.codes.append((at, code))
                case other:
                    raise AssertionError(other)

    def after(self, ms: int) -> Stage:
        end = self.now + ms * MILLISECOND
        while (due := self.timers.due()) is not None and due <= end:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            self.machine.wake(key[1], due)
            self._collect()
        self.now = end
        return self

    def reply(self, source: IPv4 = THEM, back: int = 1) -> Stage:
        echo = Icmp.decode(self.sent[-back][1].payload)
        self.machine.icmp_arrived(source, Icmp(icmp.ECHO_REPLY, 0, echo.rest, echo.data), None, self.now)
        self._collect()
        return self


def test_it_sends_when_scheduled_and_then_at_its_frequency() -> None:
    stage = Stage().after(35_000)
    assert [at for at, _ in stage.sent] == [0, 10, 20, 30]
    assert stage.codes == [(2, "Timeout"), (12, "Timeout"), (22, "Timeout"), (32, "Timeout")]
    packet = stage.sent[0][1]
    assert (packet.source, packet.destination, len(packet.payload)) == (ME, THEM, 8 + 28)


def test_a_reply_in_time_is_ok_and_a_slow_one_is_over_the_threshold() -> None:
    stage = Stage().after(20).reply()
    assert stage.codes == [(0, "OK")]
    assert stage.machine.round_trip_ms == 20
    stage.after(10_000).after(60).reply()
    assert stage.codes[-1] == (10, "Over threshold")
    assert (stage.machine.successes, stage.machine.failures) == (2, 0)


def test_an_answer_from_elsewhere_or_to_the_last_run_is_no_answer() -> None:
    stage = Stage().after(20).reply(source=HOP)
    assert stage.codes == []
    stage.after(10_000).reply(back=2)
    assert stage.codes == [(2, "Timeout")]


def test_an_error_about_its_request_ends_the_run() -> None:
    stage = Stage().after(5)
    quoted = Quoted.decode(icmp.quotation(stage.sent[-1][1].encode()))
    stage.machine.icmp_arrived(HOP, Icmp(icmp.UNREACHABLE, 1, 0, b""), quoted, stage.now)
    stage._collect()
    assert stage.codes == [(0, "No connection")]
    assert stage.after(3000).codes == [(0, "No connection")]


def test_without_a_way_it_sends_nothing_and_says_so_each_time() -> None:
    stage = Stage(source=None).after(15_000)
    assert stage.sent == []
    assert stage.codes == [(0, "No connection"), (10, "No connection")]
    stage.source = ME
    assert [at for at, _ in stage.after(10_000).sent] == [20]


def test_a_life_ends() -> None:
    stage = Stage(PLAN._replace(life_s=25)).after(60_000)
    assert [at for at, _ in stage.sent] == [0, 10, 20]
    assert not stage.machine.active


def test_one_that_is_not_scheduled_waits_and_one_that_is_stopped_is_silent() -> None:
    assert Stage(PLAN._replace(scheduled=False)).after(60_000).sent == []
    stage = Stage().after(5)
    stage.machine.stop(stage.now)
    assert len(stage.after(60_000).sent) == 1
    assert stage.codes == []


def test_another_frequency_is_taken_in_flight_and_another_target_is_not() -> None:
    stage = Stage().after(3000)
    assert stage.machine.settle(PLAN._replace(frequency_s=5), stage.now)
    assert [at for at, _ in stage.after(8000).sent] == [0, 5, 10]
    assert not stage.machine.settle(PLAN._replace(destination=HOP), stage.now)


@pytest.mark.parametrize("patience_ms", [10_000, 30_000])
def test_patience_longer_than_the_interval_ends_with_the_interval(patience_ms: int) -> None:
    stage = Stage(PLAN._replace(timeout_ms=patience_ms)).after(21_000)
    assert stage.codes == [(10, "Timeout"), (20, "Timeout")]


@given(
    st.lists(st.tuples(st.integers(0, 15_000), st.sampled_from(["reply", "late", "elsewhere", "wait"])), max_size=20)
)
@settings(max_examples=100, deadline=None)
def test_every_run_ends_exactly_once_whatever_arrives(events: list[tuple[int, str]]) -> None:
    stage = Stage()
    for wait_ms, event in events:
        stage.after(wait_ms)
        if event == "reply":
            stage.reply().reply()
        elif event == "late" and len(stage.sent) > 1:
            stage.reply(back=2)
        elif event == "elsewhere":
            stage.reply(source=HOP)
        assert len(stage.sent) - 1 <= len(stage.codes) <= len(stage.sent)
    machine = stage.machine
    assert machine.successes + machine.failures == len(stage.codes)
