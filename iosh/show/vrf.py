"""`show vrf [detail]`, `show ip vrf [detail|interfaces]`, and the routes and neighbours of one VRF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.addr import IPv4
from iosh.base.interface_name import short
from iosh.base.time import Instant
from iosh.config.kept import Kept
from iosh.config.model import Config
from iosh.config.model_vrf import VrfDefinition
from iosh.show import arp, ip_route
from iosh.show.arp import ArpTable
from iosh.show.ip_route import IpRoute, IpRouteEntry
from iosh.show.registry import Show

_IPV6_TABLES: Final = 0x1E000000
_IN_A_LINE: Final = 3
_FAMILIES: Final = ("ipv4", "ipv6")


@dataclass(frozen=True, slots=True)
class Family:
    """One address family of a VRF, with its route targets."""

    name: str
    exported: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vrf:
    """One VRF. `old`: configured by `ip vrf`, which knows IPv4 only."""

    name: str
    number: int
    rd: str | None
    description: str | None
    old: bool
    families: tuple[Family, ...]
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vrfs:
    """All VRFs. `old`: asked as `show ip vrf`, whose table has no protocols."""

    vrfs: tuple[Vrf, ...]
    old: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One interface in a VRF."""

    interface: str
    address: IPv4 | None
    vrf: str
    up: bool


@dataclass(frozen=True, slots=True)
class Members:
    """`show ip vrf interfaces`."""

    interfaces: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of a VRF, or one of them; None where there is no such VRF."""

    vrf: str
    table: IpRoute | IpRouteEntry | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours in a VRF; None where there is no such VRF."""

    vrf: str
    table: ArpTable | None


def defined(config: Config) -> dict[str, VrfDefinition]:
    """The VRFs of a configuration, by name."""
    return {**config.vrfs, **config.ip_vrfs}


def missing(name: str) -> str:
    """What IOS says of the table of a VRF that is not configured."""
    return f"% IP routing table {name} does not exist"


def routes(router: Any, now: Instant, vrf: str, address: IPv4 | None = None, mask: IPv4 | None = None) -> Routes:
    """`show ip route vrf`."""
    if vrf not in defined(router.config):
        return Routes(vrf, None)
    if address is not None:
        return Routes(vrf, ip_route.entry(router, now, address, mask, vrf))
    return Routes(vrf, ip_route.table(router, now, vrf=vrf))


def neighbours(router: Any, now: Instant, vrf: str) -> Neighbours:
    """`show arp vrf`."""
    return Neighbours(vrf, arp.table(router, now, vrf=vrf) if vrf in defined(router.config) else None)


def vrfs(router: Any, now: Instant, old: bool = False, name: str | None = None) -> Vrfs:
    """All, or one; numbered in the order of the configuration."""
    config = router.config
    known = enumerate(defined(config).items(), 1)
    found = [_vrf(one, number, vrf, config) for number, (one, vrf) in known]
    return Vrfs(tuple(sorted((vrf for vrf in found if name in (None, vrf.name)), key=lambda vrf: vrf.name)), old)


def _vrf(name: str, number: int, vrf: VrfDefinition, config: Config) -> Vrf:
    old = name in config.ip_vrfs
    inside = {key.slot.split()[1]: block for key, block in vrf.kept.items() if key.slot.startswith("address-family")}
    families = {"ipv4": (vrf,)} if old else {family: (vrf, block) for family, block in inside.items()}
    return Vrf(
        name,
        number,
        vrf.rd,
        vrf.description,
        old,
        tuple(_family(family, *blocks) for family, blocks in families.items()),
        tuple(interface.name for interface in config.interfaces.values() if interface.vrf_name == name),
    )


def _family(name: str, *blocks: VrfDefinition | Kept) -> Family:
    """Route targets stand in the family, or in the VRF for all of them."""
    lines = dict.fromkeys(one.line for block in blocks for one in block.kept.values())
    targets = [line.split() for line in lines if line.startswith("route-target")]
    ways = [tuple(words[-1] for words in targets if words[1] in (way, "both")) for way in ("export", "import")]
    return Family(name, *ways)


def members(router: Any, now: Instant) -> Members:
    """Every interface that is in a VRF, by VRF."""
    states = router.forwarding.interfaces
    found = []
    for name, interface in router.config.interfaces.items():
        vrf, state = interface.vrf_name, states.get(name)
        if vrf is not None and state is not None:
            address = state.address.address if state.address is not None else None
            found.append(Member(name, address, vrf, state.protocol))
    return Members(tuple(sorted(found, key=lambda one: one.vrf)))


def table_text(value: Vrfs) -> Iterator[str]:
    """The table; where there is no VRF the heading stands alone."""
    protocols = "" if value.old else f"{'Protocols':<12}"
    yield f"  {'Name':<32} {'Default RD':<22}{protocols}Interfaces"
    for vrf in value.vrfs:
        known = "" if value.old else f"{','.join(family.name for family in vrf.families):<12}"
        first, *more = vrf.interfaces or ("",)
        yield f"  {vrf.name:<32} {vrf.rd or '<not set>':<22}{known}{first and short(first)}".rstrip()
        for name in more:
            yield f"{'':<{57 + len(known)}}{short(name)}"


def detail_text(value: Vrfs) -> Iterator[str]:
    """All that is known of each."""
    for vrf in value.vrfs:
        yield f"VRF {vrf.name} (VRF Id = {vrf.number}); default RD {vrf.rd or '<not set>'}; default VPNID <not set>"
        if vrf.description is not None:
            yield f"  Description: {vrf.description}"
        yield f"  {'Old CLI format, supports IPv4 only' if vrf.old else _NEW}"
        yield f"  Flags: 0x{(0 if vrf.old else 0x1800) | 0x8 | (0x4 if vrf.rd else 0):X}"
        if vrf.interfaces:
            yield "  Interfaces:"
            yield from _columns([short(name) for name in vrf.interfaces])
        else:
            yield "  No interfaces"
        active = {family.name: family for family in vrf.families}
        for name in _FAMILIES:
            yield from _family_text(name, active.get(name), vrf.number)
        for name in _FAMILIES:
            yield f"Address family {name} multicast not active"
        yield ""


_NEW: Final = "New CLI format, supports multiple address-families"


def _family_text(name: str, family: Family | None, number: int) -> Iterator[str]:
    if family is None:
        yield f"Address family {name} unicast not active"
        return
    yield f"Address family {name} unicast (Table ID = 0x{number + (_IPV6_TABLES if name == 'ipv6' else 0):X}):"
    yield "  Flags: 0x0"
    for word, targets in (("Export", family.exported), ("Import", family.imported)):
        yield f"  {word if targets else f'No {word}'} VPN route-target communities"
        yield from _columns([f"RT:{target}" for target in targets])
    yield "  No import route-map"
    yield "  No global export route-map"
    yield "  No export route-map"
    yield "  VRF label distribution protocol: not configured"
    yield "  VRF label allocation mode: per-prefix"


def _columns(words: list[str]) -> Iterator[str]:
    for at in range(0, len(words), _IN_A_LINE):
        yield "    " + " ".join(f"{word:<24}" for word in words[at : at + _IN_A_LINE])


def members_text(value: Members) -> Iterator[str]:
    yield f"{'Interface':<22} {'IP-Address':<15} {'VRF':<32} Protocol"
    for one in value.interfaces:
        address = "unassigned" if one.address is None else str(one.address)
        yield f"{short(one.interface):<22} {address:<15} {one.vrf:<32} {'up' if one.up else 'down':<8}"


def routes_text(value: Routes) -> Iterator[str]:
    """The table, under its name."""
    if value.table is None:
        yield missing(value.vrf)
        return
    yield ""
    yield f"Routing Table: {value.vrf}"
    if isinstance(value.table, IpRoute):
        yield from ip_route.table_text(value.table)
    else:
        yield from ip_route.entry_text(value.table)


def neighbours_text(value: Neighbours) -> Iterator[str]:
    if value.table is None:
        yield f"% VRF {value.vrf} does not exist"
        return
    yield from arp.table_text(value.table)


SHOWS: Final = {
    "": Show(vrfs, table_text),
    "detail": Show(vrfs, detail_text),
    "interfaces": Show(members, members_text),
    "neighbours": Show(neighbours, neighbours_text),
    "routes": Show(routes, routes_text),
}
