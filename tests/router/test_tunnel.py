"""GRE over the line of three routers: point-to-point and multipoint, in the clear and under ESP."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.proto.esp.sa import InboundSa, Lifetime, OutboundSa
from iosh.proto.esp.suite import Keys, suite
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.router.punts import (
    InvalidSpi,
    NextHopUnknown,
    NhrpReceived,
    NotIpsec,
    ProtocolChanged,
    RedirectDue,
    SaLifetimeCrossed,
    SaMissing,
    SourceChanged,
)
from iosh.wire import gre, icmp, ipv4
from iosh.wire.gre import Gre
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4

A, P = IPv4.parse, Prefix.parse
WEST, EAST = A("10.0.1.1"), A("10.0.2.1")
Line = tuple[Any, Any, Any, Any]
GCM = suite(20, 128, 0)
KEYS = Keys(bytes(range(20)))


def point_to_point(line: Line, rest: dict[str, Any] | None = None, **settings: Any) -> Line:
    _, west, _, east = line
    west.interface("Loopback1", "1.1.1.1/32").tunnel(
        "Tunnel0", "172.16.0.1/24", rest, source_interface="Ethernet0/0", destination=EAST, **settings
    )
    east.interface("Loopback1", "2.2.2.2/32").tunnel(
        "Tunnel0", "172.16.0.2/24", rest, source_address=EAST, destination=WEST, **settings
    )
    west.static("2.2.2.2/32", None, "Tunnel0")
    east.static("1.1.1.1/32", None, "Tunnel0")
    return line


def multipoint(line: Line, **settings: Any) -> Line:
    """West is a spoke, east the hub, and middle another spoke of its own."""
    _, west, middle, east = line
    for node, number in ((west, 1), (middle, 3), (east, 2)):
        source = "Ethernet0/0"
        node.tunnel(
            "Tunnel0", f"172.16.0.{number}/24", source_interface=source, multipoint=True, network_id=1, **settings
        )
        node.interface("Loopback1", f"192.168.{number}.1/24")
    return line


def protect(a: Any, b: Any, spi: int, local: IPv4, remote: IPv4, **rest: Any) -> None:
    """One SA from a to b."""
    rest.setdefault("interface", "Tunnel0")
    encap = rest.pop("encap", None)
    mode = {"tunnel_mode": rest.pop("tunnel_mode", False)}
    out = OutboundSa(spi, GCM, KEYS, Rng(spi), local=local, remote=remote, encap=encap, **mode, **rest)
    a.forwarding.outbound["Tunnel0", remote] = out
    b.forwarding.inbound[spi] = InboundSa(spi, GCM, KEYS, local=remote, remote=local, encap=encap, **rest)


@pytest.mark.parametrize(
    "settings",
    [{}, {"key": 0}, {"key": 100, "checksum": True, "sequence": True}, {"ttl": 9, "tos": 0x20}],
    ids=["plain", "key 0", "key, checksum and sequence", "ttl and tos"],
)
def test_a_point_to_point_tunnel_carries_packets_of_every_size(line: Line, settings: dict[str, Any]) -> None:
    _, west, middle, east = point_to_point(line, **settings)
    for size in (28, 100, 1476, 1477, 1500, 4000):
        assert west.echo("1.1.1.1", "2.2.2.2", size=size) == ["2.2.2.2 reply"]
    outer = Ipv4.decode(middle.ports["Ethernet0/1"].seen[-1][14:])
    assert (outer.source, outer.destination, outer.ttl) == (WEST, EAST, settings.get("ttl", 255) - 1)
    assert outer.tos == settings.get("tos", 0)
    assert east.forwarding.interfaces["Tunnel0"].counters.in_packets >= 6


def test_the_tunnels_mtu_follows_the_network_below_less_its_headers(line: Line) -> None:
    _, west, _, _ = point_to_point(line, key=1)
    state = west.forwarding.interfaces["Tunnel0"]
    assert (state.mtu, state.ip_mtu, state.transport_mtu) == (9972, 1472, 1472)
    west.interface("Ethernet0/0", "10.0.1.1/24", ip_mtu=1400)
    assert state.ip_mtu == 1372
    assert west.echo("1.1.1.1", "2.2.2.2", size=1373, df=True) == ["1.1.1.1 fragmentation needed 1372"]
    west.tunnel("Tunnel0", "172.16.0.1/24", {"ip_mtu": 1300}, source_interface="Ethernet0/0", destination=EAST, key=1)
    assert (state.ip_mtu, state.transport_mtu) == (1300, 1372)


def test_another_key_and_no_key_are_dropped_silently_and_counted(line: Line) -> None:
    _, west, _, east = point_to_point(line, key=1)
    east.tunnel("Tunnel0", "172.16.0.2/24", source_address=EAST, destination=WEST, key=2)
    assert west.echo("1.1.1.1", "2.2.2.2") == []
    west.tunnel("Tunnel0", "172.16.0.1/24", source_interface="Ethernet0/0", destination=EAST)
    assert west.echo("1.1.1.1", "2.2.2.2") == []
    assert east.drops("gre.unknown_key") == 2 and not east.heard(NotIpsec)


def test_two_tunnels_between_the_same_addresses_are_told_apart_by_key(line: Line) -> None:
    _, west, _, east = point_to_point(line, key=1)
    for node, far, host in ((west, EAST, 1), (east, WEST, 2)):
        node.tunnel("Tunnel1", f"172.17.0.{host}/24", source_interface="Ethernet0/0", destination=far, key=2)
    assert west.echo("172.16.0.1", "172.16.0.2") == ["172.16.0.2 reply"]
    assert west.echo("172.17.0.1", "172.17.0.2") == ["172.17.0.2 reply"]
    assert east.forwarding.interfaces["Tunnel1"].counters.in_packets == 1


def test_a_repeated_sequence_number_is_dropped(line: Line) -> None:
    net, west, middle, east = point_to_point(line, sequence=True)
    west.echo("1.1.1.1", "2.2.2.2")
    frame = next(f for f in reversed(middle.ports["Ethernet0/1"].seen) if f[12:14] == b"\x08\x00")
    east.forwarding.receive("Ethernet0/0", [frame], net.now)
    assert east.drops("gre.out_of_order") == 1


def test_the_line_protocol_needs_a_source_and_a_way_to_the_destination(line: Line) -> None:
    net, west, middle, _ = point_to_point(line)
    tunnel = west.forwarding.interfaces["Tunnel0"]
    assert tunnel.line and tunnel.protocol
    assert SourceChanged("Tunnel0", WEST) in west.heard(SourceChanged)
    west.heard(ProtocolChanged)
    west.forwarding.settle_statics([], net.now)
    assert west.heard(ProtocolChanged) == [ProtocolChanged("Tunnel0", False)] and tunnel.line
    west.static("10.0.2.0/24", "10.0.1.254")
    assert tunnel.protocol
    net.carry(False, west.ports["Ethernet0/0"], middle.ports["Ethernet0/0"])
    assert not tunnel.protocol and west.heard(SourceChanged) == [SourceChanged("Tunnel0", None)]
    assert P("172.16.0.0/24") not in west.forwarding.rib.active


def test_another_address_of_the_source_interface_is_the_tunnels_at_once(line: Line) -> None:
    _, west, middle, east = point_to_point(line)
    west.interface("Ethernet0/0", "10.0.1.7/24")
    east.tunnel("Tunnel0", "172.16.0.2/24", source_address=EAST, destination=A("10.0.1.7"))
    assert west.forwarding.tunnel_sources()["Tunnel0"] == A("10.0.1.7")
    assert west.echo("1.1.1.1", "2.2.2.2") == ["2.2.2.2 reply"]
    assert Ipv4.decode(middle.ports["Ethernet0/1"].seen[-1][14:]).source == A("10.0.1.7")


def test_a_tunnel_that_leads_into_itself_ends_after_a_few_turns(line: Line) -> None:
    _, west, _, _ = point_to_point(line)
    west.static("10.0.2.1/32", None, "Tunnel0")
    assert west.echo("1.1.1.1", "2.2.2.2") == []
    assert west.drops("tunnel.recursion") == 1


# --- multipoint


def test_a_mapped_next_hop_is_reached_and_an_unmapped_one_asked_for_once_a_second(line: Line) -> None:
    net, west, _, east = multipoint(line, key=7)
    assert west.echo("172.16.0.1", "172.16.0.2") == []
    assert west.heard(NextHopUnknown) == [NextHopUnknown("Tunnel0", A("172.16.0.2"))]
    west.echo("172.16.0.1", "172.16.0.2")
    assert not west.heard(NextHopUnknown) and west.drops("tunnel.unresolved") == 2
    net.after(1000)
    west.echo("172.16.0.1", "172.16.0.2")
    assert len(west.heard(NextHopUnknown)) == 1
    west.forwarding.map("Tunnel0", A("172.16.0.2"), EAST)
    east.forwarding.map("Tunnel0", A("172.16.0.1"), WEST)
    assert west.echo("172.16.0.1", "172.16.0.2") == ["172.16.0.2 reply"]
    west.forwarding.unmap("Tunnel0", A("172.16.0.2"))
    assert west.echo("172.16.0.1", "172.16.0.2") == []


def test_until_a_next_hop_is_resolved_its_packets_go_by_the_nhs_and_nothing_waits(line: Line) -> None:
    _, west, middle, east = multipoint(line, redirect=True)
    west.forwarding.map("Tunnel0", A("172.16.0.2"), EAST)
    west.forwarding.fallback("Tunnel0", A("172.16.0.2"))
    middle_nbma = A("10.0.1.254")
    east.forwarding.map("Tunnel0", A("172.16.0.1"), WEST)
    east.forwarding.map("Tunnel0", A("172.16.0.3"), middle_nbma)
    middle.forwarding.map("Tunnel0", A("172.16.0.1"), WEST)
    assert west.echo("172.16.0.1", "172.16.0.3") == ["172.16.0.3 reply"]
    assert west.forwarding.counters["tunnel.by_fallback"] == 1
    due = east.heard(RedirectDue)
    assert [(punt.interface, punt.nbma, punt.packet[16:20]) for punt in due] == [
        ("Tunnel0", WEST, A("172.16.0.3").packed)
    ]
    west.echo("172.16.0.1", "172.16.0.3")
    assert not east.heard(RedirectDue)


def test_no_redirect_is_due_into_another_network_or_back_to_the_same_peer(line: Line) -> None:
    _, west, _, east = multipoint(line)
    west.forwarding.map("Tunnel0", A("172.16.0.2"), EAST)
    west.static("192.168.0.0/16", "172.16.0.2")
    east.static("192.168.9.0/24", "172.16.0.1").forwarding.map("Tunnel0", A("172.16.0.1"), WEST)
    west.echo("172.16.0.1", "192.168.9.1")
    assert not east.heard(RedirectDue)
    east.tunnel(
        "Tunnel0", "172.16.0.2/24", source_interface="Ethernet0/0", multipoint=True, network_id=1, redirect=True
    )
    west.echo("172.16.0.1", "192.168.9.1")
    assert not east.heard(RedirectDue)
    east.forwarding.map("Tunnel0", A("172.16.0.1"), A("10.0.1.254"))
    west.echo("172.16.0.1", "192.168.9.1")
    assert len(east.heard(RedirectDue)) == 1


def test_packets_through_a_shortcut_are_counted(line: Line) -> None:
    net, west, _, east = multipoint(line)
    west.forwarding.map("Tunnel0", A("172.16.0.2"), EAST)
    east.forwarding.map("Tunnel0", A("172.16.0.1"), WEST)
    assert west.forwarding.shortcut_packets("Tunnel0", P("192.168.2.0/24")) == 0
    west.forwarding.learn("Tunnel0", P("192.168.2.0/24"), A("172.16.0.2"), net.now)
    for _ in range(3):
        assert west.echo("172.16.0.1", "192.168.2.1") == ["192.168.2.1 reply"]
    assert west.forwarding.shortcut_packets("Tunnel0", P("192.168.2.0/24")) == 3
    west.forwarding.forget("Tunnel0", P("192.168.2.0/24"), net.now)
    assert west.forwarding.route(A("192.168.2.1")).prefix == P("0.0.0.0/0")


def test_multicast_is_replicated_to_the_peers_and_nobody_else(line: Line) -> None:
    net, west, middle, east = multipoint(line)
    hello = ipv4.packet(A("172.16.0.1"), A("224.0.0.10"), 88, b"hello", 1)
    west.forwarding.send_by("Tunnel0", hello, net.now)
    assert west.drops("tunnel.no_replication") == 1
    west.forwarding.replicate("Tunnel0", (EAST, A("10.0.1.254")))
    west.forwarding.send_by("Tunnel0", hello, net.now)
    net.run()
    for node in (middle, east):
        assert node.forwarding.interfaces["Tunnel0"].counters.in_packets == 1
    point_to_point(line)
    west.forwarding.send_by("Tunnel0", hello, net.now)
    net.run()
    assert east.forwarding.interfaces["Tunnel0"].counters.in_packets == 2


def test_nhrp_comes_to_the_router_with_the_addresses_it_was_seen_from(line: Line) -> None:
    net, west, middle, east = multipoint(line, key=7)
    west.forwarding.send_over_tunnel("Tunnel0", EAST, gre.NHRP, b"registration", net.now)
    net.run()
    (punt,) = east.heard(NhrpReceived)
    assert (punt.message, punt.path.interface, punt.path.local, punt.path.remote) == (
        b"registration", "Tunnel0", EAST, WEST,
    )  # fmt: skip
    outer = Ipv4.decode(middle.ports["Ethernet0/1"].seen[-1][14:])
    assert outer.tos == 0xC0 and Gre.decode(outer.payload).key == 7
    west.forwarding.send_over_tunnel("Tunnel9", EAST, gre.NHRP, b"", net.now)
    assert west.drops("tunnel.down") == 1


# --- protected


def test_a_protected_tunnel_is_silent_without_an_sa_and_carries_all_sizes_with_one(line: Line) -> None:
    _, west, middle, east = point_to_point(line, protected=True, key=5)
    for _ in range(2):
        assert west.echo("1.1.1.1", "2.2.2.2") == []
    assert west.drops("tunnel.no_sa") == 2
    assert west.heard(SaMissing) == [SaMissing("Tunnel0", EAST)]
    protect(west, east, 0x1001, WEST, EAST)
    protect(east, west, 0x1002, EAST, WEST)
    for size in (28, 1300, 1472, 3000):
        assert west.echo("1.1.1.1", "2.2.2.2", size=size) == ["2.2.2.2 reply"]
    assert all(
        frame[23] in (ipv4.ESP, ipv4.ICMP)
        for frame in middle.ports["Ethernet0/1"].seen
        if frame[12] == 8 and not frame[13]
    )
    assert east.forwarding.inbound[0x1001].last_used == SECOND


def test_esp_in_udp_is_used_where_a_nat_is_in_the_way(line: Line) -> None:
    _, west, middle, east = point_to_point(line, protected=True)
    protect(west, east, 0x1001, WEST, EAST, encap=(4500, 4500))
    protect(east, west, 0x1002, EAST, WEST, encap=(4500, 4500))
    assert west.echo("1.1.1.1", "2.2.2.2") == ["2.2.2.2 reply"]
    assert middle.ports["Ethernet0/1"].seen[-1][23] == ipv4.UDP


def test_in_tunnel_mode_the_packet_of_gre_is_whole_under_esp(line: Line) -> None:
    _, west, middle, east = point_to_point(line, protected=True)
    for a, b, spi, local, remote in ((west, east, 0x1001, WEST, EAST), (east, west, 0x1002, EAST, WEST)):
        protect(a, b, spi, local, remote, tunnel_mode=True)
    for size in (28, 1300, 1438, 3000):
        assert west.echo("1.1.1.1", "2.2.2.2", size=size) == ["2.2.2.2 reply"]
    outer = Ipv4.decode(next(frame for frame in middle.ports["Ethernet0/1"].seen if frame[23] == ipv4.ESP)[14:])
    next_header, payload = InboundSa(0x1001, GCM, KEYS).open(outer.payload)
    inner = Ipv4.decode(payload)
    assert (next_header, inner.source, inner.destination, inner.protocol) == (ipv4.IPIP, WEST, EAST, ipv4.GRE)


def test_in_tunnel_mode_the_path_mtu_leaves_room_for_the_inner_header(line: Line) -> None:
    _, west, middle, east = point_to_point(line, protected=True, path_mtu_discovery=True)
    protect(west, east, 0x1001, WEST, EAST, tunnel_mode=True)
    protect(east, west, 0x1002, EAST, WEST, tunnel_mode=True)
    largest = 1500 - 20 - 34 - 20 - 4  # the outer header, ESP with AES-GCM, the inner header, GRE
    assert west.echo("1.1.1.1", "2.2.2.2", size=largest, df=True) == ["2.2.2.2 reply"]
    assert int.from_bytes(middle.ports["Ethernet0/1"].seen[-1][16:18], "big") == 1500
    said = west.echo("1.1.1.1", "2.2.2.2", size=largest + 1, df=True)
    assert said == [f"1.1.1.1 fragmentation needed {largest}"]


def test_what_should_have_been_protected_is_dropped_and_told(line: Line) -> None:
    _, west, _, east = point_to_point(line)
    east.tunnel("Tunnel0", "172.16.0.2/24", source_address=EAST, destination=WEST, protected=True)
    west.echo("1.1.1.1", "2.2.2.2")
    west.echo("1.1.1.1", "2.2.2.2")
    assert east.heard(NotIpsec) == [NotIpsec("Tunnel0", EAST, WEST, ipv4.GRE)]
    assert east.drops("gre.not_protected") == 2


def test_an_unknown_spi_is_told_once_a_second_and_a_damaged_packet_counted(line: Line) -> None:
    net, west, _, east = point_to_point(line, protected=True)
    protect(west, east, 0x1001, WEST, EAST)
    sa = west.forwarding.outbound["Tunnel0", EAST]
    good = sa.seal(b"payload", 47)
    for data in (b"\0\0\x99\x99" + good[4:], b"\0\0\x99\x99" + good[4:], good[:-1] + b"!", good[:10]):
        west.send(ipv4.packet(WEST, EAST, ipv4.ESP, data))
    assert east.heard(InvalidSpi) == [InvalidSpi(0x9999, EAST, WEST)]
    counters = east.forwarding.counters
    assert (counters["esp.invalid_spi"], counters["esp.integrity"], counters["esp.malformed"]) == (2, 1, 1)
    west.send(ipv4.packet(WEST, EAST, ipv4.ESP, sa.seal(b"x", 6)))
    inner = Ipv4(WEST, EAST, ipv4.GRE, Gre(gre.NHRP, b"nhrp").encode()).encode()
    west.send(ipv4.packet(WEST, EAST, ipv4.ESP, sa.seal(inner, ipv4.IPIP)))
    west.send(ipv4.packet(WEST, EAST, ipv4.ESP, sa.seal(b"junk", ipv4.IPIP)))
    assert counters["esp.unexpected_payload"] == 1 and counters["esp.inner_malformed"] == 1
    (nhrp,) = east.heard(NhrpReceived)
    assert (nhrp.message, nhrp.path.sa, nhrp.path.remote) == (b"nhrp", 0x1001, WEST)
    net.after(1)


def test_the_ends_of_a_lifetime_are_told_on_both_sides(line: Line) -> None:
    _, west, _, east = point_to_point(line, protected=True)
    lifetime = Lifetime(soft_packets=2, hard_packets=3)
    protect(west, east, 0x1001, WEST, EAST, lifetime=lifetime)
    protect(east, west, 0x1002, EAST, WEST)
    for _ in range(4):
        west.echo("1.1.1.1", "2.2.2.2")
    told = SaLifetimeCrossed(0x1001, "Tunnel0", EAST, False, False)
    assert west.heard(SaLifetimeCrossed) == [told, told._replace(hard=True)]
    assert [punt.hard for punt in east.heard(SaLifetimeCrossed)] == [False, True]
    assert west.drops("esp.expired") == 1


# --- path MTU


def test_without_discovery_the_outer_packet_may_be_fragmented(line: Line) -> None:
    _, west, middle, east = point_to_point(line)
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=1000)
    assert west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True) == ["2.2.2.2 reply"]
    assert east.forwarding.counters["reassembly.reassembled"] == 1


def test_with_discovery_the_way_to_the_peer_is_learned_and_the_sender_told(line: Line) -> None:
    net, west, middle, _ = point_to_point(line, path_mtu_discovery=True, key=9)
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=1000)
    assert west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True) == ["10.0.1.254 fragmentation needed 1000"]
    assert west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True) == ["1.1.1.1 fragmentation needed 972"]
    assert west.echo("1.1.1.1", "2.2.2.2", size=972, df=True) == ["2.2.2.2 reply"]
    middle.interface("Ethernet0/1", "10.0.2.254/24")
    net.after(601_000)
    assert west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True) == ["2.2.2.2 reply"]


def test_a_forged_fragmentation_needed_cannot_shrink_what_we_do_not_send_to(line: Line) -> None:
    _, west, middle, _ = point_to_point(line, path_mtu_discovery=True)
    about = Ipv4(WEST, A("99.9.9.9"), ipv4.GRE, bytes(8)).encode()
    forged = Icmp(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 68, icmp.quotation(about)).encode()
    middle.send(ipv4.packet(A("10.0.1.254"), WEST, ipv4.ICMP, forged))
    assert len(west.heard(IcmpArrived)) == 1
    assert west.forwarding.interfaces["Tunnel0"].path_mtu(A("99.9.9.9"), SECOND) is None
    assert west.echo("1.1.1.1", "2.2.2.2", size=1476, df=True) == ["2.2.2.2 reply"]


@pytest.mark.parametrize("encap", [None, (4500, 4500)])
def test_what_fits_the_path_under_esp_is_reckoned_to_the_byte(line: Line, encap: tuple[int, int] | None) -> None:
    _, west, middle, east = point_to_point(line, path_mtu_discovery=True, protected=True, key=9)
    protect(west, east, 0x1001, WEST, EAST, encap=encap)
    protect(east, west, 0x1002, EAST, WEST, encap=encap)
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=1000)
    west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True)
    (told,) = west.echo("1.1.1.1", "2.2.2.2", size=1400, df=True)
    limit = int(told.removeprefix("1.1.1.1 fragmentation needed "))
    assert west.echo("1.1.1.1", "2.2.2.2", size=limit, df=True) == ["2.2.2.2 reply"]
    outer = [frame for frame in middle.ports["Ethernet0/1"].seen if frame[23] in (ipv4.ESP, ipv4.UDP)]
    assert 996 <= len(outer[-1]) - 14 <= 1000
    before = west.drops("tunnel.df_too_big")
    west.echo("1.1.1.1", "2.2.2.2", size=limit + 4, df=True)
    assert west.drops("tunnel.df_too_big") == before + 1
