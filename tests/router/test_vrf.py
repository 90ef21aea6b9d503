"""One table per VRF: the same prefixes twice, packets apart, one by one and as trains."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.proto.esp.suite import Keys, suite
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.proto.machine import SendDatagram
from iosh.router.fragment import Reassembly, fragments
from iosh.router.punts import IkeReceived, InvalidSpi
from iosh.router.rib import CONNECTED, LOCAL, STATIC
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp
from iosh.wire.train import LongFrame, Train
from iosh.wire.udp import Udp

A, P = IPv4.parse, Prefix.parse
PORTS = tuple(f"Ethernet0/{n}" for n in range(4))
RED, BLUE = "RED", "BLUE"


@pytest.fixture
def two(net: Any) -> tuple[Any, dict[str, Any], Any]:
    """A router in the middle with VRFs RED and BLUE; in each a host on the left and one on the right, all four with the
    addresses 10.0.1.1 and 10.0.2.1.
    """
    middle = net.node("middle", *PORTS).vrfs(RED, BLUE)
    hosts = {}
    for at, vrf in enumerate((RED, BLUE)):
        for side in (1, 2):
            host = hosts[f"{vrf} {side}"] = net.node(f"{vrf} {side}", PORTS[0])
            host.interface(PORTS[0], f"10.0.{side}.1/24").static("0.0.0.0/0", f"10.0.{side}.254")
            port = PORTS[2 * at + side - 1]
            middle.interface(port, f"10.0.{side}.254/24", vrf=vrf)
            net.cable(middle, port, host, PORTS[0])
    return net, hosts, middle


def test_overlapping_prefixes_of_two_vrfs_forward_apart(two: Any) -> None:
    _, hosts, middle = two
    for vrf, other in ((RED, BLUE), (BLUE, RED)):
        before = [len(hosts[f"{other} {side}"].ports[PORTS[0]].seen) for side in (1, 2)]
        assert hosts[f"{vrf} 1"].echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
        assert hosts[f"{vrf} 1"].echo("10.0.1.1", "10.0.1.254") == ["10.0.1.254 reply"]
        assert [len(hosts[f"{other} {side}"].ports[PORTS[0]].seen) for side in (1, 2)] == before
    assert middle.forwarding.counters["ip.forwarded"] == 4
    assert middle.forwarding.rib.active == {}
    red = middle.forwarding.vrfs[RED].rib.active
    assert {str(prefix): active.route.source for prefix, active in sorted(red.items())} == {
        "10.0.1.0/24": CONNECTED,
        "10.0.1.254/32": LOCAL,
        "10.0.2.0/24": CONNECTED,
        "10.0.2.254/32": LOCAL,
    }


def test_a_router_speaks_in_the_vrf_it_is_told(two: Any) -> None:
    _, hosts, middle = two
    assert middle.echo("10.0.2.254", "10.0.2.1", vrf=RED) == ["10.0.2.1 reply"]
    assert len(hosts["BLUE 2"].ports[PORTS[0]].seen) < len(hosts["RED 2"].ports[PORTS[0]].seen)
    assert middle.echo("10.0.2.254", "10.0.2.1") == []
    assert middle.drops("ip.no_route_for_our_own") == 1
    assert middle.echo("10.0.2.254", "10.0.2.1", vrf="GREEN") == []
    assert middle.drops("ip.no_vrf") == 1
    assert middle.forwarding.source_for(A("10.0.2.1"), RED) == A("10.0.2.254")
    assert middle.forwarding.source_for(A("10.0.2.1")) is None
    assert middle.forwarding.is_ours(A("10.0.2.254"), BLUE) and not middle.forwarding.is_ours(A("10.0.2.254"))


def test_errors_and_resets_answer_in_the_vrf_of_the_packet(two: Any) -> None:
    net, hosts, _ = two
    assert hosts["RED 1"].echo("10.0.1.1", "99.0.0.1") == ["10.0.1.254 host unreachable"]
    assert hosts["BLUE 1"].echo("10.0.1.1", "10.0.2.1", ttl=1) == ["10.0.1.254 time exceeded"]
    net.after(1000)
    hosts["BLUE 1"].send(ipv4.packet(A("10.0.1.1"), A("10.0.1.254"), 99, b"?", 9, 0, 1))
    assert [each.source for each in hosts["BLUE 1"].heard(IcmpArrived)] == [A("10.0.1.254")]
    assert hosts["RED 1"].heard(IcmpArrived) == []


def test_a_datagram_says_in_which_vrf_it_came_and_goes_out_where_it_is_told(two: Any) -> None:
    _, hosts, middle = two
    datagram = SendDatagram(A("10.0.1.1"), A("10.0.1.254"), 500, 500, b"hello")
    hosts["BLUE 1"].forwarding.send_datagram(datagram, hosts["BLUE 1"].net.now)
    middle.net.run()
    (heard,) = middle.heard(IkeReceived)
    assert (heard.path.vrf, heard.path.remote) == (BLUE, A("10.0.1.1"))
    middle.forwarding.send_datagram(SendDatagram(IPv4(0), A("10.0.1.1"), 500, 500, b"hi", BLUE), middle.net.now)
    middle.net.run()
    assert [each.payload for each in hosts["BLUE 1"].heard(IkeReceived)] == [b"hi"]
    assert hosts["RED 1"].heard(IkeReceived) == []


def test_trains_take_the_table_of_the_interface_they_came_by(two: Any) -> None:
    net, hosts, middle = two
    for vrf in (RED, BLUE):
        assert hosts[f"{vrf} 1"].echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]  # everybody's ARP is done
    payload = Udp(5, 9, bytes(3000 - 8)).encode(A("10.0.1.1"), A("10.0.2.1"))
    packet = ipv4.packet(A("10.0.1.1"), A("10.0.2.1"), ipv4.UDP, payload, 64, 0, 7)
    for port in middle.ports.values():
        port.takes_trains = True
        port.seen.clear()
    head = middle.ports[PORTS[2]].mac + hosts["BLUE 1"].ports[PORTS[0]].mac + b"\x08\x00"
    frame = LongFrame(head, Train(packet, 1000))
    middle.forwarding.receive(PORTS[2], [frame], net.now)
    assert [len(middle.ports[port].seen) for port in PORTS] == [0, 0, 0, 1]
    assert isinstance(middle.ports[PORTS[3]].seen[0], LongFrame)


def test_a_static_route_may_lead_out_by_an_interface_of_another_vrf(two: Any) -> None:
    net, hosts, middle = two
    middle.static("99.0.0.0/8", "10.0.2.1", PORTS[3], vrf=RED)
    hosts["BLUE 2"].interface("Loopback0", "99.0.0.1/32").static("0.0.0.0/0", "10.0.2.254")
    before = len(hosts["BLUE 2"].ports[PORTS[0]].seen)
    assert hosts["RED 1"].echo("10.0.1.1", "99.0.0.1") == []  # the answer comes back in BLUE, to the other 10.0.1.1
    assert len(hosts["BLUE 2"].ports[PORTS[0]].seen) > before
    net.carry(False, middle.ports[PORTS[3]])
    assert [active.route.source for active in middle.forwarding.vrfs[RED].rib.active.values()].count(STATIC) == 0


def test_an_interface_that_changes_its_vrf_takes_its_routes_along(two: Any) -> None:
    _, hosts, middle = two
    middle.interface(PORTS[1], "10.0.2.254/24", vrf="")
    assert P("10.0.2.0/24") not in middle.forwarding.vrfs[RED].rib.active
    assert P("10.0.2.0/24") in middle.forwarding.rib.active
    assert hosts["RED 1"].echo("10.0.1.1", "10.0.2.1") == ["10.0.1.254 host unreachable"]
    middle.interface(PORTS[1], "10.0.2.254/24", vrf=RED)
    assert hosts["RED 1"].echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]


def test_a_vrf_that_goes_takes_its_table_along_and_one_that_comes_knows_what_is_up(two: Any) -> None:
    _, hosts, middle = two
    middle.vrfs(BLUE, "GREEN")
    middle.interface(PORTS[0], "10.0.1.254/24", vrf="GREEN").interface(PORTS[1], "10.0.2.254/24", vrf="GREEN")
    middle.static("99.0.0.0/8", None, PORTS[1], vrf="GREEN")
    assert list(middle.forwarding.vrfs) == ["", BLUE, "GREEN"]
    assert P("99.0.0.0/8") in middle.forwarding.vrfs["GREEN"].rib.active
    assert hosts["RED 1"].echo("10.0.1.1", "10.0.2.1") == ["10.0.2.1 reply"]
    assert [vrf.number for vrf in middle.forwarding.vrfs.values()] == [0, 2, 3]


def test_pieces_of_different_vrfs_are_not_put_together(two: Any) -> None:
    request = Icmp(icmp.ECHO, 0, 1, bytes(range(200))).encode()
    pieces = fragments(ipv4.packet(A("10.0.1.1"), A("10.0.1.254"), ipv4.ICMP, request, 9, 0, 1), 100)
    count: Any = two[2].forwarding.counters
    mending = Reassembly(count)
    assert [mending.add(piece, 0, vrf) for vrf, piece in zip((RED, BLUE, RED), pieces, strict=True)] == [None] * 3
    assert mending.add(pieces[1], 0, RED) is not None


# --- tunnels ---------------------------------------------------------------------------------------------------------


def front_doors(two: Any, protected: bool = False) -> tuple[Any, Any, Any]:
    """The middle router has a tunnel of the same addresses and key behind each of two front doors."""
    net, hosts, middle = two
    middle.vrfs(RED, BLUE, "INSIDE")
    for number, vrf in enumerate((RED, BLUE)):
        inside = {"vrf": "INSIDE"} if vrf == RED else None
        middle.tunnel(
            f"Tunnel{number}", "172.16.0.254/24", inside, source_interface=PORTS[2 * number], destination=A("10.0.1.1"),
            key=5, vrf=vrf, protected=protected,
        )  # fmt: skip
        hosts[f"{vrf} 1"].tunnel(
            "Tunnel0", "172.16.0.1/24", source_interface=PORTS[0], destination=A("10.0.1.254"), key=5,
            protected=protected,
        )  # fmt: skip
    return net, hosts, middle


def test_a_tunnel_is_routed_in_its_front_door_and_opens_into_its_own_vrf(two: Any) -> None:
    _, hosts, middle = front_doors(two)
    assert hosts["RED 1"].echo("172.16.0.1", "172.16.0.254") == ["172.16.0.254 reply"]
    assert hosts["BLUE 1"].echo("172.16.0.1", "172.16.0.254") == ["172.16.0.254 reply"]
    counts = [middle.forwarding.interfaces[f"Tunnel{n}"].counters.in_packets for n in (0, 1)]
    assert counts == [1, 1]
    assert P("172.16.0.0/24") in middle.forwarding.vrfs["INSIDE"].rib.active
    assert P("172.16.0.0/24") in middle.forwarding.rib.active


def test_a_tunnel_whose_source_is_not_in_its_front_door_is_down(two: Any) -> None:
    _, _, middle = front_doors(two)
    middle.tunnel("Tunnel0", "172.16.0.254/24", source_interface=PORTS[0], destination=A("10.0.1.1"), key=5, vrf=BLUE)
    assert not middle.forwarding.interfaces["Tunnel0"].protocol


def test_esp_counts_only_in_the_front_door_of_its_tunnel(two: Any) -> None:
    net, hosts, middle = front_doors(two, protected=True)
    kind, keys = suite(20, 128, 0), Keys(bytes(range(20)))
    for number, vrf in enumerate((RED, BLUE)):
        host, spi = hosts[f"{vrf} 1"], 0x100 + number
        ends = {"local": A("10.0.1.1"), "remote": A("10.0.1.254")}
        back = {"local": A("10.0.1.254"), "remote": A("10.0.1.1")}
        host.forwarding.outbound["Tunnel0", A("10.0.1.254")] = OutboundSa(
            spi, kind, keys, Rng(spi), interface="Tunnel0", **ends
        )
        middle.forwarding.inbound[spi] = InboundSa(spi, kind, keys, interface=f"Tunnel{number}", **back)
        middle.forwarding.outbound[f"Tunnel{number}", A("10.0.1.1")] = OutboundSa(
            spi, kind, keys, Rng(spi + 9), interface=f"Tunnel{number}", **back
        )
        host.forwarding.inbound[spi] = InboundSa(spi, kind, keys, interface="Tunnel0", **ends)
        assert host.echo("172.16.0.1", "172.16.0.254") == ["172.16.0.254 reply"]
    stolen = [frame for frame in hosts["RED 1"].ports[PORTS[0]].seen if frame[23] == ipv4.ESP][-1]
    for many in (1, 2):  # one by one, and together
        frames = [middle.ports[PORTS[2]].mac + stolen[6:]] * many
        middle.forwarding.receive(PORTS[2], frames, net.now)
    assert middle.drops("esp.invalid_spi") == 3
    assert [punt.spi for punt in middle.heard(InvalidSpi)] == [0x100]


def test_a_protected_train_out_of_a_front_door(two: Any) -> None:
    net, hosts, middle = front_doors(two, protected=True)
    kind, keys = suite(20, 128, 0), Keys(bytes(range(20)))
    host = hosts["BLUE 1"]
    host.forwarding.outbound["Tunnel0", A("10.0.1.254")] = OutboundSa(
        9, kind, keys, Rng(9), interface="Tunnel0", local=A("10.0.1.1"), remote=A("10.0.1.254")
    )
    middle.forwarding.inbound[9] = InboundSa(
        9, kind, keys, window=64, interface="Tunnel1", local=A("10.0.1.254"), remote=A("10.0.1.1")
    )
    middle.interface(PORTS[1], "10.9.0.254/24")  # the tunnel opens into the global table
    hosts["RED 2"].interface(PORTS[0], "10.9.0.1/24")
    assert middle.echo("10.9.0.254", "10.9.0.1") == ["10.9.0.1 reply"]
    host.static("10.9.0.0/24", None, "Tunnel0")
    assert host.echo("10.0.1.1", "10.0.1.254") == ["10.0.1.254 reply"]  # everybody's ARP is done
    middle.ports[PORTS[1]].seen.clear()
    here, there = A("172.16.0.1"), A("10.9.0.1")
    for n in range(4):
        datagram = Udp(5, 9, bytes(500)).encode(here, there)
        host.forwarding.send(ipv4.packet(here, there, ipv4.UDP, datagram, 64, 0, n), net.now)
    sealed = middle.ports[PORTS[2]].waiting
    middle.ports[PORTS[2]].waiting = []
    middle.forwarding.receive(PORTS[2], sealed, net.now)  # all at once
    assert len(middle.ports[PORTS[1]].seen) == 4
    assert middle.forwarding.interfaces["Tunnel1"].counters.in_packets == 4
