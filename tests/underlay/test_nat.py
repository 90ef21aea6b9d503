"""The NAT router: what leaves, what comes back, what does not, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from iosh.base.addr import DEFAULT, IPv4
from iosh.base.rng import Rng
from iosh.base.time import MILLISECOND, SECOND
from iosh.underlay.sim.cable import Cable, CableSettings
from iosh.underlay.sim.fault import FrameMutator
from iosh.underlay.sim.fragments import fragmented
from iosh.underlay.sim.nat import FIRST_PORT, INSIDE, OUTSIDE, Nat
from iosh.underlay.sim.station import Station
from iosh.underlay.sim.switch import Switch
from iosh.underlay.sim.world import World
from iosh.wire import icmp, ipv4
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

PUBLIC, GATEWAY, SERVER = (IPv4.parse(each) for each in ("198.51.100.2", "198.51.100.1", "203.0.113.9"))
BOX, ALICE, BOB = (IPv4.parse(each) for each in ("10.0.0.1", "10.0.0.11", "10.0.0.12"))
MACS = {GATEWAY: b"\x02\0\0\0\0\x99", ALICE: b"\x02\0\0\0\0\x11", BOB: b"\x02\0\0\0\0\x12"}


class Wire:
    carrier = True

    def __init__(self, mac: bytes) -> None:
        self.mac = mac
        self.sent: list[bytes] = []

    def send(self, frames: Sequence[bytes]) -> None:
        self.sent += frames


class Bench:
    """A NAT router with a wire on each side, whose neighbours it knows."""

    def __init__(self, preserve: bool = True) -> None:
        self.wires = {INSIDE: Wire(b"\x02\0\0\0\0\x01"), OUTSIDE: Wire(b"\x02\0\0\0\0\x02")}
        self.nat = Nat(dict(self.wires), (BOX, 24), (PUBLIC, 30), GATEWAY, preserve)
        self.meet(0)

    def meet(self, now: int) -> None:
        for side, ours, address in ((INSIDE, BOX, ALICE), (INSIDE, BOX, BOB), (OUTSIDE, PUBLIC, GATEWAY)):
            hello = Arp(1, MACS[address], address, bytes(6), ours)
            self.nat.receive(side, [Ethernet(b"\xff" * 6, MACS[address], 0x806, hello.encode()).encode()], now)
        for wire in self.wires.values():
            wire.sent = []

    def sends(self, side: str, packet: Ipv4, now: int = 0) -> list[tuple[str, Ipv4]]:
        """A packet from one side, and what comes out, with its side."""
        self.meet(now)
        frame = Ethernet(self.wires[side].mac, MACS[GATEWAY], 0x800, packet.encode())
        self.nat.receive(side, [frame.encode()], now)
        return [
            (name, Ipv4.decode(Ethernet.decode(each).payload))
            for name, wire in self.wires.items()
            for each in wire.sent
        ]

    def udp_out(self, inside: IPv4, port: int, now: int = 0, to: IPv4 = SERVER) -> int:
        """The outside port of a datagram that leaves."""
        datagram = Udp(port, 53, b"question").encode(inside, to)
        ((side, packet),) = self.sends(INSIDE, Ipv4(inside, to, ipv4.UDP, datagram), now)
        assert (side, packet.source, packet.destination, packet.ttl) == (OUTSIDE, PUBLIC, to, 254)
        return Udp.decode(packet.payload, PUBLIC, to).source  # the checksum holds

    def udp_in(self, port: int, now: int = 0, source: IPv4 = SERVER) -> tuple[IPv4, int] | None:
        """Whom a datagram to an outside port reaches."""
        datagram = Udp(53, port, b"answer").encode(source, PUBLIC)
        out = self.sends(OUTSIDE, Ipv4(source, PUBLIC, ipv4.UDP, datagram), now)
        if not out:
            return None
        ((side, packet),) = out
        assert side == INSIDE
        return packet.destination, Udp.decode(packet.payload, packet.source, packet.destination).destination


def test_a_datagram_leaves_under_the_public_address_and_its_answer_comes_back() -> None:
    bench = Bench()
    assert bench.udp_out(ALICE, 5000) == 5000
    assert bench.udp_in(5000) == (ALICE, 5000)
    assert bench.nat.mappings(0) == [(ipv4.UDP, ALICE, 5000, 5000)]


def test_two_hosts_with_the_same_port_get_two() -> None:
    bench = Bench()
    assert (bench.udp_out(ALICE, 500), bench.udp_out(BOB, 500)) == (500, FIRST_PORT + 1)
    assert bench.udp_in(FIRST_PORT + 1) == (BOB, 500)


def test_a_mapping_is_the_same_for_every_peer_and_lets_any_in() -> None:
    bench = Bench(preserve=False)
    port = bench.udp_out(ALICE, 4500)
    assert bench.udp_out(ALICE, 4500, to=GATEWAY) == port
    assert bench.udp_in(port, source=IPv4.parse("192.0.2.77")) == (ALICE, 4500)


def test_unasked_datagrams_reach_nobody() -> None:
    bench = Bench()
    assert bench.udp_in(5000) is None
    assert bench.nat.counters["not translated"] == 1


def test_a_mapping_unused_for_five_minutes_is_gone_and_use_keeps_it() -> None:
    bench = Bench()
    bench.udp_out(ALICE, 5000)
    assert bench.udp_in(5000, 299 * SECOND) == (ALICE, 5000)
    assert bench.udp_in(5000, 598 * SECOND) == (ALICE, 5000)
    assert bench.udp_in(5000, 898 * SECOND) is None
    assert bench.udp_out(BOB, 5000, 898 * SECOND) == 5000


def test_a_reboot_gives_new_ports() -> None:
    bench = Bench(preserve=False)
    before = bench.udp_out(ALICE, 4500)
    bench.nat.forget()
    assert bench.udp_in(before) is None
    assert bench.udp_out(ALICE, 4500) != before


def test_tcp_checksums_hold_both_ways() -> None:
    bench = Bench(preserve=False)
    segment = Tcp(40000, 179, 1, 0, 2, 4096, b"", b"").encode(ALICE, SERVER)
    ((_, out),) = bench.sends(INSIDE, Ipv4(ALICE, SERVER, ipv4.TCP, segment))
    port = Tcp.decode(out.payload, PUBLIC, SERVER).source
    assert port != 40000
    answer = Tcp(179, port, 9, 2, 0x12, 4096, b"", b"").encode(SERVER, PUBLIC)
    ((_, back),) = bench.sends(OUTSIDE, Ipv4(SERVER, PUBLIC, ipv4.TCP, answer))
    assert Tcp.decode(back.payload, SERVER, ALICE).destination == 40000


@pytest.mark.parametrize("protocol", [ipv4.ESP, ipv4.GRE])
def test_what_has_no_ports_is_dropped_both_ways(protocol: int) -> None:
    bench = Bench()
    assert bench.sends(INSIDE, Ipv4(ALICE, SERVER, protocol, bytes(40))) == []
    assert bench.sends(OUTSIDE, Ipv4(SERVER, PUBLIC, protocol, bytes(40))) == []
    assert bench.nat.counters[f"no translation for protocol {protocol}"] == 1
    assert bench.nat.counters["not translated"] == 1


def test_an_error_from_outside_reaches_the_host_it_is_about_with_what_it_sent() -> None:
    bench = Bench(preserve=False)
    port = bench.udp_out(ALICE, 5000)
    offending = Ipv4(PUBLIC, SERVER, ipv4.UDP, Udp(port, 53, bytes(8)).encode(PUBLIC, SERVER)).encode()
    error = Icmp(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 1400, icmp.quotation(offending))
    router = IPv4.parse("192.0.2.200")
    ((side, packet),) = bench.sends(OUTSIDE, Ipv4(router, PUBLIC, ipv4.ICMP, error.encode()))
    assert (side, packet.source, packet.destination) == (INSIDE, router, ALICE)
    told = Icmp.decode(packet.payload)
    quoted = Quoted.decode(told.data)
    assert (told.next_hop_mtu, quoted.source, quoted.data[:2]) == (1400, ALICE, (5000).to_bytes(2, "big"))


def test_a_datagram_in_pieces_is_translated_whole() -> None:
    bench = Bench(preserve=False)
    datagram = Udp(5000, 53, bytes(3000)).encode(ALICE, SERVER)
    pieces = fragmented(Ipv4(ALICE, SERVER, ipv4.UDP, datagram, identification=3), 1500)
    out = [each for piece in pieces for each in bench.sends(INSIDE, Ipv4.decode(piece))]
    assert len(out) == 3
    whole = b"".join(packet.payload for _, packet in out)
    assert Udp.decode(whole, PUBLIC, SERVER).payload == bytes(3000)


def test_bad_frames_from_either_side_break_nothing() -> None:
    bench = Bench()
    port = bench.udp_out(ALICE, 5000)
    inner = Ipv4(PUBLIC, SERVER, ipv4.UDP, Udp(port, 53, bytes(8)).encode(PUBLIC, SERVER)).encode()
    error = Icmp(icmp.UNREACHABLE, 1, 0, icmp.quotation(inner)).encode()
    corpora = {
        INSIDE: [
            Ipv4(ALICE, SERVER, ipv4.UDP, Udp(port, 53, b"x").encode(ALICE, SERVER)),
            Ipv4(ALICE, SERVER, ipv4.ICMP, Icmp(icmp.ECHO, 0, 7, b"y").encode()),
            Ipv4(ALICE, SERVER, ipv4.TCP, Tcp(1, 2, 3, 4, 5).encode(ALICE, SERVER)),
        ],
        OUTSIDE: [
            Ipv4(SERVER, PUBLIC, ipv4.UDP, Udp(53, port, b"x").encode(SERVER, PUBLIC)),
            Ipv4(SERVER, PUBLIC, ipv4.ICMP, error),
        ],
    }
    for side, packets in corpora.items():
        mac = bench.wires[side].mac
        corpus = [Ethernet(mac, MACS[GATEWAY], 0x800, packet.encode()).encode() for packet in packets]
        for n, frame in enumerate(FrameMutator(Rng(side), corpus).frames(3000)):
            bench.nat.receive(side, [frame], n)
    assert bench.udp_in(port, SECOND) == (ALICE, 5000)


def test_the_box_answers_pings_on_both_sides() -> None:
    bench = Bench()
    echo = Icmp(icmp.ECHO, 0, 7, b"").encode()
    ((side, packet),) = bench.sends(INSIDE, Ipv4(ALICE, BOX, ipv4.ICMP, echo))
    assert (side, packet.source, packet.destination) == (INSIDE, BOX, ALICE)
    ((side, packet),) = bench.sends(OUTSIDE, Ipv4(SERVER, PUBLIC, ipv4.ICMP, echo))
    assert (side, packet.source, packet.destination) == (OUTSIDE, PUBLIC, SERVER)


def test_pings_and_traces_of_two_hosts_in_a_world() -> None:
    world = World(1)
    line = CableSettings(delay=MILLISECOND)
    hosts = {"alice": ALICE, "bob": BOB}
    for number, name in enumerate(hosts):
        Cable(world, world.port(name, "eth0"), world.port("lan", f"p{number}"), line)
    Cable(world, world.port("lan", "up"), world.port("box", INSIDE), line)
    Cable(world, world.port("box", OUTSIDE), world.port("server", "eth0"), line)
    world.place("lan", Switch(dict(world.ports("lan"))))
    world.place("box", Nat(dict(world.ports("box")), (BOX, 24), (PUBLIC, 30), GATEWAY))
    stations = {}
    for name, address, length in (("alice", ALICE, 24), ("bob", BOB, 24), ("server", GATEWAY, 30)):
        station = stations[name] = Station(dict(world.ports(name)))
        station.add_address("eth0", address, length)
        world.place(name, station)
        if name in hosts:
            station.add_route(DEFAULT, BOX)
    pings = [stations[name].ping(GATEWAY, 0, count=3) for name in hosts]
    trace = stations["alice"].trace(GATEWAY, 0)
    for name in hosts:
        world.touch(name)
    world.run_until(20 * SECOND)
    assert [ping.received for ping in pings] == [3, 3]
    assert [echo.source for ping in pings for echo in ping.echoed] == [GATEWAY] * 6
    assert trace.path == [BOX, GATEWAY]
