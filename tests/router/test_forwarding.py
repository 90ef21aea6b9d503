"""Three routers in a row, and what becomes of packets between them."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.proto.icmp.ping import Ping, PingSettings
from iosh.proto.machine import Debug, Desk, Report, SendDatagram, SendPacket
from iosh.router.interfaces import InterfaceSettings
from iosh.router.punts import IkeReceived, LinkChanged, ProtocolChanged
from iosh.router.rib import STATIC, Route
from iosh.wire import arp, ethernet, icmp, ipv4, tcp
from iosh.wire.ethernet import Ethernet
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

A = IPv4.parse
WEST, MIDDLE, EAST = A("10.0.1.1"), A("10.0.1.254"), A("10.0.2.1")
Line = tuple[Any, Any, Any, Any]


def test_an_echo_crosses_a_router_and_loses_one_hop_each_way(line: Line) -> None:
    _, west, middle, east = line
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    assert middle.forwarding.counters["ip.forwarded"] == 2
    request = next(frame for frame in middle.ports["Ethernet0/1"].seen if frame[12:14] == b"\x08\x00")
    assert Ipv4.decode(request[14:]).ttl == 254
    assert east.ports["Ethernet0/0"].mac == request[:6]


def test_the_time_to_live_runs_out_on_the_way(line: Line) -> None:
    _, west, middle, _ = line
    assert west.echo("10.0.1.1", "10.0.2.1", ttl=1) == ["10.0.1.254 time exceeded"]
    assert west.echo("10.0.1.1", "10.0.2.1", ttl=2) == ["10.0.2.1 reply"]
    assert middle.drops("ip.ttl_expired") == 1


def test_no_route_is_told_half_a_second_apart_and_not_at_all_if_so_configured(line: Line) -> None:
    net, west, middle, _ = line
    assert west.echo("10.0.1.1", "99.0.0.1") == ["10.0.1.254 host unreachable"]
    assert west.echo("10.0.1.1", "99.0.0.1") == []
    net.after(499)
    assert west.echo("10.0.1.1", "99.0.0.1") == []
    net.after(1)
    assert west.echo("10.0.1.1", "99.0.0.1") == ["10.0.1.254 host unreachable"]
    middle.interface("Ethernet0/0", "10.0.1.254/24", unreachables=False)
    net.after(1000)
    assert west.echo("10.0.1.1", "99.0.0.1") == []
    assert middle.drops("icmp.unreachables_disabled") == 1
    assert middle.drops("icmp.unreachables_suppressed") == 2


def test_a_large_packet_is_fragmented_and_put_together_again(line: Line) -> None:
    _, west, middle, east = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=576)
    assert west.echo("10.0.1.1", "10.0.2.1", size=4000) == ["10.0.2.1 reply"]
    sizes = [len(frame) for frame in middle.ports["Ethernet0/1"].seen if frame[12:14] == b"\x08\x00"]
    assert max(sizes) <= 576 + 14 and len(sizes) >= 8
    assert east.forwarding.counters["reassembly.reassembled"] == 1


def test_a_large_packet_that_must_not_be_fragmented_is_refused_with_the_mtu(line: Line) -> None:
    net, west, middle, _ = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=1400)
    assert west.echo("10.0.1.1", "10.0.2.1", size=1401, df=True) == ["10.0.1.254 fragmentation needed 1400"]
    assert west.echo("10.0.1.1", "10.0.2.1", size=1400, df=True) == ["10.0.2.1 reply"]
    net.after(1000)
    west.interface("Ethernet0/0", "10.0.1.1/24", ip_mtu=1000)
    assert west.echo("10.0.1.1", "10.0.2.1", size=1001, df=True) == ["10.0.1.1 fragmentation needed 1000"]


def test_fragments_that_never_become_whole_are_complained_of(line: Line) -> None:
    net, west, _, east = line
    data = Icmp(icmp.ECHO, 0, 0, bytes(2000)).encode()
    first = Ipv4(WEST, EAST, ipv4.ICMP, data[:1000], identification=9, more_fragments=True)
    west.send(first.encode())
    net.after(31_000)
    assert [(said.message.type, said.message.code) for said in west.heard(IcmpArrived)] == [(11, 1)]
    assert east.forwarding.counters["reassembly.timeout"] == 1


def test_a_closed_port_and_an_unknown_protocol_are_unreachable_and_a_tcp_port_resets(line: Line) -> None:
    net, west, _, _ = line
    west.send(ipv4.packet(WEST, EAST, ipv4.UDP, Udp(4000, 33434, b"").encode(WEST, EAST)))
    net.after(1000)
    west.send(ipv4.packet(WEST, EAST, 89, b"ospf"))
    errors = [(said.source, said.message.code) for said in west.heard(IcmpArrived)]
    assert errors == [(EAST, icmp.PORT_UNREACHABLE), (EAST, icmp.PROTOCOL_UNREACHABLE)]
    west.send(ipv4.packet(WEST, EAST, ipv4.TCP, Tcp(5000, 22, 7, 0, tcp.SYN).encode(WEST, EAST)))
    answer = Ipv4.decode(west.ports["Ethernet0/0"].other.seen[-1][14:])
    assert Tcp.decode(answer.payload, EAST, WEST).flags == tcp.RST | tcp.ACK


def test_ike_comes_to_the_router_with_its_path_and_closed_ports_do_not(line: Line) -> None:
    net, west, _, east = line
    for port, payload in ((500, b"message"), (4500, b"\0\0\0\0message"), (4500, b"\xff")):
        west.forwarding.send_datagram(SendDatagram(IPv4(0), EAST, port, port, payload), net.now)
        net.run()
    heard = east.heard(IkeReceived)
    assert [(punt.payload, punt.path.local_port) for punt in heard] == [(b"message", 500), (b"\0\0\0\0message", 4500)]
    path = heard[0].path
    assert (path.interface, path.local, path.remote, path.remote_port) == ("Ethernet0/0", EAST, WEST, 500)
    assert east.forwarding.counters["udp.nat_keepalives_received"] == 1


def test_bad_packets_are_dropped_and_each_drop_has_a_name(line: Line) -> None:
    _, west, middle, _ = line
    good = ipv4.packet(WEST, EAST, ipv4.UDP, bytes(8), 64)
    bad = {
        "ip.too_short": good[:10],
        "ip.bad_header": b"\x65" + good[1:],
        "ip.bad_checksum": good[:8] + b"\x13" + good[9:],
        "ip.martian": ipv4.packet(A("127.0.0.1"), EAST, 17, b"", 64),
        "ip.directed_broadcast": ipv4.packet(WEST, A("10.0.2.255"), 17, b"", 64),
    }
    header = middle.ports["Ethernet0/0"].mac + west.ports["Ethernet0/0"].mac
    for name, packet in bad.items():
        middle.forwarding.receive("Ethernet0/0", [header + b"\x08\x00" + packet], SECOND)
        assert middle.drops(name) == 1
    reply = arp.Arp(arp.REPLY, b"\x02" * 6, WEST, bytes(6), MIDDLE).encode()
    for name, frame in {
        "arp.mismatched_sender": header + b"\x08\x06" + reply,
        "frame.not_for_us": b"\x02" * 6 + header[6:] + b"\x08\x00" + good,
        "frame.runt": b"\x02\0\0",
        "frame.unknown_protocol": header + b"\x86\xdd" + good,
        "ip.unicast_in_broadcast_frame": ethernet.BROADCAST + header[6:] + b"\x08\x00" + good,
    }.items():
        middle.forwarding.receive("Ethernet0/0", [frame], SECOND)
        assert middle.drops(name) == 1
    middle.forwarding.receive("Ethernet9/9", [good], SECOND)
    assert middle.drops("frame.no_interface") == 1
    assert middle.forwarding.interfaces["Ethernet0/0"].counters.in_errors == 1
    for source in ("224.0.0.1", "240.0.0.1", "0.1.2.3"):
        middle.forwarding.receive("Ethernet0/0", [header + b"\x08\0" + ipv4.packet(A(source), EAST, 17, b"")], SECOND)
    assert middle.drops("ip.martian") == 4


def test_a_short_frame_and_one_padded_to_sixty_bytes_are_both_read(line: Line) -> None:
    net, west, middle, _ = line
    header = middle.ports["Ethernet0/0"].mac + west.ports["Ethernet0/0"].mac + b"\x08\x00"
    packet = ipv4.packet(WEST, MIDDLE, ipv4.ICMP, Icmp(icmp.ECHO, 0, 1, b"").encode())
    for frame in (header + packet, (header + packet).ljust(60, b"\xaa")):
        middle.forwarding.receive("Ethernet0/0", [frame], net.now)
        net.run()
    assert [said.message for said in west.heard(IcmpArrived)] == [Icmp(icmp.ECHO_REPLY, 0, 1, b"")] * 2


def test_options_are_carried_along(line: Line) -> None:
    _, west, _, east = line
    packet = Ipv4(WEST, EAST, ipv4.ICMP, Icmp(icmp.ECHO, 0, 1, b"").encode(), options=b"\x94\x04\0\0")
    west.send(packet.encode())
    assert east.forwarding.counters["icmp.echo_replies_sent"] == 1


def test_a_packet_that_leaves_by_where_it_came_gets_a_redirect(line: Line) -> None:
    net, west, middle, _ = line
    middle.static("10.9.0.0/16", "10.0.1.9")
    assert west.echo("10.0.1.1", "10.9.0.1") == ["10.0.1.254 redirect"]
    middle.interface("Ethernet0/0", "10.0.1.254/24", redirects=False)
    net.after(5000)
    assert west.echo("10.0.1.1", "10.9.0.1") == []


def test_the_mss_of_a_connection_is_lowered_in_passing_both_ways(line: Line) -> None:
    _, west, middle, east = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", adjust_mss=1360)
    for node, source, destination in ((west, WEST, EAST), (east, EAST, WEST)):
        segment = Tcp(1000, 80, 5, 0, tcp.SYN, 8192, b"\x02\x04\x05\xb4").encode(source, destination)
        port = middle.ports["Ethernet0/1" if node is west else "Ethernet0/0"]
        port.seen.clear()
        node.send(ipv4.packet(source, destination, ipv4.TCP, segment))
        passed = next(Ipv4.decode(frame[14:]) for frame in port.seen if frame[12:14] == b"\x08\0")
        assert Tcp.decode(passed.payload, source, destination).options == b"\x02\x04\x05\x50"


def test_proxy_arp_answers_for_what_lies_behind_us(line: Line) -> None:
    _, west, middle, _ = line
    west.interface("Ethernet0/0", "10.0.1.1/8")
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    assert middle.forwarding.counters["arp.proxy_replies_sent"] == 1
    middle.interface("Ethernet0/0", "10.0.1.254/24", proxy_arp=False)
    west.interface("Ethernet0/0", "10.0.1.1/24").interface("Ethernet0/0", "10.0.1.1/8")
    assert west.echo("10.0.1.1", "10.0.2.2") == []


def test_an_address_of_our_own_answers_without_a_wire(line: Line) -> None:
    _, west, _, _ = line
    west.interface("Loopback0", "1.1.1.1/32")
    assert west.echo("10.0.1.1", "1.1.1.1") == ["1.1.1.1 reply"]
    assert west.forwarding.source_for(A("1.1.1.1")) == A("1.1.1.1")
    assert west.forwarding.source_for(EAST) == WEST
    west.forwarding.settle_statics([], SECOND)
    assert west.forwarding.source_for(EAST) is None
    assert west.echo("10.0.1.1", "10.0.2.1") == [] and west.drops("ip.no_route_for_our_own") == 1


def test_a_broadcast_goes_out_and_is_answered_by_those_who_hear_it(line: Line) -> None:
    _, west, middle, _ = line
    assert west.echo("10.0.1.1", "255.255.255.255") == ["10.0.1.254 reply"]
    assert west.echo("10.0.1.1", "10.0.1.255") == ["10.0.1.254 reply"]
    assert west.echo("10.0.1.1", "224.0.0.5") == []
    assert middle.drops("icmp.echo_to_group") == 1
    assert west.ports["Ethernet0/0"].seen[-1][:6] == bytes.fromhex("01005e000005")


def test_vlans_keep_apart_and_the_native_one_goes_untagged(net: Any) -> None:
    left, right = (net.node(name, "GigabitEthernet0/0") for name in "lr")
    for node, host in ((left, 1), (right, 2)):
        node.interface("GigabitEthernet0/0")
        node.interface("GigabitEthernet0/0.10", f"10.0.10.{host}/24", vlan=10)
        node.interface("GigabitEthernet0/0.20", f"10.0.20.{host}/24", vlan=20, native=True)
    one, _ = net.cable(left, "GigabitEthernet0/0", right, "GigabitEthernet0/0")
    assert left.echo("10.0.10.1", "10.0.10.2") == ["10.0.10.2 reply"]
    assert Ethernet.decode(one.seen[-1]).vlan == 10
    assert left.echo("10.0.20.1", "10.0.20.2") == ["10.0.20.2 reply"]
    assert Ethernet.decode(one.seen[-1]).vlan is None
    stray = Ethernet(one.other.mac, one.mac, ethernet.IPV4, b"", vlan=99).encode()
    right.forwarding.receive("GigabitEthernet0/0", [stray], net.now)
    assert right.drops("frame.unknown_vlan") == 1
    right.interface("GigabitEthernet0/0.10", "10.0.10.2/24", vlan=10, shutdown=True)
    assert left.echo("10.0.10.1", "10.0.10.2") == [] and right.drops("frame.subinterface_down") == 1


def test_two_tags_tell_subinterfaces_apart_and_one_without_a_tag_sends_nothing(net: Any) -> None:
    left, right = (net.node(name, "GigabitEthernet0/0") for name in "lr")
    for node, host in ((left, 1), (right, 2)):
        node.interface("GigabitEthernet0/0")
        for number, tags in enumerate(({"vlan": 10}, {"vlan": 10, "inner": 5}, {"vlan": 10, "inner": 6}, {})):
            node.interface(f"GigabitEthernet0/0.{number}", f"10.0.{number}.{host}/24", **tags)
    one, _ = net.cable(left, "GigabitEthernet0/0", right, "GigabitEthernet0/0")
    for number, tags in ((0, "8100000a0800"), (1, "8100000a810000050800"), (2, "8100000a810000060800")):
        assert left.echo(f"10.0.{number}.1", f"10.0.{number}.2") == [f"10.0.{number}.2 reply"]
        assert one.seen[-1][12:].hex().startswith(tags)
    sent = len(one.seen)
    assert left.echo("10.0.3.1", "10.0.3.2") == left.echo("10.0.3.1", "10.0.3.255") == []
    assert one.seen[sent:] == [] and left.drops("ip.no_adjacency") == 1
    stray = Ethernet(one.other.mac, one.mac, ethernet.VLAN, bytes((0, 7, 8, 0)), vlan=10).encode()
    right.forwarding.receive("GigabitEthernet0/0", [stray], net.now)
    assert right.drops("frame.unknown_vlan") == 1


def test_lines_follow_the_cable_and_routes_follow_the_lines(line: Line) -> None:
    net, west, middle, _ = line
    assert west.heard(LinkChanged) == [LinkChanged("Ethernet0/0", "up")]
    assert west.heard(ProtocolChanged) == [ProtocolChanged("Ethernet0/0", True)]
    net.carry(False, west.ports["Ethernet0/0"], middle.ports["Ethernet0/0"])
    assert west.heard(LinkChanged) == [LinkChanged("Ethernet0/0", "down")]
    assert west.heard(ProtocolChanged) == [ProtocolChanged("Ethernet0/0", False)]
    assert not [prefix for prefix in west.forwarding.rib.active if prefix.length != 32]
    assert not west.forwarding.interfaces["Ethernet0/0"].arp.entries
    net.carry(True, west.ports["Ethernet0/0"], middle.ports["Ethernet0/0"])
    assert west.forwarding.interfaces["Ethernet0/0"].counters.resets == 2
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    west.interface("Ethernet0/0", "10.0.1.1/24", shutdown=True)
    assert LinkChanged("Ethernet0/0", "administratively down") in west.heard(LinkChanged)
    assert west.echo("10.0.1.1", "10.0.2.1") == []


def test_an_interface_that_is_no_longer_wanted_takes_its_routes_along(line: Line) -> None:
    _, west, _, _ = line
    west.interface("Loopback7", "7.7.7.7/32")
    assert west.forwarding.is_ours(A("7.7.7.7"))
    west.forwarding.settle_interfaces([InterfaceSettings("Ethernet0/0")], SECOND)
    assert list(west.forwarding.interfaces) == ["Ethernet0/0", "Null0"]
    assert not west.forwarding.rib.active


def test_a_duplicate_address_is_reported_through_the_routers_tray(line: Line) -> None:
    net, west, middle, _ = line
    middle.interface("Ethernet0/0", "10.0.1.1/24")
    net.run()
    assert [punt.message.mnemonic for punt in west.heard(Report)][:1] == ["DUPADDR"]


def test_counters_and_rates_count_and_can_be_cleared(line: Line) -> None:
    net, west, _, _ = line
    state = west.forwarding.interfaces["Ethernet0/0"]
    for _ in range(50):
        west.echo("10.0.1.1", "10.0.2.1", size=1000)
        net.after(100)
    counters = state.counters
    assert counters.in_packets >= 50 and counters.in_bytes >= 50 * 1014
    assert counters.last_input is not None and net.now - counters.last_input <= SECOND
    state.sample(net.now)
    early = state.input_rate.bits
    net.after(3_000_000)
    state.sample(net.now)
    assert early > 0 and state.input_rate.bits < early // 100
    west.forwarding.clear_counters("Ethernet0/0", net.now)
    assert (counters.in_packets, counters.cleared) == (0, net.now) and counters.last_input is not None


def test_a_ping_and_a_frame_drop_can_be_followed_by_debug(line: Line) -> None:
    _, west, middle, _ = line
    west.topics["ip icmp"] = middle.topics["ip icmp"] = None
    west.echo("10.0.1.1", "10.0.2.1", ttl=1)
    west.echo("10.0.1.1", "10.0.2.1")
    west.echo("10.0.1.1", "99.0.0.1")
    west.echo("10.0.1.1", "10.0.1.254")
    assert [punt.line.text for punt in west.heard(Debug)] == [
        "ICMP: time exceeded rcvd from 10.0.1.254",
        "ICMP: echo reply rcvd, src 10.0.2.1, dst 10.0.1.1, topology BASE, dscp 0 topoid 0",
        "ICMP: dst (10.0.1.1) host unreachable rcv from 10.0.1.254",
        "ICMP: echo reply rcvd, src 10.0.1.254, dst 10.0.1.1, topology BASE, dscp 0 topoid 0",
    ]
    assert [punt.line.text for punt in middle.heard(Debug)] == [
        "ICMP: time exceeded (time to live) sent to 10.0.1.1 (dest was 10.0.2.1), topology BASE, dscp 0 topoid 0",
        "ICMP: dst (99.0.0.1) host unreachable sent to 10.0.1.1",
        "ICMP: echo reply sent, src 10.0.1.254, dst 10.0.1.1, topology BASE, dscp 0 topoid 0",
    ]


def test_a_ping_machine_on_a_wire_prints_m_for_what_is_too_big(line: Line) -> None:
    net, west, middle, _ = line
    middle.interface("Ethernet0/1", "10.0.2.254/24", ip_mtu=600)
    desk = Desk("ping", west.tray, west.timers, Rng(3))
    ping = Ping(PingSettings(EAST, WEST, repeat=2, size=700, df=True), desk)
    ping.start(net.now)
    said = ""
    while west.tray:
        match west.tray.popleft()[1]:
            case SendPacket(packet):
                west.send(packet)
            case IcmpArrived() as arrival:
                ping.icmp_arrived(arrival, net.now)
            case other:
                said += getattr(other, "text", "")
    assert said.endswith(":\nPacket sent with the DF bit set\nM")


@pytest.mark.parametrize("count", [1, 5000])
def test_an_unknown_scan_leaves_no_trace_in_memory(line: Line, count: int) -> None:
    _, west, middle, _ = line
    header = middle.ports["Ethernet0/0"].mac + west.ports["Ethernet0/0"].mac + b"\x08\x00"
    frames = [header + ipv4.packet(WEST, (10 << 24) + (2 << 8) + n % 250 + 2, 17, b"", 9) for n in range(count)]
    frames += [header + ipv4.packet(WEST, 0x63000000 + n, 17, b"", 9) for n in range(count)]
    middle.forwarding.receive("Ethernet0/0", frames, SECOND)
    assert len(middle.forwarding.fib.flows) < 10
    assert len(middle.forwarding.interfaces["Ethernet0/1"].arp.entries) <= 256


def test_routes_of_many_kinds_settle_by_difference(line: Line) -> None:
    _, west, _, _ = line
    routes = [Route(Prefix.of(n << 16, 16), STATIC, 1, None, MIDDLE) for n in range(0x1400, 0x1400 + 300)]
    west.forwarding.settle_statics(routes, SECOND)
    generation = west.forwarding.fib.generation
    west.forwarding.settle_statics(routes[:-1], SECOND)
    assert west.forwarding.fib.generation == generation + 1


def test_an_unnumbered_interface_speaks_with_a_borrowed_address(line: Line) -> None:
    _, west, middle, _ = line
    west.interface("Loopback0", "10.0.1.77/32")
    west.interface("Ethernet0/0", unnumbered="Loopback0")
    assert west.forwarding.interfaces["Ethernet0/0"].address.address == A("10.0.1.77")
    west.static("10.0.1.254/32", None, "Ethernet0/0")
    assert west.forwarding.source_for(MIDDLE) == A("10.0.1.77")
    assert west.echo("10.0.1.77", "10.0.1.254") == ["10.0.1.254 reply"]
    assert list(middle.forwarding.interfaces["Ethernet0/0"].arp.rewrites) == [A("10.0.1.77")]


def test_another_mac_address_is_announced_and_used(line: Line) -> None:
    _, west, middle, _ = line
    west.echo("10.0.1.1", "10.0.1.254")
    west.interface("Ethernet0/0", "10.0.1.1/24", mac=b"\x02\xaa\0\0\0\x01")
    port = west.forwarding.interfaces["Ethernet0/0"].port
    assert port.hears == b"\x02\xaa\0\0\0\x01"
    assert west.echo("10.0.1.1", "10.0.1.254") == ["10.0.1.254 reply"]
    assert middle.forwarding.interfaces["Ethernet0/0"].arp.rewrites[WEST][:6] == b"\x02\xaa\0\0\0\x01"
    west.interface("Ethernet0/0", "10.0.1.1/24")
    assert port.hears == port.mac
    assert west.echo("10.0.1.1", "10.0.1.254") == ["10.0.1.254 reply"]


def test_clearing_neighbours_asks_them_and_the_silent_ones_go(line: Line) -> None:
    net, west, middle, _ = line
    west.echo("10.0.1.1", "10.0.1.254")
    west.forwarding.clear_arp(net.now)
    net.run()
    neighbours = west.forwarding.interfaces["Ethernet0/0"].arp
    assert MIDDLE in neighbours.entries
    middle.interface("Ethernet0/0", "10.0.1.250/24")
    west.forwarding.clear_arp(net.now)
    net.after(4000)
    assert MIDDLE not in neighbours.entries


def test_what_cannot_leave_is_counted(line: Line) -> None:
    net, west, middle, _ = line
    west.interface("Loopback0", "172.30.0.1/24")
    assert west.echo("172.30.0.1", "172.30.0.9") == [] and west.drops("ip.no_adjacency") == 1
    frame = Ethernet(ethernet.BROADCAST, west.ports["Ethernet0/0"].mac, 0x9999, b"").encode()
    west.forwarding.send_frame("Ethernet0/0", frame, net.now)
    net.run()
    assert middle.drops("frame.unknown_protocol") == 1
    west.forwarding.send_frame("Loopback0", frame, net.now)
    west.interface("Ethernet0/0", "10.0.1.1/24", shutdown=True)
    west.forwarding.send_frame("Ethernet0/0", frame, net.now)
    west.forwarding.send_by("Ethernet0/0", frame, net.now)
    west.forwarding.send_datagram(SendDatagram(IPv4(0), EAST, 1, 2, b""), net.now)
    assert west.drops("interface.down") == 2 and west.drops("ip.no_route_for_our_own") == 1
    middle.forwarding.interfaces["Ethernet0/0"].protocol = False
    middle.forwarding.receive("Ethernet0/0", [frame], net.now)
    assert middle.drops("frame.port_down") == 1


def test_verbs_for_a_tunnel_that_is_none_do_nothing(line: Line) -> None:
    _, west, _, _ = line
    for name in ("Ethernet0/0", "Tunnel9"):
        west.forwarding.map(name, MIDDLE, EAST)
        west.forwarding.unmap(name, MIDDLE)
        west.forwarding.replicate(name, (EAST,))
        west.forwarding.fallback(name, MIDDLE)
        assert name not in west.forwarding.tunnel_sources()
    assert west.echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
