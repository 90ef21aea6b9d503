"""A big cloud made in memory: one hub, an Internet of one router, any number of spokes, as a topology like any other.

Every spoke has a point-to-point link to the Internet router (a switched Internet would carry each ARP request to every
spoke, and the cost would grow with the square of their number), a LAN on a loopback, and a config as an
engineer would write it; group 19 keeps key agreement cheap. Used by benches and by tests of many spokes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from iosh.lab.kinds import KINDS
from iosh.lab.topology import End, Link, Node, Topology
from iosh.underlay.sim.cable import PLAIN

LARGEST: Final = (
    16_000  # spokes: as many /30 as 100.64.0.0/10 has room for, with the tunnel in one /16 and the LANs in 10/8
)

_CRYPTO: Final = """\
crypto ikev2 proposal SWARM
 encryption aes-gcm-128
 prf sha256
 group 19
!
crypto ikev2 policy SWARM
 proposal SWARM
!
crypto ikev2 keyring SWARM
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key Not-A-Secret-In-A-Lab
 !
!
crypto ikev2 profile SWARM
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local SWARM
!
crypto ipsec transform-set SWARM esp-gcm
 mode transport
!
crypto ipsec profile SWARM
 set transform-set SWARM
 set ikev2-profile SWARM
!
"""


def swarm(spokes: int, protected: bool = True) -> Topology:
    """A phase 3 cloud of one hub (`hub`) and that many spokes (`spoke1`, ...), with IPsec unless `protected` is off."""
    if not 1 <= spokes <= LARGEST:
        raise ValueError(f"a swarm has 1 to {LARGEST} spokes, not {spokes}")
    plan = _Plan(spokes)
    startups = {"internet": _internet(plan), "hub": _hub(plan, protected)}
    startups |= {f"spoke{number}": _spoke(plan, number, protected) for number in range(1, spokes + 1)}
    kind = KINDS["iosh"]
    nodes = {name: Node(name, kind, text, f"{name}.cfg", 0, (), 0) for name, text in startups.items()}
    links = tuple(
        Link((End(name, "GigabitEthernet1"), End("internet", f"GigabitEthernet{number + 1}")), PLAIN, 0)
        for number, name in enumerate(list(startups)[1:])
    )
    return Topology(f"swarm-{spokes}", f"swarm-{spokes}", nodes, links)


class _Plan:
    """The addresses: number 0 is the hub's."""

    def __init__(self, spokes: int) -> None:
        from netaddr import IPNetwork  # lazily: every lab imports this floor, few make a swarm

        self.spokes = spokes
        links: Iterator[IPNetwork] = IPNetwork("100.64.0.0/10").subnet(30)
        self.links = [(str(link[1]), str(link[2])) for link, _ in zip(links, range(spokes + 1))]
        tunnel = IPNetwork("172.16.0.0/16")
        self.tunnels = [str(tunnel[number + 1]) for number in range(spokes + 1)]
        lans = IPNetwork("10.0.0.0/8").subnet(24)
        self.lans = [(str(lan[0]), str(lan[1])) for lan, _ in zip(lans, range(spokes + 1))]


def _internet(plan: _Plan) -> str:
    parts = ["hostname INTERNET\n!\n"]
    for number, (gateway, _) in enumerate(plan.links):
        parts.append(f"interface GigabitEthernet{number + 1}\n ip address {gateway} 255.255.255.252\n!\n")
    return "".join(parts) + "end\n"


def _hub(plan: _Plan, protected: bool) -> str:
    nhrp = [" ip nhrp redirect"]
    routes = [
        f"ip route {lan} 255.255.255.0 {tunnel}"
        for (lan, _), tunnel in zip(plan.lans[1:], plan.tunnels[1:], strict=True)
    ]
    return _router("HUB", plan, 0, nhrp, routes, protected)


def _spoke(plan: _Plan, number: int, protected: bool) -> str:
    nhrp = [f" ip nhrp nhs {plan.tunnels[0]} nbma {plan.links[0][1]} multicast", " ip nhrp shortcut"]
    return _router(f"SPOKE{number}", plan, number, nhrp, [f"ip route 10.0.0.0 255.0.0.0 {plan.tunnels[0]}"], protected)


def _router(hostname: str, plan: _Plan, number: int, nhrp: list[str], routes: list[str], protected: bool) -> str:
    gateway, nbma = plan.links[number]
    protection = [" tunnel protection ipsec profile SWARM"] if protected else []
    lines = [
        f"hostname {hostname}",
        "!",
        *(_CRYPTO.splitlines() if protected else []),
        "interface Loopback0",
        f" ip address {plan.lans[number][1]} 255.255.255.0",
        "!",
        "interface Tunnel0",
        f" ip address {plan.tunnels[number]} 255.255.0.0",
        " no ip redirects",
        " ip mtu 1400",
        " ip nhrp authentication SWARM",
        " ip nhrp network-id 1",
        *nhrp,
        " ip tcp adjust-mss 1360",
        " tunnel source GigabitEthernet1",
        " tunnel mode gre multipoint",
        " tunnel key 100",
        *protection,
        "!",
        "interface GigabitEthernet1",
        f" ip address {nbma} 255.255.255.252",
        "!",
        f"ip route 0.0.0.0 0.0.0.0 {gateway}",
        *routes,
        "!",
        "end",
    ]
    return "\n".join(lines) + "\n"
