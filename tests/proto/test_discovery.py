"""CDP and LLDP as timetables: when they speak, whom they believe and for how long."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.discovery.machine import MOST, Cdp, Discovery, DiscoverySettings, Lldp
from iosh.proto.machine import Desk, SendFrame
from iosh.wire import cdp
from iosh.wire.lldp import Ident

MAC = bytes.fromhex("0200000000aa")
OURS: dict[str, Cdp | Lldp] = {
    "cdp": Cdp("us", "GigabitEthernet1"),
    "lldp": Lldp(Ident(4, MAC), Ident(5, b"Gi1"), 120, name="us"),
}


def theirs(protocol: str, hold_s: int = 30, number: int = 0) -> bytes:
    if protocol == "cdp":
        return Cdp(f"them{number}", "Gi0/1", hold_s).encode()
    return Lldp(Ident(4, bytes(5) + bytes((number & 255,))), Ident(5, b"Gi%d" % number), hold_s).encode()


class Stage:
    """One protocol on one interface, time, and what it sent: the second, and the hold time told."""

    def __init__(self, protocol: str, up: bool = True, **changes: Any) -> None:
        self.protocol = protocol
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.now = 0
        self.sent: list[tuple[int, int]] = []
        self.plan = DiscoverySettings("GigabitEthernet1", MAC, OURS[protocol], 60, 180)._replace(**changes)
        self.machine = Discovery(self.plan, Desk(protocol, self.tray, self.timers, Rng(7)), up, 0)
        self.collect()

    def collect(self) -> Stage:
        while self.tray:
            effect = self.tray.popleft()[1]
            assert isinstance(effect, SendFrame) and effect.interface == "GigabitEthernet1"
            if self.protocol == "cdp":
                message = cdp.payload(effect.frame[12:])
                assert message is not None
                hold_s = Cdp.decode(message).hold_s
            else:
                hold_s = Lldp.decode(effect.frame[14:]).ttl_s
            self.sent.append((self.now // SECOND, hold_s))
        return self

    def at(self, second: int) -> Stage:
        end = second * SECOND
        while (due := self.timers.due()) is not None and due <= end:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            self.machine.wake(key[1], due)
            self.collect()
        self.now = end
        return self

    def hear(self, hold_s: int = 30, number: int = 0) -> Stage:
        self.machine.receive(theirs(self.protocol, hold_s, number), bytes(6), self.now)
        return self.collect()


BOTH = pytest.mark.parametrize("protocol", ["cdp", "lldp"])


@BOTH
def test_it_speaks_when_the_link_comes_up_and_every_timer(protocol: str) -> None:
    stage = Stage(protocol, up=False).at(10)
    assert stage.sent == []
    stage.machine.link_changed(True, stage.now)
    assert stage.collect().at(135).sent == [(10, 180), (70, 180), (130, 180)]


@BOTH
def test_a_new_neighbour_is_greeted_and_a_known_one_is_not(protocol: str) -> None:
    stage = Stage(protocol).at(20).hear().at(25).hear().at(59)
    assert stage.sent == [(0, 180), (21, 180)]
    assert stage.at(90).sent[2:] == [(81, 180)]


@BOTH
def test_a_neighbour_is_believed_as_long_as_it_said(protocol: str) -> None:
    stage = Stage(protocol).hear(hold_s=30).at(20).hear(hold_s=30).at(49)
    assert len(stage.machine.neighbours) == 1
    assert not stage.at(50).machine.neighbours
    assert stage.machine.counters["aged"] == 1


@BOTH
def test_a_goodbye_is_believed_at_once(protocol: str) -> None:
    stage = Stage(protocol).hear().hear(hold_s=0)
    assert not stage.machine.neighbours


@BOTH
def test_it_says_goodbye_when_stopped_and_is_silent_after(protocol: str) -> None:
    stage = Stage(protocol).hear().at(5)
    stage.machine.stop(stage.now)
    assert stage.collect().at(500).sent[-1] == (5, 0)
    assert not stage.machine.neighbours


@BOTH
def test_one_that_may_not_speak_listens_and_one_that_may_not_listen_speaks(protocol: str) -> None:
    mute = Stage(protocol, transmit=False).hear().at(200)
    assert mute.sent == []
    deaf = Stage(protocol, receive=False).hear()
    assert deaf.sent == [(0, 180)] and not deaf.machine.neighbours
    assert deaf.machine.counters["not_wanted"] == 1


@BOTH
def test_what_changes_about_us_is_told_at_once(protocol: str) -> None:
    stage = Stage(protocol).at(7)
    assert stage.machine.settle(stage.plan._replace(hold_s=99), stage.now)
    assert stage.collect().at(66).sent == [(0, 180), (7, 99)]
    stage.machine.settle(stage.plan._replace(transmit=False), stage.now)
    assert stage.collect().at(500).sent[2:] == [(66, 0)]


@BOTH
def test_a_crowd_is_bounded_and_junk_is_counted(protocol: str) -> None:
    stage = Stage(protocol)
    for number in range(MOST + 5):
        stage.hear(number=number)
    assert len(stage.machine.neighbours) == MOST
    assert stage.machine.counters["too_many"] == 5
    stage.machine.receive(b"\x02junk", bytes(6), stage.now)
    assert stage.machine.counters["malformed"] == 1


@BOTH
@given(events=st.lists(st.tuples(st.integers(0, 70), st.integers(0, 3), st.sampled_from([0, 1, 20, 90])), max_size=25))
@settings(max_examples=80, deadline=None)
def test_nobody_is_believed_longer_or_shorter_than_he_said(protocol: str, events: list[tuple[int, int, int]]) -> None:
    stage, until, second = Stage(protocol), {}, 0
    for wait_s, number, hold_s in events:
        second += wait_s
        stage.at(second).hear(hold_s, number)
        until[number] = second + hold_s
        assert len(stage.machine.neighbours) == sum(end > second for end in until.values())
