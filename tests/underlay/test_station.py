"""The end station: neighbours, answers, pings and traces, with a router in between made for these tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import DEFAULT, IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.underlay.sim.cable import Cable, CableSettings
from iosh.underlay.sim.fault import FrameMutator
from iosh.underlay.sim.fragments import Reassembly, fragmented
from iosh.underlay.sim.probe import ping_text, trace_text
from iosh.underlay.sim.station import Station
from iosh.underlay.sim.world import World
from iosh.wire import icmp, ipv4
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp

ALICE, BOB, GATEWAY = IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), IPv4.parse("10.0.0.254")
AWAY = IPv4.parse("192.0.2.7")
ALICE_MAC, GATEWAY_MAC = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\xfe"


class Wire:
    """A port that keeps what is sent."""

    mac = ALICE_MAC
    carrier = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, frames: Sequence[bytes]) -> None:
        self.sent += frames


class Bench:
    """Alice alone with a wire: what she hears, and what she says to it."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.alice = Station({"eth0": self.wire})
        self.alice.add_address("eth0", ALICE, 24)
        self.alice.add_route(DEFAULT, GATEWAY)

    def said(self) -> list[Ethernet]:
        frames, self.wire.sent = self.wire.sent, []
        return [Ethernet.decode(frame) for frame in frames]

    def hears(self, frame: Ethernet, now: int = 0) -> list[Ethernet]:
        self.alice.receive("eth0", [frame.encode()], now)
        return self.said()

    def hears_packet(self, packet: Ipv4, now: int = 0) -> list[Ipv4]:
        """An IPv4 packet from the gateway, whose MAC she knows."""
        self.hears(
            Ethernet(ALICE_MAC, GATEWAY_MAC, 0x806, Arp(2, GATEWAY_MAC, GATEWAY, ALICE_MAC, ALICE).encode()), now
        )
        answers = self.hears(Ethernet(ALICE_MAC, GATEWAY_MAC, 0x800, packet.encode()), now)
        return [Ipv4.decode(frame.payload) for frame in answers]

    def waits(self, until: int) -> list[Ethernet]:
        while (due := self.alice.due()) is not None and due <= until:
            self.alice.wake(due)
        return self.said()


def test_arp_for_her_is_answered_and_for_others_not() -> None:
    bench = Bench()
    asked = Arp(1, GATEWAY_MAC, GATEWAY, bytes(6), ALICE)
    (answer,) = bench.hears(Ethernet(b"\xff" * 6, GATEWAY_MAC, 0x806, asked.encode()))
    assert answer.destination == GATEWAY_MAC
    assert Arp.decode(answer.payload) == Arp(2, ALICE_MAC, ALICE, GATEWAY_MAC, GATEWAY)
    other = asked._replace(target=BOB)
    assert bench.hears(Ethernet(b"\xff" * 6, GATEWAY_MAC, 0x806, other.encode())) == []


def test_an_echo_is_answered_with_its_data_through_the_gateway() -> None:
    bench = Bench()
    asked = Icmp(icmp.ECHO, 0, 0x12340001, b"payload")
    (answer,) = bench.hears_packet(Ipv4(AWAY, ALICE, ipv4.ICMP, asked.encode(), ttl=9, tos=0xB8))
    assert (answer.source, answer.destination, answer.ttl, answer.tos) == (ALICE, AWAY, 64, 0xB8)
    assert Icmp.decode(answer.payload) == asked._replace(type=icmp.ECHO_REPLY)


@pytest.mark.parametrize(
    ("protocol", "payload", "code"),
    [(ipv4.UDP, Udp(5000, 33434, b"probe").encode(AWAY, ALICE), 3), (89, b"hello", 2)],
)
def test_what_she_does_not_speak_is_unreachable(protocol: int, payload: bytes, code: int) -> None:
    bench = Bench()
    packet = Ipv4(AWAY, ALICE, protocol, payload)
    (answer,) = bench.hears_packet(packet)
    error = Icmp.decode(answer.payload)
    assert (error.type, error.code) == (icmp.UNREACHABLE, code)
    assert error.data == icmp.quotation(packet.encode())


def test_packets_for_others_and_errors_about_nothing_are_ignored() -> None:
    bench = Bench()
    echo = Icmp(icmp.ECHO, 0, 1, b"").encode()
    assert bench.hears_packet(Ipv4(AWAY, BOB, ipv4.ICMP, echo)) == []
    stray = Icmp(icmp.UNREACHABLE, 1, 0, Ipv4(ALICE, AWAY, ipv4.ICMP, echo).encode())
    assert bench.hears_packet(Ipv4(AWAY, ALICE, ipv4.ICMP, stray.encode())) == []
    assert bench.alice.counters["not for us"] == 1


def test_a_packet_in_pieces_is_answered_whole_and_in_pieces() -> None:
    bench = Bench()
    data = bytes(range(256)) * 12
    packet = Ipv4(AWAY, ALICE, ipv4.ICMP, Icmp(icmp.ECHO, 0, 7, data).encode(), identification=99)
    pieces = [Ipv4.decode(piece) for piece in fragmented(packet, 1000)]
    assert len(pieces) == 4
    answers = [answer for piece in reversed(pieces) for answer in bench.hears_packet(piece)]
    assert [len(answer.payload) for answer in answers] == [1480, 1480, 120]
    mending = Reassembly()
    whole = [mending.add(answer, 0) for answer in answers][-1]
    assert whole is not None
    assert Icmp.decode(whole.payload).data == data


def test_an_unknown_neighbour_is_asked_for_thrice_and_then_given_up() -> None:
    bench = Bench()
    ping = bench.alice.ping(BOB, 0, count=1, timeout=10 * SECOND)
    asked = [Arp.decode(frame.payload) for frame in bench.waits(5 * SECOND)]
    assert asked == [Arp(1, ALICE_MAC, ALICE, bytes(6), BOB)] * 3
    assert ping.is_done
    assert [(refusal.source, refusal.reason) for refusal in ping.refused] == [(ALICE, "Destination Host Unreachable")]


def test_what_waits_for_a_neighbour_goes_when_it_answers() -> None:
    bench = Bench()
    bench.alice.ping(AWAY, 0, count=2, interval=10)
    assert [frame.ethertype for frame in bench.waits(10)] == [0x806]
    frames = bench.hears(
        Ethernet(ALICE_MAC, GATEWAY_MAC, 0x806, Arp(2, GATEWAY_MAC, GATEWAY, ALICE_MAC, ALICE).encode()), 20
    )
    assert [(frame.destination, frame.ethertype) for frame in frames] == [(GATEWAY_MAC, 0x800)] * 2


def test_without_a_route_nothing_is_sent() -> None:
    wire = Wire()
    alice = Station({"eth0": wire})
    alice.add_address("eth0", ALICE, 24)
    ping = alice.ping(AWAY, 0, count=1)
    alice.wake(0)
    assert ping.is_done
    assert [refusal.reason for refusal in ping.refused] == ["Network is unreachable"]
    assert wire.sent == []


def test_the_longest_route_wins_and_can_be_removed() -> None:
    bench = Bench()
    bench.alice.add_route(Prefix.parse("192.0.2.0/24"), BOB)
    bench.alice.ping(AWAY, 0, count=1)
    assert [Arp.decode(frame.payload).target for frame in bench.waits(0)] == [BOB]
    bench.alice.remove_route(Prefix.parse("192.0.2.0/24"))
    bench.alice.ping(AWAY, 0, count=1)
    assert [Arp.decode(frame.payload).target for frame in bench.waits(0)] == [GATEWAY]


def test_a_link_that_is_down_neither_hears_nor_speaks() -> None:
    bench = Bench()
    bench.alice.set_link("eth0", False)
    ping = bench.alice.ping(BOB, 0, count=1)
    assert bench.waits(SECOND) == []
    assert ping.refused[0].reason == "Network is unreachable"
    asked = Arp(1, GATEWAY_MAC, GATEWAY, bytes(6), ALICE)
    assert bench.hears(Ethernet(b"\xff" * 6, GATEWAY_MAC, 0x806, asked.encode())) == []


def test_she_pings_herself_without_a_wire() -> None:
    bench = Bench()
    ping = bench.alice.ping(ALICE, 0, count=3)
    assert bench.waits(10 * SECOND) == []
    assert ping.is_done
    assert ping.received == 3


# --- in a world -----------------------------------------------------------------------------------------------------


class Hop:
    """As little of a router as a trace needs: two ports, host routes by port, no ARP of its own."""

    def __init__(self, ports: dict[str, Any], near: IPv4, mtu: int = 1500) -> None:
        self.ports, self.near, self.mtu = ports, near, mtu
        self.macs: dict[str, bytes] = {}

    def receive(self, port: str, frames: Sequence[bytes], now: int) -> None:
        for data in frames:
            frame = Ethernet.decode(data)
            self.macs[port] = frame.source
            if frame.ethertype == 0x806:
                asked = Arp.decode(frame.payload)
                if asked.operation == 1:
                    answer = Arp(2, self.ports[port].mac, asked.target, asked.sender_mac, asked.sender)
                    self.put(port, 0x806, answer.encode())
            else:
                self.forward(port, Ipv4.decode(frame.payload))

    def forward(self, port: str, packet: Ipv4) -> None:
        other = next(name for name in self.ports if name != port)
        if packet.ttl <= 1:
            self.refuse(port, packet, Icmp(icmp.TIME_EXCEEDED, 0, 0, icmp.quotation(packet.encode())))
        elif packet.dont_fragment and len(packet.encode()) > self.mtu:
            self.refuse(port, packet, Icmp(icmp.UNREACHABLE, 4, self.mtu, icmp.quotation(packet.encode())))
        else:
            self.put(other, 0x800, packet._replace(ttl=packet.ttl - 1).encode())

    def refuse(self, port: str, packet: Ipv4, error: Icmp) -> None:
        self.put(port, 0x800, Ipv4(self.near, packet.source, ipv4.ICMP, error.encode()).encode())

    def put(self, port: str, ethertype: int, payload: bytes) -> None:
        to = self.macs.get(port, b"\xff" * 6)
        self.ports[port].send([Ethernet(to, self.ports[port].mac, ethertype, payload).encode()])

    def carrier(self, port: str, up: bool, now: int) -> None: ...
    def wake(self, now: int) -> None: ...
    def due(self) -> None: ...


class Street:
    """alice -- hop -- bob, one millisecond each."""

    def __init__(self, mtu: int = 1500) -> None:
        self.world = world = World(1)
        line = CableSettings(delay=MILLISECOND)
        Cable(world, world.port("alice", "eth0"), world.port("hop", "left"), line)
        self.far = Cable(world, world.port("hop", "right"), world.port("bob", "eth0"), line)
        world.place("hop", Hop(dict(world.ports("hop")), GATEWAY, mtu))
        self.alice = self.station("alice", ALICE, GATEWAY)
        self.bob = self.station("bob", AWAY, IPv4.parse("192.0.2.1"))

    def station(self, name: str, address: IPv4, gateway: IPv4) -> Station:
        station = Station(dict(self.world.ports(name)))
        station.add_address("eth0", address, 24)
        station.add_route(DEFAULT, gateway)
        self.world.place(name, station)
        return station

    def run(self, probe: Any, limit: int = 60 * SECOND) -> Any:
        self.world.touch("alice")
        assert self.world.run_while(lambda: not probe.is_done, limit)
        return probe


def test_a_ping_over_a_hop_and_its_text() -> None:
    street = Street()
    ping = street.run(street.alice.ping(AWAY, street.world.now, count=2))
    assert list(ping_text(ping)) == [
        "PING 192.0.2.7 (192.0.2.7) 56(84) bytes of data.",
        "64 bytes from 192.0.2.7: icmp_seq=1 ttl=63 time=8.000 ms",
        "64 bytes from 192.0.2.7: icmp_seq=2 ttl=63 time=4.000 ms",
        "",
        "--- 192.0.2.7 ping statistics ---",
        "2 packets transmitted, 2 received, 0% packet loss, time 1000ms",
        "rtt min/avg/max = 4.000/6.000/8.000 ms",
    ]


def test_a_ping_without_answers_ends_at_its_timeout_and_says_so() -> None:
    street = Street()
    street.run(street.alice.ping(AWAY, 0, count=1))
    street.far.cut()
    ping = street.run(street.alice.ping(AWAY, street.world.now, count=3, interval=SECOND, timeout=2 * SECOND))
    assert list(ping_text(ping))[2] == "--- 192.0.2.7 ping statistics ---"
    assert list(ping_text(ping))[3] == "3 packets transmitted, 0 received, 100% packet loss, time 2000ms"


def test_a_packet_too_large_for_the_path_is_refused_with_the_mtu() -> None:
    street = Street(mtu=1400)
    ping = street.run(street.alice.ping(AWAY, 0, count=1, size=1400, dont_fragment=True))
    assert "From 10.0.0.254 icmp_seq=1 Frag needed and DF set (mtu = 1400)" in list(ping_text(ping))
    ping = street.run(street.alice.ping(AWAY, street.world.now, count=1, size=2000, dont_fragment=True))
    assert ping.refused[0].reason == "Message too long, mtu=1500"


def test_a_trace_finds_the_hops_and_its_text() -> None:
    street = Street()
    street.run(street.alice.ping(AWAY, 0, count=1))
    trace = street.run(street.alice.trace(AWAY, street.world.now))
    assert trace.path == [GATEWAY, AWAY]
    assert list(trace_text(trace)) == [
        "traceroute to 192.0.2.7 (192.0.2.7), 30 hops max",
        " 1  10.0.0.254  2.000 ms  2.000 ms  2.000 ms",
        " 2  192.0.2.7  4.000 ms  4.000 ms  4.000 ms",
    ]


def test_a_silent_hop_shows_as_stars() -> None:
    street = Street()
    street.run(street.alice.ping(AWAY, 0, count=1))
    street.far.cut()
    trace = street.run(street.alice.trace(AWAY, street.world.now, queries=2, timeout=SECOND, most=2))
    assert trace.path == [GATEWAY, None]
    assert list(trace_text(trace))[1:] == [" 1  10.0.0.254  2.000 ms  2.000 ms", " 2  * *"]


# --- fragments and faults --------------------------------------------------------------------------------------------


@given(data=st.binary(min_size=1, max_size=6000), mtu=st.integers(28, 1500), order=st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_what_was_cut_is_mended_in_any_order(data: bytes, mtu: int, order: Any) -> None:
    pieces = fragmented(Ipv4(ALICE, BOB, 17, data, identification=1), mtu)
    assert all(len(piece) <= mtu for piece in pieces)
    if len(pieces) == 1:
        assert Ipv4.decode(pieces[0]).payload == data
        return
    order.shuffle(pieces)
    mending = Reassembly()
    mended = [mending.add(Ipv4.decode(piece), 0) for piece in pieces]
    assert mended[:-1] == [None] * (len(pieces) - 1)
    assert mended[-1] is not None
    assert mended[-1].payload == data


def test_pieces_that_overlap_or_come_too_late_make_nothing() -> None:
    first, last = (Ipv4.decode(piece) for piece in fragmented(Ipv4(ALICE, BOB, 17, bytes(1600)), 1500))
    mending = Reassembly()
    assert mending.add(first, 0) is None
    assert mending.add(last._replace(offset=last.offset - 8), 0) is None
    assert mending.add(last, 0) is None
    assert mending.add(first, 31 * SECOND) is None
    assert mending.add(last, 31 * SECOND) is not None


def test_the_mutator_repeats_itself_by_seed_and_bad_frames_break_no_station() -> None:
    bench = Bench()
    asked = Ethernet(b"\xff" * 6, GATEWAY_MAC, 0x806, Arp(1, GATEWAY_MAC, GATEWAY, bytes(6), ALICE).encode())
    echo = Ipv4(AWAY, ALICE, ipv4.ICMP, Icmp(icmp.ECHO, 0, 1, bytes(40)).encode())
    probe = Ipv4(AWAY, ALICE, ipv4.UDP, Udp(5000, 33434, bytes(20)).encode(AWAY, ALICE))
    corpus = [asked.encode()]
    corpus += [Ethernet(ALICE_MAC, GATEWAY_MAC, 0x800, packet.encode()).encode() for packet in (echo, probe)]
    frames = list(FrameMutator(Rng(5), corpus).frames(5000))
    assert frames == list(FrameMutator(Rng(5), corpus).frames(5000))
    assert frames != list(FrameMutator(Rng(6), corpus).frames(5000))
    assert len(set(frames)) > 4000
    for n, frame in enumerate(frames):
        bench.alice.receive("eth0", [frame], n)
        bench.waits(n)
    assert sum(bench.alice.counters.values()) > 1000
    (answer,) = bench.hears_packet(echo, 6 * SECOND)
    assert Icmp.decode(answer.payload).type == icmp.ECHO_REPLY


def test_a_corpus_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="corpus"):
        FrameMutator(Rng(0), [b"short"])
