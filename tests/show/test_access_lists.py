"""Access lists and translations as text, held against what IOS printed."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.cli.load import load
from iosh.cli.render import running_config
from iosh.router.acl import AccessList, AclSettings, settings_of
from iosh.router.nat import Nat
from iosh.router.nat_table import (
    Clause,
    DestinationRule,
    NatSettings,
    OutsideRule,
    PoolSettings,
    SourceRule,
    StaticRule,
)
from iosh.router.wanted_nat import nat_settings
from iosh.show import access_lists, ip_nat, object_group
from iosh.show.plain import plain
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp
from iosh.wire.udp import Udp

A = IPv4.parse
GOLDENS = Path(__file__).resolve().parents[3] / "shared" / "goldens"
golden = pytest.mark.skipif(not GOLDENS.is_dir(), reason="the captured outputs are not at hand")

# Lines of the captured outputs that are not taken, each kind with its reason.
NOT_TAKEN = {
    "GROUP eq snmp": "IOS has no such word for a port of TCP: the sample was written by hand",
    "3 eq snmp object-group": "IOS has no such word for a port of TCP: the sample was written by hand",
    "255 eq snmp object-group": "IOS has no such word for a port of TCP: the sample was written by hand",
    "udp object-group SRC_NETWORK_OBJECT_GROUP 10.1.2.0 0.0.0.255 eq www": "nor this one for one of UDP",
    "udp 10.1.2.0 0.0.0.255 object-group DST_NETWORK_OBJECT_GROUP eq www": "nor this one for one of UDP",
    "(tag =": "a line with `log` takes no word of its own",
    "eq telnet ssh http": "IOS has no such words for ports: the sample was written by hand",
    "#": "a list of the box's own making, not of the configuration",
}
# Lines the samples print otherwise than IOS does.
ODD = {
    "    20 deny 10.1.1.2 (1 match)": "a standard list pads `deny`; this line was added by hand",
    "    30 deny tcp any range www domain 10.10.10.10 0.0.0.255": "bits under the wildcard, which IOS drops",
    "    110 permit tcp any 10.1.1.0 0.0.255.255 established psh": "bits under the wildcard, which IOS drops",
    "    50 permit icmp 10.10.10.0 0.0.0.255 any ttl-exceeded  (1278456 matches)": "two blanks, by hand",
    "    16 deny udp host 192.168.1.3 host 192.168.2.12 range 12 15": "an extended line in a standard list",
    "    17 deny tcp host 192.168.1.12 eq 12 host 192.168.2.30 eq 40": "an extended line in a standard list",
}


def samples() -> list[Path]:
    folders = ("show_access-list", "show_ip_access-lists")
    return [path for folder in folders for path in sorted((GOLDENS / "ntc" / folder).glob("*.raw"))]


def shown(lists: list[AccessList]) -> list[str]:
    policy = SimpleNamespace(access_lists={each.settings.name: each for each in lists}, reflexive={})
    router: Any = SimpleNamespace(forwarding=SimpleNamespace(policy=policy))
    return list(access_lists.text(access_lists.view(router, 0)))


def reprinted(header: str, lines: list[str]) -> list[str]:
    """Lines of a captured output, taken as configuration, matched as often as they say, and printed."""
    kind, name = header.split()[0].lower(), header.split()[-1]
    spoken = [line.split(" (")[0].replace(", wildcard bits", "") for line in lines]
    spoken = [line.replace(" SERVICE_OBJECT_GROUP", " object-group SERVICE_OBJECT_GROUP") for line in spoken]
    active = [found[1] for line in lines if (found := re.search(r"time-range (\S+) \(active\)", line))]
    config, complaints = load("\n".join([f"ip access-list {kind} {name}", *(f" {line.strip()}" for line in spoken)]))
    assert complaints == []
    (settings,) = settings_of(config).values()
    compiled = AccessList(settings, active=active)
    for line, found in zip(lines, compiled.lines, strict=True):
        counted = re.search(r"\((\d+) match", line)
        found.matches = int(counted[1]) if counted else 0
    return shown([compiled])


@golden
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_access_lists_print_as_ios_printed_them(path: Path) -> None:
    blocks: list[list[str]] = []
    for line in path.read_text().splitlines():
        if "access list" in line:
            blocks.append([line])
        elif line.strip():
            blocks[-1].append(f"    {line.strip()}")
    taken = 0
    for header, *lines in blocks:
        if any(mark in header for mark in NOT_TAKEN):
            continue
        usual = [line for line in lines if line not in ODD and not any(mark in line for mark in NOT_TAKEN)]
        usual = sorted(dict.fromkeys(usual), key=lambda line: int(line.split()[0]))
        assert reprinted(header, usual) == [header, *usual]
        taken += len(usual)
    assert taken


LINES = """
 10 permit tcp any eq www 443 10.0.0.0 0.0.0.255 range 100 200 established log-input
 20 deny udp host 10.0.0.1 gt ntp any neq snmp snmptrap
 30 permit icmp any any port-unreachable
 40 permit icmp any any 200 7
 50 permit esp any host 10.0.0.1 dscp ef
 60 permit 99 any any precedence critical tos normal fragments
 70 permit tcp any any ack psh syn log
 80 permit udp any lt isakmp any
 90 permit ip any any time-range office
 100 permit tcp object-group lan eq 22 object-group dmz match-any +syn -ack
 110 permit ip any any option record-route ttl range 1 5
 120 permit ip any any option any-options
 130 permit udp any any reflect out timeout 30
 140 evaluate out
"""

GROUPS = """
object-group network lan
 description inside
 host 10.0.0.1
 10.1.1.7 255.255.255.0
 range 10.2.0.1 10.2.0.9
 group-object dmz
object-group network dmz
 any
object-group service web
 tcp eq www
 tcp source gt 1023 range 8080 8000
 udp lt ntp
 icmp echo
 icmp 200 7
 tcp-udp eq domain
 ospf
"""


def test_extended_lines_read_as_the_configuration_has_them() -> None:
    config, complaints = load(f"ip access-list extended x\n{LINES}")
    assert complaints == []
    (settings,) = settings_of(config).values()
    text = [line.strip() for line in shown([AccessList(settings)])[1:]]
    assert text.pop(8) == "90 permit ip any any time-range office (inactive)"
    wanted = [line.strip() for line in LINES.strip().splitlines()]
    configured = [line.strip() for line in running_config(config) if line[1:2].isdigit()]
    assert [line.replace("deny   ", "deny ") for line in configured] == wanted
    del wanted[8]
    assert text == wanted


def test_object_groups_are_listed_with_their_networks_whole() -> None:
    config, complaints = load(GROUPS)
    assert complaints == []
    router: Any = SimpleNamespace(config=config)
    assert list(object_group.text(object_group.view(router, 0))) == [
        "Network object group dmz",
        " any",
        "Network object group lan",
        " Description inside",
        " host 10.0.0.1",
        " 10.1.1.0 255.255.255.0",
        " range 10.2.0.1 10.2.0.9",
        " group-object dmz",
        "Service object group web",
        " tcp eq www",
        " tcp source gt 1023 range 8000 8080",
        " udp lt ntp",
        " icmp echo",
        " icmp 200 7",
        " tcp-udp eq domain",
        " ospf",
    ]
    assert [group.name for group in object_group.view(router, 0, "dmz").groups] == ["dmz"]


def test_counts_stand_behind_lines_that_matched() -> None:
    config, _ = load("access-list 10 permit 10.0.0.1\naccess-list 10 deny any")
    (settings,) = settings_of(config).values()
    compiled = AccessList(settings)
    for source, times in (("10.0.0.1", 1), ("10.0.0.2", 2)):
        for _ in range(times):
            compiled.permits(ipv4.packet(A(source), 1, ipv4.UDP, bytes(8)))
    assert shown([compiled]) == [
        "Standard IP access list 10",
        "    10 permit 10.0.0.1 (1 match)",
        "    20 deny   any (2 matches)",
    ]


# --- translations ----------------------------------------------------------------------------------------------------


def router_with(settings: NatSettings) -> Any:
    nat = Nat(lambda name, packet: True, lambda interface: A("203.0.113.2"), lambda at: None)
    nat.settle(settings, 0)

    def interface(name: str, side: str | None) -> Any:
        address = SimpleNamespace(address=A("203.0.113.2"))
        return SimpleNamespace(name=name, settings=SimpleNamespace(nat=side), address=address)

    interfaces = {name: interface(name, side) for name, side in (("Ethernet0/0", "inside"), ("Ethernet0/1", "outside"))}
    policy = SimpleNamespace(nat=nat)
    return SimpleNamespace(forwarding=SimpleNamespace(policy=policy, interfaces=interfaces), started=0)


OVERLOAD = SourceRule("1", "Ethernet0/1", overload=True)


def echo(source: str, destination: str, identifier: int) -> bytes:
    return ipv4.packet(A(source), A(destination), ipv4.ICMP, Icmp(icmp.ECHO, 0, identifier << 16, b"").encode(), 64)


def datagram(source: str, port: int, destination: str, their: int) -> bytes:
    a, b = A(source), A(destination)
    return ipv4.packet(a, b, ipv4.UDP, Udp(port, their, b"").encode(a, b), 64)


@golden
def test_a_ping_translated_prints_as_ios_printed_it() -> None:
    router = router_with(NatSettings((OVERLOAD,)))
    router.forwarding.policy.nat.outward(echo("10.0.2.1", "8.8.8.8", 1), 0)
    wanted = (GOLDENS / "iol-17.15.1" / "show_ip_nat_translations.hub.txt").read_text().splitlines()
    text = list(ip_nat.translations_text(ip_nat.translations(router, 0)))
    assert text == [line.rstrip() for line in wanted if line.strip()]


def test_static_rows_have_no_outside_and_verbose_rows_tell_their_age() -> None:
    statics = (
        StaticRule(A("192.168.1.12"), 6, 80, A("100.95.3.180"), None, 8080),
        StaticRule(A("10.1.0.2"), None, None, A("10.9.0.0")),
    )
    router = router_with(NatSettings((OVERLOAD,), statics))
    router.forwarding.policy.nat.outward(datagram("10.0.0.5", 5000, "192.0.2.1", 53), SECOND)
    assert list(ip_nat.translations_text(ip_nat.translations(router, 21 * SECOND))) == [
        "Pro Inside global         Inside local          Outside local         Outside global",
        "udp 203.0.113.2:5000      10.0.0.5:5000         192.0.2.1:53          192.0.2.1:53",
        "tcp 100.95.3.180:8080     192.168.1.12:80       ---                   ---",
        "--- 10.9.0.0              10.1.0.2              ---                   ---",
    ]
    view = ip_nat.translations(router, 21 * SECOND, verbose=True)
    assert list(ip_nat.translations_text(view))[2:4] == [
        "    create 00:00:20, use 00:00:20 timeout:60000, left 00:00:40,",
        "    flags:",
    ]
    assert plain(view)["rows"][0]["inside_local"] == {"address": "10.0.0.5", "port": 5000}


def test_statistics_count_rules_and_what_they_gave_out() -> None:
    pool = PoolSettings("P", A("203.0.113.10"), A("203.0.113.17"), 29)
    router = router_with(NatSettings((SourceRule("1", pool=pool),), (), (pool,)))
    nat = router.forwarding.policy.nat
    for _ in range(2):
        nat.outward(datagram("10.0.0.5", 5000, "192.0.2.1", 53), 0)
    assert list(ip_nat.statistics_text(ip_nat.statistics(router, 60 * SECOND))) == [
        "Total active translations: 1 (0 static, 1 dynamic; 0 extended)",
        "Peak translations: 1, occurred 00:01:00 ago",
        "Outside interfaces:",
        "  Ethernet0/1",
        "Inside interfaces: ",
        "  Ethernet0/0",
        "Hits: 2  Misses: 1",
        "CEF Translated packets: 2, CEF Punted packets: 1",
        "Expired translations: 0",
        "Dynamic mappings:",
        "-- Inside Source",
        "[Id: 1] access-list 1 pool P refcount 1",
        " pool P: netmask 255.255.255.248",
        "\tstart 203.0.113.10 end 203.0.113.17",
        "\ttype generic, total addresses 8, allocated 1 (12%), misses 0",
    ]


def test_without_translations_there_is_nothing_to_print() -> None:
    router = router_with(NatSettings())
    assert list(ip_nat.translations_text(ip_nat.translations(router, 0))) == []


# --- what the configuration of others says ---------------------------------------------------------------------------


def test_what_dmvpn_spokes_carry_becomes_rules() -> None:
    config, complaints = load(
        "ip nat pool P 203.0.113.10 203.0.113.20 prefix-length 24\n"
        "ip nat inside source list L interface Ethernet0/1 overload\n"
        "ip nat inside source list M pool P overload\n"
        "ip nat inside source list N pool GONE\n"
        "ip nat inside source route-map R interface Ethernet0/1 overload\n"
        "ip nat inside source static network 10.9.0.7 203.0.113.7 /29\n"
        "ip nat inside source static 10.0.0.9 203.0.113.9 route-map R no-alias\n"
        "ip nat inside destination list V pool SERVERS\n"
        "ip nat pool SERVERS 10.0.0.1 10.0.0.3 prefix-length 24 type rotary\n"
        "ip nat outside source static 192.0.2.1 10.0.0.200 add-route\n"
        "route-map R permit 20\n match ip address L M\n match interface e0/1\n"
        "route-map R deny 10\n match ip address N\n"
        "ip nat inside source static tcp 10.0.0.5 22 interface Ethernet0/1 2222\n"
        "ip nat translation udp-timeout 30\nip nat translation timeout never\n"
    )
    assert complaints == []
    settings = nat_settings(config)
    route_map = (Clause(False, ("N",)), Clause(True, ("L", "M"), ("Ethernet0/1",)))
    pool = PoolSettings("P", A("203.0.113.10"), A("203.0.113.20"), 24)
    assert settings.sources == (
        SourceRule("L", "Ethernet0/1", None, True),
        SourceRule("M", None, pool, True),
        SourceRule(None, "Ethernet0/1", None, True, "R", route_map),
    )
    assert settings.statics == (
        StaticRule(A("10.9.0.0"), global_address=A("203.0.113.0"), length=29),
        StaticRule(A("10.0.0.9"), global_address=A("203.0.113.9"), route_map="R", clauses=route_map),
        StaticRule(A("10.0.0.5"), 6, 22, None, "Ethernet0/1", 2222),
    )
    servers = PoolSettings("SERVERS", A("10.0.0.1"), A("10.0.0.3"), 24, True)
    assert settings.destinations == (DestinationRule("V", servers),)
    assert settings.outsides == (OutsideRule(A("192.0.2.1"), A("10.0.0.200")),)
    assert (settings.timeouts.udp_s, settings.timeouts.timeout_s) == (30, None)


def test_an_acl_of_a_view_is_plain_for_json() -> None:
    settings = AclSettings("x", True, ())
    router: Any = SimpleNamespace(
        forwarding=SimpleNamespace(policy=SimpleNamespace(access_lists={"x": AccessList(settings)}, reflexive={}))
    )
    empty = {"name": "x", "standard": True, "lines": [], "direction": None}
    assert plain(access_lists.view(router, 0, "y")) == {"lists": [], "reflexive": []}
    assert plain(access_lists.view(router, 0, "x")) == {"lists": [empty], "reflexive": []}
