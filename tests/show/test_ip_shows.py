"""Routes, forwarding table, interfaces and neighbours as text, held against what IOS printed of the same values."""

from __future__ import annotations

import re
from collections import Counter, deque
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.router.forwarding import Forwarding
from iosh.router.interfaces import InterfaceAddress, InterfaceSettings, TunnelSettings
from iosh.router.ports import OVERRUN
from iosh.router.rib import STATIC, Route
from iosh.show import arp, interfaces, ip_cef, ip_interface, ip_route
from iosh.show.registry import find

A, P = IPv4.parse, Prefix.parse
GOLDENS = Path(__file__).resolve().parents[3] / "shared" / "goldens"
golden = pytest.mark.skipif(not GOLDENS.is_dir(), reason="the captured outputs are not at hand")
CONFIG = SimpleNamespace(interfaces={})


class Port:
    """A port with a cable and nobody at its end."""

    carrier = True

    def __init__(self, last: int) -> None:
        self.mac = bytes((0xAA, 0xBB, 0xCC, 0, 1, last))
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def send(self, frames: Any) -> None:
        """What is sent is of no interest here."""

    def hear(self, mac: bytes) -> None:
        """Nor for whom."""


def own(text: str) -> InterfaceAddress:
    return InterfaceAddress(A(text.partition("/")[0]), int(text.partition("/")[2]))


@pytest.fixture
def router() -> Any:
    """The spoke of the captured lab, with static routes where it had EIGRP."""
    forwarding = Forwarding({f"Ethernet0/{n}": Port(n) for n in range(2)}, deque(), Timers(), Rng(1))
    tunnel = TunnelSettings(
        multipoint=True, source_interface="Ethernet0/0", key=100, protected=True, profile="PF", network_id=1
    )
    forwarding.settle_interfaces(
        [
            InterfaceSettings("Ethernet0/0", address=own("198.51.100.2/30"), description="To the Internet"),
            InterfaceSettings("Ethernet0/1", shutdown=True),
            InterfaceSettings("Ethernet0/1.15", vlan=15),
            InterfaceSettings("Loopback1", address=own("10.0.2.1/24"), secondary=(own("10.7.0.1/24"),)),
            InterfaceSettings("Tunnel0", address=own("172.16.0.2/24"), ip_mtu=1400, adjust_mss=1360, tunnel=tunnel),
        ],
        0,
    )
    hub = A("172.16.0.1")
    statics = [Route(P("0.0.0.0/0"), STATIC, 1, None, A("198.51.100.1"))]
    statics += [Route(P(f"10.0.{n}.0/24"), STATIC, 1, "Tunnel0", hub) for n in (0, 3, 4)]
    forwarding.settle_statics(statics, 0)
    forwarding.learn("Tunnel0", P("10.0.3.0/24"), A("172.16.0.3"), 10 * SECOND)
    forwarding.learn("Tunnel0", P("172.16.0.3/32"), A("172.16.0.3"), 10 * SECOND)
    return SimpleNamespace(forwarding=forwarding, config=CONFIG)


def shown(router: Any, name: str, now: int = 16 * SECOND, **arguments: Any) -> list[str]:
    show = find(name)
    return list(show.text(show.view(router, now, **arguments)))


@golden
def test_a_table_with_overrides_is_the_captured_one(router: Any) -> None:
    router.forwarding.settle_interfaces(
        [s.settings._replace(secondary=()) for s in router.forwarding.interfaces.values() if s.name != "Null0"], 0
    )
    captured = (GOLDENS / "iol-17.15.1/show_ip_route_next-hop-override.spoke.txt").read_text()
    as_static = re.sub(r"\[90/\d{3,}\] via ([\d.]+), [\d:]+", r"[1/0] via \1", captured.replace("[90/255]", "[1/255]"))
    expected = re.sub(r"(?m)^D", "S", as_static).splitlines()
    lines = shown(router, "ip_route.table", overrides=True)
    gateway = lines.index("Gateway of last resort is 198.51.100.1 to network 0.0.0.0")
    assert lines[gateway:] == expected
    assert lines[:2] == list(ip_route.LEGEND.splitlines()[:2]) and lines[gateway - 1] == ""


@golden
def test_an_overridden_prefix_in_cef_is_the_captured_one(router: Any) -> None:
    captured = (GOLDENS / "iol-17.15.1/show_ip_cef_prefix.spoke.txt").read_text().splitlines()
    assert shown(router, "ip_cef.one", address=A("10.0.3.0")) == captured
    assert shown(router, "ip_cef.one", prefix=P("10.0.3.0/24")) == captured


@golden
def test_a_forwarding_table_of_captured_values_is_the_captured_text() -> None:
    captured = (GOLDENS / "ntc/show_ip_cef/show_ip_cef_c3850_v1.raw").read_text().splitlines()
    entries: list[ip_cef.CefEntry] = []
    for line in captured[1:]:
        prefix, hop, interface = line[:21].strip(), line[21:42].strip(), line[42:].strip() or None
        kind = hop if hop in ("drop", "receive", "attached") else "nexthop"
        way = ip_cef.CefWay(kind, A(hop) if kind == "nexthop" else None, interface)
        if prefix:
            entries.append(ip_cef.CefEntry(P(prefix), (way,)))
        else:
            entries[-1] = ip_cef.CefEntry(entries[-1].prefix, (*entries[-1].ways, way))
    text = list(ip_cef.table_text(ip_cef.IpCef(tuple(entries))))
    assert [line.rstrip() for line in text] == [line.rstrip() for line in captured]


@golden
def test_neighbours_of_captured_values_are_the_captured_text() -> None:
    captured = (GOLDENS / "ntc/show_arp/cisco_ios_show_arp.raw").read_text().split("\n")
    lines = [line.split() for line in captured if line.startswith("Internet")]
    view = arp.ArpTable(
        tuple(
            arp.ArpLine(
                A(words[1]),
                None if words[2] == "-" else int(words[2]),
                None if words[3] == "Incomplete" else words[3],
                words[5] if len(words) > 5 else "",
            )
            for words in lines
        )
    )
    text = [line.rstrip() for line in arp.table_text(view)]
    assert text == [line.rstrip() for line in captured if line]


@golden
def test_descriptions_of_captured_values_are_the_captured_text() -> None:
    captured = (GOLDENS / "ntc/show_interfaces_description/cisco_ios_show_interfaces_description.raw").read_text()
    lines = captured.splitlines()[1:]
    view = interfaces.InterfacesDescription(
        tuple(
            interfaces.DescriptionLine(line[:31].strip(), line[31:46].strip(), line[46:55].strip(), line[55:].strip())
            for line in lines
        )
    )
    assert list(interfaces.description_text(view))[1:] == [line.rstrip() for line in lines]


@golden
def test_a_loopback_is_printed_as_the_captured_one() -> None:
    captured = (GOLDENS / "ntc/show_interfaces/cisco_ios_show_interfaces3.raw").read_text()
    block = re.search(r"(?ms)^Loopback0 is.*?(?=^Tunnel0)", captured)
    assert block is not None
    forwarding = Forwarding({}, deque(), Timers(), Rng(1))
    loopback = InterfaceSettings("Loopback0", address=own("192.20.0.144/32"), description="Loopback Interface")
    forwarding.settle_interfaces([loopback], 0)
    counters = forwarding.interfaces["Loopback0"].counters
    counters.in_packets, counters.in_bytes = 2292, 457464
    # this capture's device reckoned the rate over a longer life: its counters are not fresh
    text = shown(SimpleNamespace(forwarding=forwarding, config=CONFIG), "interfaces.full", now=0)
    assert [line.rstrip() for line in text] == [line.rstrip() for line in block[0].splitlines()]


def test_the_table_filters_by_source_and_by_network(router: Any) -> None:
    static = shown(router, "ip_route.table", source="static")[-5:]
    assert static == [
        "S*    0.0.0.0/0 [1/0] via 198.51.100.1",
        "      10.0.0.0/8 is variably subnetted, 7 subnets, 2 masks",
        "S        10.0.0.0/24 [1/0] via 172.16.0.1, Tunnel0",
        "S   %    10.0.3.0/24 [1/0] via 172.16.0.1, Tunnel0",
        "S        10.0.4.0/24 [1/0] via 172.16.0.1, Tunnel0",
    ]
    assert shown(router, "ip_route.table", source="nhrp")[-1] == (
        "H        172.16.0.3/32 is directly connected, 00:00:06, Tunnel0"
    )
    longer = shown(router, "ip_route.longer", address=A("10.0.2.0"), mask=A("255.255.255.0"))
    assert [line for line in longer if line.startswith(("C  ", "L  "))] == [
        "C        10.0.2.0/24 is directly connected, Loopback1",
        "L        10.0.2.1/32 is directly connected, Loopback1",
    ]


def test_a_uniform_network_shows_its_mask_once_and_equal_ways_stand_below_each_other() -> None:
    forwarding = Forwarding({"Ethernet0/0": Port(0)}, deque(), Timers(), Rng(1))
    forwarding.settle_interfaces([InterfaceSettings("Ethernet0/0", address=own("192.0.2.1/24"))], 0)
    hops = [A("192.0.2.2"), A("192.0.2.3")]
    routes = [Route(P(prefix), STATIC, 1, None, hop) for prefix in ("10.1.0.0/16", "20.0.0.0/8") for hop in hops]
    forwarding.settle_statics([*routes, Route(P("0.0.0.0/0"), STATIC, 1, "Null0", None)], 0)
    lines = shown(SimpleNamespace(forwarding=forwarding, config=CONFIG), "ip_route.table")
    assert lines[lines.index("") + 1 :][:8] == [
        "Gateway of last resort is 0.0.0.0 to network 0.0.0.0",
        "",
        "S*    0.0.0.0/0 is directly connected, Null0",
        "      10.0.0.0/16 is subnetted, 1 subnets",
        "S        10.1.0.0 [1/0] via 192.0.2.2",
        "                  [1/0] via 192.0.2.3",
        "S     20.0.0.0/8 [1/0] via 192.0.2.2",
        "                 [1/0] via 192.0.2.3",
    ]


def test_one_route_is_described_and_a_missing_one_told_apart(router: Any) -> None:
    assert shown(router, "ip_route.entry", address=A("10.0.2.7")) == [
        "Routing entry for 10.0.2.0/24",
        '  Known via "connected", distance 0, metric 0 (connected, via interface)',
        "  Routing Descriptor Blocks:",
        "  * directly connected, via Loopback1",
        "      Route metric is 0, traffic share count is 1",
    ]
    default = shown(router, "ip_route.entry", address=A("0.0.0.0"))
    assert default[:2] == [
        "Routing entry for 0.0.0.0/0, supernet",
        '  Known via "static", distance 1, metric 0, candidate default path',
    ]
    nhrp = shown(router, "ip_route.entry", address=A("172.16.0.3"))
    assert '  Known via "nhrp", distance 250, metric 255' in nhrp
    overridden = shown(router, "ip_route.entry", address=A("10.0.3.0"), mask=A("255.255.255.0"))
    assert overridden[-1] == "    [NHO] 172.16.0.3, from 172.16.0.3, 00:00:06 ago, via Tunnel0"
    assert shown(router, "ip_route.entry", address=A("10.99.0.0")) == ["% Subnet not in table"]
    assert shown(router, "ip_route.entry", address=A("99.0.0.0")) == ["% Network not in table"]


def test_the_summary_adds_up(router: Any) -> None:
    assert shown(router, "ip_route.summary") == [
        "IP routing table name is default (0x0)",
        "IP routing table maximum-paths is 32",
        "Route Source    Networks    Subnets     Replicates  Overhead    Memory (bytes)",
        "connected       0           8           0           768         2496",
        "static          1           3           0           384         1248",
        "application     0           0           0           0           0",
        "nhrp            0           1           0           96          312",
        "internal        3                                               1380",
        "Total           1           12          0           1248        5436",
    ]


def test_interfaces_in_brief_and_as_ip_sees_them(router: Any) -> None:
    assert shown(router, "ip_interface.brief") == [
        "Interface              IP-Address      OK? Method Status                Protocol",
        "Ethernet0/0            198.51.100.2    YES NVRAM  up                    up      ",
        "Ethernet0/1            unassigned      YES unset  administratively down down    ",
        "Ethernet0/1.15         unassigned      YES unset  down                  down    ",
        "Loopback1              10.0.2.1        YES NVRAM  up                    up      ",
        "Tunnel0                172.16.0.2      YES NVRAM  up                    up      ",
    ]
    assert shown(router, "ip_interface.full", interface="Ethernet0/1") == [
        "Ethernet0/1 is administratively down, line protocol is down",
        "  Internet protocol processing disabled",
    ]
    tunnel = shown(router, "ip_interface.full", interface="Tunnel0")
    features = ["  Input features: MCI Check, TCP Adjust MSS", "  Output features: TCP Adjust MSS"]
    assert {"  MTU is 1400 bytes", *features} <= set(tunnel)
    assert "  Secondary address 10.7.0.1/24" in shown(router, "ip_interface.full", interface="Loopback1")


def test_a_protected_multipoint_tunnel_has_its_lines(router: Any) -> None:
    lines = shown(router, "interfaces.full", interface="Tunnel0")
    at = lines.index("  Tunnel linestate evaluation up")
    assert lines[at : at + 15] == [
        "  Tunnel linestate evaluation up",
        "  Tunnel source 198.51.100.2 (Ethernet0/0)",
        "   Tunnel Subblocks:",
        "      src-track:",
        "         Tunnel0 source tracking subblock associated with Ethernet0/0",
        "          Set of tunnels with source Ethernet0/0, 1 member (includes iterators), on interface <OK>",
        "  Tunnel protocol/transport multi-GRE/IP",
        "    Key 0x64, sequencing disabled",
        "    Checksumming of packets disabled",
        "  Tunnel TTL 255, Fast tunneling enabled",
        "  Tunnel transport MTU 1472 bytes",
        "  Tunnel transmit bandwidth 8000 (kbps)",
        "  Tunnel receive bandwidth 8000 (kbps)",
        '  Tunnel protection via IPSec (profile "PF")',
        "  Last input never, output never, output hang never",
    ]
    assert "  MTU 9972 bytes, BW 100 Kbit/sec, DLY 50000 usec, " in lines


def test_a_subinterface_has_its_vlan_and_no_counters(router: Any) -> None:
    assert shown(router, "interfaces.full", interface="Ethernet0/1.15") == [
        "Ethernet0/1.15 is down, line protocol is down ",
        "  Hardware is AmdP2, address is aabb.cc00.0101 (bia aabb.cc00.0101)",
        "  MTU 1500 bytes, BW 10000 Kbit/sec, DLY 1000 usec, ",
        "     reliability 255/255, txload 1/255, rxload 1/255",
        "  Encapsulation 802.1Q Virtual LAN, Vlan ID  15.",
        "  ARP type: ARPA, ARP Timeout 04:00:00",
        "  Keepalive set (10 sec)",
        '  Last clearing of "show interface" counters never',
    ]


def test_traffic_counts_by_name_and_in_ioss_lines(router: Any) -> None:
    router.forwarding.counters.update({"ip.received": 7, "ip.bad_checksum": 2, "icmp.type_8_received": 3})
    show = find("ip_traffic")
    view = show.view(router, 0)
    lines = list(show.text(view))
    assert "  Rcvd:  7 total, 0 local destination" in lines
    assert "         0 format errors, 2 checksum errors, 0 bad hop count" in lines
    assert "        3 echo, 0 echo reply, 0 mask requests, 0 mask replies, 0 quench" in lines
    assert view.counters["ip.bad_checksum"] == 2


def test_every_show_that_the_grammar_names_can_be_shown(router: Any) -> None:
    grammar = resources.files("iosh.grammar").joinpath("show_ip.ios").read_text()
    names = dict.fromkeys(re.findall(r"-> show (?!vrf)(\S+)", grammar))
    address = {"address": A("10.0.2.1")}
    for name in names:
        arguments = address if name in ("ip_route.entry", "ip_route.longer", "ip_cef.one") else {}
        assert shown(router, name, **arguments)
    assert ip_interface.brief(router, 0, interface="Tunnel0").interfaces[0].address == A("172.16.0.2")


def test_neighbours_can_be_asked_for_one_by_one_and_the_silent_are_incomplete(router: Any) -> None:
    neighbours = router.forwarding.interfaces["Ethernet0/0"].arp
    neighbours.wanted(A("198.51.100.1"), b"packet", 0)
    assert shown(router, "arp", now=200 * SECOND) == [
        "Protocol  Address          Age (min)  Hardware Addr   Type   Interface",
        "Internet  198.51.100.1            3   Incomplete      ARPA   ",
        "Internet  198.51.100.2            -   aabb.cc00.0100  ARPA   Ethernet0/0",
    ]
    assert len(shown(router, "arp", address=A("198.51.100.2"))) == 2
    assert shown(router, "arp", interface="Loopback1") == []


def test_cef_in_detail_and_what_is_not_in_it(router: Any) -> None:
    router.forwarding.settle_statics(
        [Route(P("10.50.0.0/16"), STATIC, 1, "Null0", None), *router.forwarding.rib.statics.values()], 0
    )
    detail = shown(router, "ip_cef.table", detail=True)
    assert detail[:3] == ["IPv4 CEF is enabled and running", "VRF Default", " 29 prefixes (29/0 fwd/non-fwd)"]
    for lines in (
        ["0.0.0.0/0, epoch 0, flags [default route]", "  nexthop 198.51.100.1 Ethernet0/0"],
        ["10.0.2.0/24, epoch 0, flags [attached, connected]", "  attached to Loopback1"],
        ["10.0.2.1/32, epoch 0, flags [receive, local, source eligible]", "  receive for Loopback1"],
        ["10.50.0.0/16, epoch 0", "  attached to Null0"],
        ["240.0.0.0/4, epoch 0", "  Special source: drop", "  drop"],
    ):
        at = detail.index(lines[0])
        assert detail[at : at + len(lines)] == lines
    assert shown(router, "ip_cef.one", address=A("10.50.0.0"), mask=A("255.255.255.0")) == ["%Prefix not found"]
    assert "10.50.0.0/16         0.0.0.0              Null0" in shown(router, "ip_cef.table")
    router.forwarding.settle_interfaces([], 0)
    assert shown(router, "ip_cef.one", address=A("8.8.8.8")) == ["0.0.0.0/0", "  no route"]


def test_a_point_to_point_tunnel_shows_all_that_was_set() -> None:
    forwarding = Forwarding({}, deque(), Timers(), Rng(1))
    tunnel = TunnelSettings(
        source_address=A("9.9.9.9"), destination=A("8.8.8.8"), checksum=True, sequence=True, tos=0xC0, ttl=64,
        path_mtu_discovery=True,
    )  # fmt: skip
    forwarding.settle_interfaces([InterfaceSettings("Tunnel7", unnumbered="Loopback0", tunnel=tunnel)], 0)
    lines = shown(SimpleNamespace(forwarding=forwarding, config=CONFIG), "interfaces.full")
    assert lines[0] == "Tunnel7 is up, line protocol is down "
    at = lines.index("  Tunnel linestate evaluation down")
    assert lines[at + 1 : at + 7] == [
        "  Tunnel source 9.9.9.9, destination 8.8.8.8",
        "  Tunnel protocol/transport GRE/IP",
        "    Key disabled, sequencing enabled",
        "    Checksumming of packets enabled",
        "  Tunnel TOS/Traffic Class 0xC0,  Tunnel TTL 64, Fast tunneling enabled",
        "  Path MTU Discovery, ager 10 mins, min MTU 92",
    ]


def test_an_address_from_the_startup_config_is_told_from_one_that_was_typed(router: Any) -> None:
    typed = [InterfaceSettings("Loopback2", address=own("10.9.9.9/32")), InterfaceSettings("Loopback3")]
    router.forwarding.settle_some_interfaces({each.name: each for each in typed}, SECOND)
    brief = shown(router, "ip_interface.brief")
    assert "Loopback1              10.0.2.1        YES NVRAM  up                    up      " in brief
    assert "Loopback2              10.9.9.9        YES manual up                    up      " in brief
    assert "Loopback3              unassigned      YES unset  up                    up      " in brief
    assert "  Address determined by non-volatile memory" in shown(router, "ip_interface.full", interface="Loopback1")
    assert "  Address determined by setup command" in shown(router, "ip_interface.full", interface="Loopback2")


def test_an_interface_names_its_access_lists_and_its_side_of_the_translation() -> None:
    forwarding = Forwarding({"Ethernet0/0": Port(0)}, deque(), Timers(), Rng(1))
    settings = InterfaceSettings(
        "Ethernet0/0", address=own("192.0.2.1/24"), access_in="IN", access_out="OUT", nat="outside", adjust_mss=1360
    )
    forwarding.settle_interfaces([settings], 0)
    lines = shown(SimpleNamespace(forwarding=forwarding, config=CONFIG), "ip_interface.full")
    assert {
        "  Outgoing access list is OUT",
        "  Inbound  access list is IN",
        "  Network address translation is enabled, interface in domain outside",
        "  Input features: Access List, Virtual Fragment Reassembly, NAT Outside, MCI Check, TCP Adjust MSS",
        "  Output features: Post-routing NAT Outside, Access List, TCP Adjust MSS",
    } <= set(lines)


def test_what_a_port_loses_is_among_the_errors_and_drops_until_they_are_cleared(router: Any) -> None:
    interface = router.forwarding.interfaces["Ethernet0/0"]
    interface.port.drops["buffer full"] = 7
    interface.port.errors.update({OVERRUN: 5, "stranger": 2})
    lines = shown(router, "interfaces.full", interface="Ethernet0/0")
    assert "  Input queue: 0/75/0/0 (size/max/drops/flushes); Total output drops: 7" in lines
    assert "     7 input errors, 0 CRC, 2 frame, 5 overrun, 0 ignored" in lines
    (view,) = find("interfaces.full").view(router, 0, interface="Ethernet0/0").interfaces
    assert view.counters.drops == {"port.buffer full": 7, "port.overrun": 5, "port.stranger": 2}
    assert "rx_missed_errors 5" in shown(router, "chassis.controllers")
    router.forwarding.clear_counters("Ethernet0/0", 0)
    (view,) = find("interfaces.full").view(router, 0, interface="Ethernet0/0").interfaces
    assert (view.counters.in_errors, view.counters.out_drops, view.counters.drops) == (0, 0, {})
