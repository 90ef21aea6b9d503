"""A router between an inside and an outside: what each side sees of the other, and what the table says."""

from __future__ import annotations

import random
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.config.model_acl import Ace
from iosh.config.model_nat import NatTimeouts
from iosh.proto.machine import Debug
from iosh.router.acl import AclSettings
from iosh.router.interfaces import InterfaceAddress
from iosh.router.nat import LIMIT, Nat
from iosh.router.nat_rewrite import SOURCE, Patch, Tuple5, flow_of
from iosh.router.nat_table import (
    Clause,
    DestinationRule,
    NatSettings,
    OutsideRule,
    PoolSettings,
    SourceRule,
    StaticRule,
    Translation,
)
from iosh.wire import icmp, ipv4, tcp
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

A = IPv4.parse
HOST, OTHER, SERVER, OUTSIDE = A("10.0.1.1"), A("10.0.1.2"), A("203.0.113.9"), A("203.0.113.1")
OTHERS = (InterfaceAddress(OTHER, 24), InterfaceAddress(A("10.0.1.3"), 24))
INSIDE_LIST = {
    "inside": AclSettings("inside", True, ((10, Ace(source=A("10.0.1.0"), source_wildcard=A("0.0.0.255"))),))
}
OVERLOAD = NatSettings(sources=(SourceRule("inside", interface="Ethernet0/1", overload=True),))


class Edge:
    """An inside host, the router that translates, a server outside."""

    def __init__(self, net: Any, settings: NatSettings) -> None:
        self.net = net
        self.inside = net.node("inside", "Ethernet0/0").interface("Ethernet0/0", "10.0.1.1/24", secondary=OTHERS)
        self.router = net.node("router", "Ethernet0/0", "Ethernet0/1")
        self.router.interface("Ethernet0/0", "10.0.1.254/24", nat="inside")
        self.router.interface("Ethernet0/1", "203.0.113.1/24", nat="outside")
        self.server = net.node("server", "Ethernet0/0").interface("Ethernet0/0", "203.0.113.9/24")
        net.cable(self.inside, "Ethernet0/0", self.router, "Ethernet0/0")
        net.cable(self.router, "Ethernet0/1", self.server, "Ethernet0/0")
        self.inside.static("0.0.0.0/0", "10.0.1.254")
        self.router.forwarding.settle_access_lists(INSIDE_LIST)
        self.router.forwarding.settle_nat(settings, net.now)
        for address in (HOST, OTHER, OTHERS[1].address):
            self.router.echo("10.0.1.254", str(address))
        self.router.echo("203.0.113.1", "203.0.113.9")
        self.forget()

    @property
    def nat(self) -> Nat:
        nat: Nat = self.router.forwarding.policy.nat
        return nat

    def forget(self) -> None:
        for node in self.net.nodes:
            for port in node.ports.values():
                port.seen.clear()

    def out(self, packet: bytes) -> list[Ipv4]:
        """A packet of the inside; what the outside sees of it. It does not matter which inside host sent it."""
        return self._through(packet, "Ethernet0/0", "Ethernet0/1")

    def back(self, packet: bytes) -> list[Ipv4]:
        """A packet of the outside; what the inside sees of it."""
        return self._through(packet, "Ethernet0/1", "Ethernet0/0")

    def _through(self, packet: bytes, one: str, other: str) -> list[Ipv4]:
        port = self.router.ports[other]
        port.seen.clear()
        frame = self.router.ports[one].mac + b"\x02\0\0\0\0\x77\x08\x00" + packet
        self.router.forwarding.receive(one, [frame], self.net.now)
        self.router.forwarding.wake("none", self.net.now)
        return [Ipv4.decode(frame[14:]) for frame in port.seen if frame[12:14] == b"\x08\x00"]


def udp(source: int, port: int, destination: int, their: int, payload: bytes = b"hello") -> bytes:
    return ipv4.packet(source, destination, ipv4.UDP, Udp(port, their, payload).encode(source, destination), 64)


def segment(source: int, port: int, destination: int, their: int, flags: int = tcp.SYN) -> bytes:
    data = Tcp(port, their, 7, 9, flags, 512, b"\x02\x04\x05\xb4", b"odd").encode(source, destination)
    return ipv4.packet(source, destination, ipv4.TCP, data, 64)


def echo(source: int, destination: int, identifier: int, kind: int = icmp.ECHO) -> bytes:
    return ipv4.packet(source, destination, ipv4.ICMP, Icmp(kind, 0, identifier << 16 | 1, b"abc").encode(), 64)


@pytest.fixture
def edge(net: Any) -> Edge:
    return Edge(net, OVERLOAD)


def test_a_datagram_leaves_under_the_outside_address_and_its_own_port(edge: Edge) -> None:
    (seen,) = edge.out(udp(HOST, 5000, SERVER, 53))
    assert (seen.source, seen.destination, seen.ttl) == (OUTSIDE, SERVER, 63)
    assert Udp.decode(seen.payload, OUTSIDE, SERVER) == Udp(5000, 53, b"hello")
    (answer,) = edge.back(udp(SERVER, 53, OUTSIDE, 5000))
    assert (answer.source, answer.destination) == (SERVER, HOST)
    assert Udp.decode(answer.payload, SERVER, HOST).destination == 5000


def test_two_hosts_with_one_port_are_told_apart(edge: Edge) -> None:
    edge.out(udp(HOST, 5000, SERVER, 53))
    (seen,) = edge.out(udp(OTHER, 5000, SERVER, 53))
    port = Udp.decode(seen.payload, OUTSIDE, SERVER).source
    assert port == 1024
    (answer,) = edge.back(udp(SERVER, 53, OUTSIDE, port))
    assert answer.destination == OTHER


def test_a_host_keeps_its_port_for_all_peers_and_only_they_may_answer(edge: Edge) -> None:
    elsewhere = A("203.0.113.10")
    edge.out(udp(HOST, 5000, SERVER, 53))
    edge.out(udp(OTHER, 5000, SERVER, 53))
    edge.router.ports["Ethernet0/1"].seen.clear()
    assert [entry.global_port for entry in edge.nat.flows.values()] == [5000, 1024]
    edge.nat.outward(udp(OTHER, 5000, elsewhere, 53), edge.net.now)
    assert [entry.global_port for entry in edge.nat.flows.values()] == [5000, 1024, 1024]
    assert edge.back(udp(elsewhere, 99, OUTSIDE, 5000)) == []


@pytest.mark.parametrize(("own", "given"), [(80, 1), (600, 512), (5000, 1024)])
def test_a_port_that_is_taken_gives_way_to_the_next_of_its_group(edge: Edge, own: int, given: int) -> None:
    edge.out(segment(HOST, own, SERVER, 80))
    (seen,) = edge.out(segment(OTHER, own, SERVER, 80))
    assert Tcp.decode(seen.payload, OUTSIDE, SERVER).source == given


def test_ike_of_the_inside_does_not_take_the_ports_of_the_router(edge: Edge) -> None:
    for port in (500, 4500):
        (seen,) = edge.out(udp(HOST, port, SERVER, port))
        assert Udp.decode(seen.payload, OUTSIDE, SERVER).source != port


def test_echoes_are_told_apart_by_identifiers_from_1024_on(edge: Edge) -> None:
    (one,) = edge.out(echo(HOST, SERVER, 1))
    (other,) = edge.out(echo(OTHER, SERVER, 1))
    assert [Icmp.decode(seen.payload).identifier for seen in (one, other)] == [1024, 1025]
    (answer,) = edge.back(echo(SERVER, OUTSIDE, 1025, icmp.ECHO_REPLY))
    assert (answer.destination, Icmp.decode(answer.payload).identifier) == (OTHER, 1)


def test_a_ping_from_the_inside_is_answered(edge: Edge) -> None:
    assert edge.inside.echo("10.0.1.1", "203.0.113.9") == ["203.0.113.9 reply"]


def test_an_error_about_a_translated_packet_quotes_it_as_the_inside_sent_it(edge: Edge) -> None:
    for packet in (udp(HOST, 5000, SERVER, 53), segment(HOST, 5001, SERVER, 80), echo(HOST, SERVER, 3)):
        (sent,) = edge.out(packet)
        error = Icmp(icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0, icmp.quotation(sent.encode())).encode()
        (seen,) = edge.back(ipv4.packet(A("198.51.100.7"), OUTSIDE, ipv4.ICMP, error, 60))
        assert (seen.source, seen.destination) == (A("198.51.100.7"), HOST)
        message = Icmp.decode(seen.payload)
        whole = Ipv4.decode(
            message.data[:2] + b"\0\x1c" + message.data[4:10] + _header_sum(message.data) + message.data[12:]
        )
        assert (whole.source, whole.destination) == (HOST, SERVER)
        assert message.data[20:28][: 2 if packet[9] != 1 else 8][:2] == packet[20:22]
        if packet[9] == ipv4.ICMP:
            assert message.data[24:26] == packet[24:26]


def _header_sum(quote: bytes) -> bytes:
    head = quote[:2] + b"\0\x1c" + quote[4:20]
    return ipv4.rewritten(head)[10:12]


def test_an_error_of_the_inside_about_what_came_in_quotes_what_was_sent(net: Any) -> None:
    edge = Edge(net, NatSettings(statics=(StaticRule(HOST, ipv4.UDP, 53, None, "Ethernet0/1", 5353),)))
    (arrived,) = edge.back(udp(SERVER, 4000, OUTSIDE, 5353))
    assert Udp.decode(arrived.payload, SERVER, HOST).destination == 53
    error = Icmp(icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0, icmp.quotation(arrived.encode())).encode()
    (seen,) = edge.out(ipv4.packet(HOST, SERVER, ipv4.ICMP, error, 64))
    assert (seen.source, seen.destination) == (OUTSIDE, SERVER)
    quote = Icmp.decode(seen.payload).data
    assert (quote[16:20], quote[22:24]) == (OUTSIDE.packed, (5353).to_bytes(2, "big"))


def test_the_router_tells_the_outside_in_outside_terms_why_it_did_not_deliver(net: Any) -> None:
    edge = Edge(net, NatSettings(statics=(StaticRule(A("10.9.9.9"), ipv4.UDP, 53, None, "Ethernet0/1", 53),)))
    edge.back(udp(SERVER, 4000, OUTSIDE, 53))
    (error,) = [Ipv4.decode(frame[14:]) for frame in edge.router.ports["Ethernet0/1"].seen]
    assert (error.source, error.destination) == (OUTSIDE, SERVER)
    assert Icmp.decode(error.payload).data[16:20] == OUTSIDE.packed


def test_what_no_list_wants_and_what_stays_inside_is_left_alone(edge: Edge) -> None:
    (seen,) = edge.out(udp(A("172.16.0.1"), 5000, SERVER, 53))
    assert seen.source == A("172.16.0.1")
    assert len(edge.nat) == 0


def test_the_routers_own_traffic_is_translated_only_if_the_list_says_so(edge: Edge) -> None:
    assert edge.router.echo("203.0.113.1", "203.0.113.9") == ["203.0.113.9 reply"]
    assert len(edge.nat) == 0
    assert edge.router.echo("10.0.1.254", "203.0.113.9") == ["203.0.113.9 reply"]
    (entry,) = edge.nat.flows.values()
    assert (entry.flow.source, entry.global_address) == (A("10.0.1.254"), OUTSIDE)


def test_errors_of_the_router_itself_leave_as_they_are_even_if_the_list_wants_everything(edge: Edge) -> None:
    everything = {"inside": AclSettings("inside", True, ((10, Ace(source_any=True)),))}
    edge.router.forwarding.settle_access_lists(everything)
    probe = ipv4.packet(SERVER, HOST, ipv4.UDP, Udp(4000, 33434, b"").encode(SERVER, HOST), 1)
    edge.back(probe)
    (error,) = [Ipv4.decode(frame[14:]) for frame in edge.router.ports["Ethernet0/1"].seen if frame[12:14] == b"\x08\0"]
    assert (error.source, error.destination) == (OUTSIDE, SERVER)
    assert Icmp.decode(error.payload).data == icmp.quotation(probe)


def test_later_fragments_follow_the_first(edge: Edge) -> None:
    whole = udp(HOST, 5000, SERVER, 53, bytes(range(48)))
    first = ipv4.rewritten(whole[:2] + b"\0\x2c\x12\x34\x20\0" + whole[8:20]) + whole[20:44]
    later = ipv4.rewritten(whole[:2] + b"\0\x34\x12\x34\0\x03" + whole[8:20]) + whole[44:]
    assert edge.out(later) == []
    assert edge.router.drops("nat.cannot_translate") == 1
    (one,), (other,) = edge.out(first), edge.out(later)
    assert (one.source, other.source) == (OUTSIDE, OUTSIDE)
    assert Udp.decode(one.payload + other.payload, OUTSIDE, SERVER).payload == bytes(range(48))


def test_a_protocol_without_ports_is_told_apart_by_its_peer(edge: Edge) -> None:
    gre = bytes(8)
    (seen,) = edge.out(ipv4.packet(HOST, SERVER, ipv4.GRE, gre, 64))
    assert seen.source == OUTSIDE
    assert edge.out(ipv4.packet(OTHER, SERVER, ipv4.GRE, gre, 64)) == []
    (answer,) = edge.back(ipv4.packet(SERVER, OUTSIDE, ipv4.GRE, gre, 64))
    assert answer.destination == HOST


# --- other rules -----------------------------------------------------------------------------------------------------


def test_a_static_translation_works_both_ways_from_the_start(net: Any) -> None:
    edge = Edge(net, NatSettings(statics=(StaticRule(HOST, global_address=A("203.0.113.50")),)))
    (seen,) = edge.back(segment(SERVER, 4000, A("203.0.113.50"), 80))
    assert (seen.destination, Tcp.decode(seen.payload, SERVER, HOST).destination) == (HOST, 80)
    (answer,) = edge.out(segment(HOST, 80, SERVER, 4000, tcp.SYN | tcp.ACK))
    assert answer.source == A("203.0.113.50")
    assert Tcp.decode(answer.payload, A("203.0.113.50"), SERVER).source == 80
    assert edge.server.echo("203.0.113.9", "203.0.113.50") == ["203.0.113.50 reply"]  # and the router answers ARP


def test_a_port_of_the_interface_leads_to_an_inside_server(net: Any) -> None:
    edge = Edge(net, NatSettings(OVERLOAD.sources, (StaticRule(HOST, ipv4.TCP, 80, None, "Ethernet0/1", 8080),)))
    (seen,) = edge.back(segment(SERVER, 4000, OUTSIDE, 8080))
    assert (seen.destination, Tcp.decode(seen.payload, SERVER, HOST).destination) == (HOST, 80)
    (answer,) = edge.out(segment(HOST, 80, SERVER, 4000, tcp.SYN | tcp.ACK))
    assert Tcp.decode(answer.payload, OUTSIDE, SERVER).source == 8080
    (other,) = edge.out(segment(OTHER, 8080, SERVER, 80))
    assert Tcp.decode(other.payload, OUTSIDE, SERVER).source != 8080


def test_a_pool_gives_one_address_each_until_it_is_empty(net: Any) -> None:
    pool = PoolSettings("P", A("203.0.113.20"), A("203.0.113.21"), 24)
    edge = Edge(net, NatSettings((SourceRule("inside", pool=pool),), pools=(pool,)))
    assert [edge.out(udp(host, 5000, SERVER, 53))[0].source for host in (HOST, OTHER)] == [pool.first, pool.last]
    assert edge.out(udp(A("10.0.1.3"), 5000, SERVER, 53)) == []
    assert edge.nat.counters["no room in pool"] == 1
    assert edge.back(udp(SERVER, 1, A("203.0.113.21"), 77))[0].destination == OTHER
    edge.nat.clear()
    assert edge.back(udp(SERVER, 1, A("203.0.113.21"), 77)) == []
    assert edge.router.drops("nat.no_translation") == 1


def test_an_overloaded_pool_goes_on_to_its_next_address_when_ports_run_out(net: Any) -> None:
    pool = PoolSettings("P", A("203.0.113.20"), A("203.0.113.21"), 24)
    edge = Edge(net, NatSettings((SourceRule("inside", pool=pool, overload=True),), pools=(pool,)))
    hosts = [A("10.0.1.1") + number for number in range(3)]
    seen = [edge.out(ipv4.packet(host, SERVER, ipv4.ESP, bytes(20), 64)) for host in hosts]
    assert [packets[0].source if packets else None for packets in seen] == [pool.first, pool.last, None]


def test_rules_that_go_take_their_translations_with_them(edge: Edge) -> None:
    edge.out(udp(HOST, 5000, SERVER, 53))
    edge.router.forwarding.settle_nat(OVERLOAD._replace(timeouts=NatTimeouts(udp_s=10)), edge.net.now)
    assert len(edge.nat) == 1
    edge.router.forwarding.settle_nat(NatSettings(), edge.net.now)
    assert len(edge.nat) == 0
    assert edge.out(udp(HOST, 5000, SERVER, 53))[0].source == HOST


# --- time and room ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packets", "seconds"),
    [
        ((udp(HOST, 5000, SERVER, 99),), 300),
        ((udp(HOST, 5000, SERVER, 53),), 60),
        ((echo(HOST, SERVER, 5),), 60),
        ((segment(HOST, 5000, SERVER, 80),), 60),
        ((segment(HOST, 5000, SERVER, 80), segment(HOST, 5000, SERVER, 80, tcp.ACK)), 86400),
        ((segment(HOST, 5000, SERVER, 80, tcp.ACK), segment(HOST, 5000, SERVER, 80, tcp.FIN | tcp.ACK)), 60),
        ((segment(HOST, 5000, SERVER, 80, tcp.ACK), segment(HOST, 5000, SERVER, 80, tcp.RST)), 60),
    ],
)
def test_a_translation_is_forgotten_after_its_time_without_use(packets: Any, seconds: int) -> None:
    rings: list[int | None] = []
    nat = Nat(lambda name, packet: True, lambda interface: OUTSIDE, rings.append)
    nat.settle(OVERLOAD, 0)
    for packet in packets:
        nat.outward(packet, 0)
    half = seconds * SECOND // 2
    nat.wake(half)
    nat.outward(packets[-1], half)
    nat.wake(half + seconds * SECOND - 1)
    assert len(nat) == 1
    nat.wake(half + seconds * SECOND)
    assert len(nat) == 0
    assert (nat.counters["expired"], rings[-1]) == (1, None)


def test_the_deadline_rings_when_the_first_is_too_old(edge: Edge) -> None:
    edge.out(udp(HOST, 5000, SERVER, 99))
    assert edge.router.timers.when(("forwarding", "nat")) == edge.net.now + 300 * SECOND
    edge.out(echo(HOST, SERVER, 1))
    assert edge.router.timers.when(("forwarding", "nat")) == edge.net.now + 60 * SECOND


def test_translations_are_bounded_and_those_there_are_go_on(net: Any) -> None:
    edge = Edge(net, OVERLOAD._replace(timeouts=NatTimeouts(max_entries=2)))
    for port in (5000, 5001):
        assert edge.out(udp(HOST, port, SERVER, 99))
    assert edge.out(udp(HOST, 5002, SERVER, 99)) == []
    assert edge.nat.counters["no free port"] == 1
    assert edge.out(udp(HOST, 5000, SERVER, 99))
    assert LIMIT == 65536


def test_debug_shows_each_translation(edge: Edge) -> None:
    edge.router.topics["ip nat"] = None
    edge.out(udp(HOST, 5000, SERVER, 53))
    edge.back(udp(SERVER, 53, OUTSIDE, 5000))
    assert [str(said.line) for said in edge.router.heard(Debug)] == [
        "NAT: s=10.0.1.1->203.0.113.1, d=203.0.113.9 [0]",
        "NAT*: s=203.0.113.9, d=203.0.113.1->10.0.1.1 [0]",
    ]


def test_a_datagram_without_a_checksum_stays_without() -> None:
    packet = udp(HOST, 5000, SERVER, 53)
    bare = packet[:26] + b"\0\0" + packet[28:]
    patched = Patch(SOURCE, ipv4.UDP, (HOST, 5000), (OUTSIDE, 6000)).applied(bare)
    assert patched[26:28] == b"\0\0"
    assert flow_of(patched) == Tuple5(ipv4.UDP, OUTSIDE, 6000, SERVER, 53)


def test_nothing_that_arrives_breaks_the_table(edge: Edge) -> None:
    """Cut short, options, errors about errors: dropped or left alone, never worse."""
    good = [udp(HOST, 1, SERVER, 2), segment(HOST, 1, SERVER, 2), echo(HOST, SERVER, 3)]
    error = Icmp(icmp.UNREACHABLE, 1, 0, udp(OUTSIDE, 1, SERVER, 2)).encode()
    good.append(ipv4.packet(HOST, SERVER, ipv4.ICMP, error, 64))
    for packet in good:
        for size in range(20, len(packet)):
            cut = ipv4.rewritten(packet[:2] + size.to_bytes(2, "big") + packet[4:20]) + packet[20:size]
            edge.out(cut)
            inwards = ipv4.rewritten(cut[:12] + SERVER.packed + OUTSIDE.packed) + cut[20:]
            edge.back(inwards)
    assert all(isinstance(entry, Translation) for entry in edge.nat.flows.values())


POOL = PoolSettings("P", A("203.0.113.20"), A("203.0.113.22"), 24)
KINDS = (
    SourceRule("inside", "Ethernet0/1", overload=True),
    SourceRule("inside", pool=POOL, overload=True),
    SourceRule("inside", pool=POOL),
)
STATICS = (
    StaticRule(A("10.0.1.7"), ipv4.TCP, 80, None, "Ethernet0/1", 8080),
    StaticRule(A("10.0.1.8"), global_address=A("203.0.113.50")),
)


def answer_to(packet: bytes) -> bytes:
    """What whoever got a packet says back."""
    source, destination = IPv4.unpack(packet[12:16]), IPv4.unpack(packet[16:20])
    one, other = int.from_bytes(packet[20:22], "big"), int.from_bytes(packet[22:24], "big")
    if packet[9] == ipv4.UDP:
        return udp(destination, other, source, one)
    if packet[9] == ipv4.TCP:
        return segment(destination, other, source, one, tcp.ACK)
    if packet[9] == ipv4.ICMP:
        return echo(destination, source, int.from_bytes(packet[24:26], "big"), icmp.ECHO_REPLY)
    return ipv4.packet(destination, source, packet[9], packet[20:], 64)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_answered_comes_back_to_who_asked_and_nothing_is_left_when_all_is_old(seed: int) -> None:
    dice, now = random.Random(seed), 0
    nat = Nat(lambda name, packet: True, lambda interface: OUTSIDE, lambda at: None)
    limits = NatTimeouts(max_entries=dice.choice((None, 20)))
    nat.settle(NatSettings((KINDS[seed % 3],), STATICS, (POOL,), timeouts=limits), 0)
    for _ in range(300):
        now += dice.choice((0, 1, 30)) * SECOND
        nat.wake(now)
        source, peer = A(f"10.0.1.{dice.randint(1, 9)}"), A(f"198.51.100.{dice.randint(1, 3)}")
        port, their = dice.choice((80, 600, 5000, 5001)), dice.choice((53, 80))
        packet = dice.choice(
            (
                udp(source, port, peer, their),
                segment(source, port, peer, their, dice.choice((tcp.SYN, tcp.ACK, tcp.FIN))),
                echo(source, peer, port),
                ipv4.packet(source, peer, ipv4.GRE, bytes(8), 64),
            )
        )
        sent = nat.outward(packet, now)
        if sent is None:
            continue
        assert sent[12:16] != packet[12:16]
        back = nat.inward(answer_to(sent), now)
        assert (back[12:16], back[16:20]) == (peer.packed, source.packed)
        assert back[22:24] == packet[20:22] or packet[9] in (ipv4.ICMP, ipv4.GRE)
    assert len(nat._outside) == len(nat.flows) <= LIMIT
    nat.wake(now + 86_400_000 * SECOND)
    assert list(nat.simple) == [STATICS[1].local]
    assert not (nat.flows or nat._outside or nat._ports or nat._local_ports or nat._direct_in or nat._direct_out)


# --- route-maps, networks, outside hosts, shared addresses ---------------------------------------------------------

VPN = A("10.2.0.10")


def mapped(*clauses: Clause) -> NatSettings:
    return NatSettings((SourceRule(None, "Ethernet0/1", None, True, "R", clauses),))


def test_a_route_map_exempts_what_its_denying_entry_matches(net: Any) -> None:
    edge = Edge(net, mapped(Clause(False, ("vpn",)), Clause(True, ("inside",))))
    vpn = AclSettings("vpn", False, ((10, Ace(source_any=True, destination_host=VPN)),))
    edge.router.forwarding.settle_access_lists({**INSIDE_LIST, "vpn": vpn})
    edge.router.static("10.2.0.0/16", "203.0.113.9")
    assert edge.out(udp(HOST, 5000, VPN, 9))[0].source == HOST
    assert edge.out(udp(HOST, 5000, SERVER, 9))[0].source == OUTSIDE


@pytest.mark.parametrize(("interface", "source"), [("Ethernet0/1", OUTSIDE), ("Ethernet0/7", HOST)])
def test_a_route_map_asks_by_which_interface_a_packet_leaves(net: Any, interface: str, source: IPv4) -> None:
    edge = Edge(net, mapped(Clause(True, ("inside",), (interface,))))
    assert edge.out(udp(HOST, 5000, SERVER, 9))[0].source == source


def test_a_route_map_without_entries_wants_nothing(net: Any) -> None:
    assert Edge(net, mapped()).out(udp(HOST, 5000, SERVER, 9))[0].source == HOST


def test_a_network_keeps_its_hosts_numbers_in_both_directions(net: Any) -> None:
    network = StaticRule(A("10.0.1.0"), global_address=A("198.51.100.0"), length=24)
    edge = Edge(net, NatSettings(statics=(network,)))
    assert edge.out(udp(HOST, 5000, SERVER, 9))[0].source == A("198.51.100.1")
    (seen,) = edge.back(udp(SERVER, 9, A("198.51.100.2"), 80))
    assert seen.destination == OTHER
    assert edge.nat.owns(A("198.51.100.77")) and not edge.nat.owns(A("198.51.101.77"))
    edge.nat.clear()
    assert len(edge.nat) == 2, "static ones stay"
    edge.router.forwarding.settle_nat(NatSettings(), net.now)
    assert len(edge.nat) == 0


def test_an_outside_host_has_another_address_inside_also_in_errors(net: Any) -> None:
    local = A("10.0.9.9")
    edge = Edge(net, OVERLOAD._replace(outsides=(OutsideRule(SERVER, local),)))
    edge.router.static("10.0.9.9/32", "203.0.113.9")
    (sent,) = edge.out(udp(HOST, 5000, local, 9))
    assert (sent.source, sent.destination) == (OUTSIDE, SERVER)
    assert Udp.decode(sent.payload, OUTSIDE, SERVER).payload == b"hello"
    (seen,) = edge.back(udp(SERVER, 9, OUTSIDE, 5000))
    assert (seen.source, seen.destination) == (local, HOST)
    error = Icmp(icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0, sent.encode()[:28]).encode()
    (told,) = edge.back(ipv4.packet(SERVER, OUTSIDE, ipv4.ICMP, error, 64))
    assert (told.source, told.destination) == (local, HOST)
    said = Icmp.decode(told.payload).data
    assert (IPv4.unpack(said[12:16]), IPv4.unpack(said[16:20])) == (HOST, local)


def test_an_address_stands_for_many_hosts_in_turn(net: Any) -> None:
    virtual = A("203.0.113.80")
    servers = PoolSettings("S", HOST, OTHER, 24, rotary=True)
    edge = Edge(net, NatSettings(destinations=(DestinationRule("v", servers),), pools=(servers,)))
    lists = {"v": AclSettings("v", True, ((10, Ace(source_any=True, destination_host=virtual)),))}
    edge.router.forwarding.settle_access_lists(lists)
    edge.router.interface("Ethernet0/1", "203.0.113.1/24", nat="outside", secondary=(InterfaceAddress(virtual, 24),))
    asked = [edge.back(segment(SERVER, port, virtual, 80))[0].destination for port in (1000, 1001, 1002, 1000)]
    assert asked == [HOST, OTHER, HOST, HOST]
    (answer,) = edge.out(segment(OTHER, 80, SERVER, 1001, tcp.SYN | tcp.ACK))
    assert answer.source == virtual


def test_one_translation_is_cleared_by_its_addresses_and_ports(edge: Edge) -> None:
    edge.out(udp(HOST, 5000, SERVER, 53))
    edge.out(udp(HOST, 5001, SERVER, 53))
    edge.out(segment(HOST, 5000, SERVER, 80))
    assert not edge.nat.clear_some(OTHER, OUTSIDE)
    assert edge.nat.clear_some(HOST, OUTSIDE, ipv4.UDP, (5001, 5001))
    assert [flow.source_port for flow in edge.nat.flows] == [5000, 5000]
    assert edge.nat.clear_some(HOST, OUTSIDE)
    assert not edge.nat.flows
