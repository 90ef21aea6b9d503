"""Address resolution as a timetable."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.arp import machine
from iosh.proto.arp.machine import Arp, ArpResolved, ArpSettings
from iosh.proto.machine import Desk, Path, Report, SendFrame
from iosh.wire import arp, ethernet
from iosh.wire.ethernet import Ethernet

OURS, THEIRS, OTHER = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x03"
ME, PEER, FAR = IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), IPv4.parse("192.168.9.9")
SETTINGS = ArpSettings("Ethernet0/0", OURS, ((ME, Prefix.of(ME, 24)),), timeout_s=300)
PATH = Path("Ethernet0/0", "", ME, IPv4(0))


class Stage:
    """One interface, time, and what it sends."""

    def __init__(self, settings: ArpSettings = SETTINGS, proxied: bool = False) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.desk = Desk("arp", self.tray, self.timers, Rng(1))
        self.arp = Arp(settings, self.desk, lambda address: proxied and address == FAR)
        self.now = 0

    def at(self, second: int, *wanted: tuple[Any, ...]) -> Stage:
        """Time passes to this second; exactly these things came out meanwhile."""
        while (due := self.timers.due()) is not None and due <= second * SECOND:
            self.now = due
            key = self.timers.pop(due)
            assert isinstance(key, tuple)
            self.arp.wake(key[1], due)
        self.now = second * SECOND
        assert [self._said(effect) for _, effect in self.tray] == list(wanted)
        self.tray.clear()
        return self

    def hears(self, operation: int, mac: bytes, sender: IPv4, target: IPv4) -> Stage:
        message = arp.Arp(operation, mac, sender, bytes(6), target)
        self.arp.receive(message.encode() + bytes(18), PATH, self.now)
        return self

    def wants(self, next_hop: IPv4, packet: bytes = b"packet") -> Stage:
        self.arp.wanted(next_hop, packet, self.now)
        return self

    @staticmethod
    def _said(effect: Any) -> tuple[Any, ...]:
        match effect:
            case SendFrame(_, frame):
                outer = Ethernet.decode(frame)
                message = arp.Arp.decode(outer.payload)
                return message.operation, outer.destination, message.sender, message.target
            case ArpResolved(_, next_hop, packets):
                return next_hop, packets
            case Report(message):
                return (message.mnemonic,)
        raise AssertionError(effect)


REQUEST = (arp.REQUEST, ethernet.BROADCAST, ME, PEER)
PROBE = (arp.REQUEST, THEIRS, ME, PEER)


def test_an_unanswered_request_is_repeated_each_second_and_given_up_after_three() -> None:
    stage = Stage().wants(PEER).at(0, REQUEST).at(1, REQUEST).at(2, REQUEST).at(3).at(100)
    assert not stage.arp.entries and stage.desk.counters["arp.queue_dropped"] == 1


def test_an_answer_lets_go_of_what_waited_and_leaves_a_rewrite() -> None:
    stage = Stage().wants(PEER, b"one").wants(PEER, b"two").at(0, REQUEST)
    stage.hears(arp.REPLY, THEIRS, PEER, ME).at(0, (PEER, (b"one", b"two"))).at(1)
    assert stage.arp.rewrites == {PEER: THEIRS + OURS + b"\x08\x00"}


def test_a_neighbour_is_asked_again_before_it_gets_old_and_forgotten_when_silent() -> None:
    stage = Stage().wants(PEER).hears(arp.REPLY, THEIRS, PEER, ME)
    stage.tray.clear()
    stage.at(239).at(240, PROBE).hears(arp.REPLY, THEIRS, PEER, ME).at(479).at(480, PROBE)
    stage.at(481, PROBE).at(482, PROBE).at(483)
    assert not stage.arp.entries and not stage.arp.rewrites


def test_a_request_for_us_is_answered_and_its_sender_learned() -> None:
    stage = Stage().hears(arp.REQUEST, THEIRS, PEER, ME).at(0, (arp.REPLY, THEIRS, ME, PEER))
    assert stage.arp.rewrites[PEER].startswith(THEIRS)


def test_what_others_ask_each_other_teaches_nothing_new_but_a_new_address_of_one_we_know() -> None:
    stage = Stage().hears(arp.REQUEST, THEIRS, PEER, IPv4.parse("10.0.0.7")).at(0)
    assert not stage.arp.entries
    stage.hears(arp.REQUEST, THEIRS, PEER, ME)
    stage.hears(arp.REPLY, OTHER, PEER, PEER)
    assert stage.arp.rewrites[PEER].startswith(OTHER)


def test_a_probe_from_nobody_is_answered_and_nobody_is_learned() -> None:
    stage = Stage().hears(arp.REQUEST, THEIRS, IPv4(0), ME).at(0, (arp.REPLY, THEIRS, ME, IPv4(0)))
    assert not stage.arp.entries


def test_proxy_answers_for_what_is_elsewhere_and_only_to_neighbours() -> None:
    stage = Stage(proxied=True).hears(arp.REQUEST, THEIRS, PEER, FAR).at(0, (arp.REPLY, THEIRS, FAR, PEER))
    stage.hears(arp.REQUEST, THEIRS, IPv4.parse("10.9.0.1"), FAR).at(0)
    Stage().hears(arp.REQUEST, THEIRS, PEER, FAR).at(0)


def test_somebody_with_our_address_is_reported_and_told() -> None:
    announcement = (arp.REPLY, ethernet.BROADCAST, ME, ME)
    Stage().hears(arp.REQUEST, THEIRS, ME, PEER).at(0, ("DUPADDR",), announcement)
    Stage().hears(arp.REPLY, THEIRS, ME, ME).at(0, ("DUPADDR",))


def test_a_link_that_comes_up_announces_us_and_one_that_goes_down_forgets_all() -> None:
    stage = Stage()
    stage.arp.line_up(0)
    stage.at(0, (arp.REPLY, ethernet.BROADCAST, ME, ME)).hears(arp.REQUEST, THEIRS, PEER, ME)
    stage.arp.stop(0)
    assert not stage.arp.entries and stage.timers.due() is None


def test_the_queue_and_the_table_of_the_unknown_are_bounded() -> None:
    stage = Stage()
    for _ in range(machine.QUEUE_PER_HOP + 5):
        stage.wants(PEER)
    assert stage.desk.counters["arp.queue_full"] == 5
    for address in range(2000):
        stage.wants(IPv4(PEER + address))
    assert len(stage.arp.entries) == machine.INCOMPLETE_LIMIT
    assert stage.desk.counters["arp.table_full"] > 0


def test_a_new_address_is_announced_and_neighbours_of_the_old_one_go() -> None:
    stage = Stage().hears(arp.REQUEST, THEIRS, PEER, ME).at(0, (arp.REPLY, THEIRS, ME, PEER))
    moved = IPv4.parse("10.5.0.1")
    assert stage.arp.settle(SETTINGS._replace(addresses=((moved, Prefix.of(moved, 24)),)), 0)
    stage.at(0, (arp.REPLY, ethernet.BROADCAST, moved, moved))
    assert not stage.arp.entries
    assert not stage.arp.settle(SETTINGS._replace(mac=OTHER), 0)


def test_clearing_asks_every_neighbour_at_once() -> None:
    stage = Stage().hears(arp.REQUEST, THEIRS, PEER, ME).at(0, (arp.REPLY, THEIRS, ME, PEER)).at(10)
    stage.arp.clear(stage.now)
    stage.at(10, PROBE)


def test_junk_is_counted() -> None:
    stage = Stage()
    stage.arp.receive(b"junk", PATH, 0)
    stage.hears(9, THEIRS, PEER, ME).hears(arp.REQUEST, ethernet.BROADCAST, PEER, ME).at(0)
    counters = stage.desk.counters
    assert (counters["arp.malformed"], counters["arp.other_received"], counters["arp.group_sender"]) == (1, 1, 1)
