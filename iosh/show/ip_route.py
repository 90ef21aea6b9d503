"""`show ip route`, its filters, one prefix of it, and its summary.

Routes are grouped as IOS does by the classful network they lie in; what is a whole classful network or larger stands
on a line of its own. `%` marks a route whose next hop NHRP overrides; `next-hop-override` prints the override too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from iosh.base.addr import DEFAULT, IPv4, Prefix
from iosh.base.time import Instant, Span, clock
from iosh.router.rib import CONNECTED, LOCAL, NHRP, STATIC, UNREACHABLE_DISTANCE, Active
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

CODES = {CONNECTED: "C", LOCAL: "L", STATIC: "S", NHRP: "H", "eigrp": "D"}
KINDS = {"external": "EX"}
PROTOCOLS = ("eigrp",)  # sources that are routing protocols, without their number
SOURCES = (CONNECTED, STATIC, "application", NHRP)
LEGEND = """\
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area 
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2, m - OMP
       n - NAT, Ni - NAT inside, No - NAT outside, Nd - NAT DIA
       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2
       ia - IS-IS inter area, * - candidate default, U - per-user static route
       H - NHRP, G - NHRP registered, g - NHRP registration summary
       o - ODR, P - periodic downloaded static route, l - LISP
       a - application route
       + - replicated route, % - next hop override, p - overrides from PfR
       & - replicated local route overrides by connected
"""  # noqa: W291 - the blank at the end of the second line is IOS's
_MAXIMUM_PATHS = 32
_MEMORY = {"subnet": 312, "overhead": 96, "network": 460}


@dataclass(frozen=True)
class Via:
    """One way of a route: a next hop, an interface, or both; `age_ns` where IOS shows one."""

    next_hop: IPv4 | None
    interface: str | None
    age_ns: Span | None = None
    metric: int = 0
    share: int = 1
    peer: IPv4 | None = None


@dataclass(frozen=True)
class RouteLine:
    """One route. `override` is what NHRP put in the place of its next hops."""

    source: str
    prefix: Prefix
    distance: int
    metric: int
    ways: tuple[Via, ...]
    override: Via | None = None
    kind: str = ""
    tag: int | None = None


@dataclass(frozen=True)
class Network:
    """The routes within one classful network; `uniform` if all have one length and none is the network itself."""

    prefix: Prefix
    subnets: int
    masks: int
    uniform: bool
    routes: tuple[RouteLine, ...]


@dataclass(frozen=True)
class IpRoute:
    """The table, or the part asked for. A route by itself is a `RouteLine`, those of one network a `Network`."""

    gateway: IPv4 | None
    has_default: bool
    lines: tuple[RouteLine | Network, ...]
    overrides: bool = False


def classful(prefix: Prefix) -> Prefix:
    """The class A, B or C network around a prefix."""
    first = prefix.network >> 24
    return Prefix.of(prefix.network, 8 if first < 128 else 16 if first < 192 else 24)


def table(
    router: Router,
    now: Instant,
    source: str | None = None,
    overrides: bool = False,
    within: Prefix = DEFAULT,
    vrf: str = "",
) -> IpRoute:
    """All routes of a VRF, those of one source, or those within one network."""
    rib = router.forwarding.vrfs[vrf].rib
    default = rib.active.get(DEFAULT)
    gateway = None
    if default is not None:
        gateway = default.routes[0].next_hop or IPv4(0)
    lines: list[RouteLine | Network] = []
    actives = list(rib.covered(DEFAULT))
    for major, members in groupby(actives, key=_group):
        inside = list(members)
        chosen = tuple(
            _line(active, now)
            for active in inside
            if (source is None or _is_of(active, source))
            and active.prefix.length >= within.length
            and active.prefix.network in within
        )
        if not chosen:
            continue
        lengths = {active.prefix.length for active in inside}
        if major is None or (len(inside) == 1 and lengths == {major.length}):
            lines.extend(chosen)
            continue
        uniform = len(lengths) == 1
        shown = Prefix(major.network, min(lengths)) if uniform else major
        lines.append(Network(shown, len(inside), len(lengths), uniform, chosen))
    return IpRoute(gateway, default is not None, tuple(lines), overrides)


def longer(router: Router, now: Instant, address: IPv4, mask: IPv4 | None = None) -> IpRoute:
    """`longer-prefixes`: the routes within a network, the classful one if no mask is given."""
    return table(router, now, within=Prefix.of(address, _length(address, mask)))


def _is_of(active: Active, source: str) -> bool:
    """Is this a route of that source, or of any process of that protocol?"""
    return source in (active.route.source, active.route.source.partition(" ")[0])


def _group(active: Active) -> Prefix | None:
    """The classful network a route is listed under; None for one that is larger."""
    major = classful(active.prefix)
    return major if active.prefix.length >= major.length else None


def _length(network: IPv4, mask: IPv4 | None) -> int:
    return 32 - (~mask & 0xFFFFFFFF).bit_length() if mask is not None else classful(Prefix(network, 32)).length


def _line(active: Active, now: Instant) -> RouteLine:
    route = active.route
    aged = route.source == NHRP or route.source.partition(" ")[0] in PROTOCOLS
    ways = tuple(
        Via(
            each.next_hop,
            each.interface,
            now - each.since if aged else None,
            UNREACHABLE_DISTANCE if route.source == NHRP else each.metric,
            each.share,
            each.peer,
        )
        for each in active.routes
    )
    override = active.override
    shown = Via(override.next_hop, override.interface, now - override.since) if override else None
    return RouteLine(route.source, active.prefix, route.distance, ways[0].metric, ways, shown, route.kind, route.tag)


def table_text(view: IpRoute) -> Iterator[str]:
    yield from LEGEND.splitlines()
    yield ""
    if view.has_default:
        yield f"Gateway of last resort is {view.gateway} to network 0.0.0.0"
    else:
        yield "Gateway of last resort is not set"
    yield ""
    for line in view.lines:
        if isinstance(line, RouteLine):
            yield from _route_text(line, f"{line.prefix}", 6, view.overrides)
            continue
        if line.uniform:
            yield f"      {line.prefix} is subnetted, {line.subnets} subnets"
        else:
            yield f"      {line.prefix} is variably subnetted, {line.subnets} subnets, {line.masks} masks"
        for route in line.routes:
            shown = f"{route.prefix.network}" if line.uniform else f"{route.prefix}"
            yield from _route_text(route, shown, 9, view.overrides)


def _route_text(route: RouteLine, shown: str, column: int, overrides: bool) -> Iterator[str]:
    code = CODES[route.source.partition(" ")[0]] + ("*" if route.prefix == DEFAULT else "")
    if route.kind in KINDS:
        code = f"{code:<2}{KINDS[route.kind]}"
    mark = "%" if route.override else ""
    lead = f"{f'{code:<4}{mark}':<{column}}{shown} "
    for n, way in enumerate(route.ways):
        figures = f"[{route.distance}/{way.metric}]"
        yield (lead if n == 0 else " " * len(lead)) + _way_text(way, figures, route.kind == "summary")
    if route.override is not None and overrides:
        yield " " * len(lead) + "[NHO]" + _way_text(route.override, f"[{route.distance}/{UNREACHABLE_DISTANCE}]")


def _way_text(way: Via, figures: str, summary: bool = False) -> str:
    age = f", {clock(way.age_ns)}" if way.age_ns is not None else ""
    interface = f", {way.interface}" if way.interface else ""
    if way.next_hop is None:
        return f"is {'a summary' if summary else 'directly connected'}{age}{interface}"
    return f"{figures} via {way.next_hop}{age}{interface}"


# --- one prefix


@dataclass(frozen=True)
class IpRouteEntry:
    """`show ip route A.B.C.D`; without a route, whether at least its classful network is in the table."""

    route: RouteLine | None
    near: bool
    redistributable: bool = False


def entry(router: Router, now: Instant, address: IPv4, mask: IPv4 | None = None, vrf: str = "") -> IpRouteEntry:
    """The longest match of an address (the default route does not count), or exactly one prefix."""
    rib = router.forwarding.vrfs[vrf].rib
    if mask is not None:
        active = rib.active.get(Prefix.of(address, _length(address, mask)))
    else:
        active = rib.lookup(address)
        if active is not None and active.prefix == DEFAULT and address != 0:
            active = None
    near = next(rib.covered(classful(Prefix(address, 32))), None) is not None
    return IpRouteEntry(_line(active, now) if active is not None else None, near)


def entry_text(view: IpRouteEntry) -> Iterator[str]:
    route = view.route
    if route is None:
        yield "% Subnet not in table" if view.near else "% Network not in table"
        return
    supernet = ", supernet" if route.prefix.length < classful(route.prefix).length else ""
    yield f"Routing entry for {route.prefix}{supernet}"
    known = f'  Known via "{route.source}", distance {route.distance}, metric {route.metric}'
    if route.source in (CONNECTED, LOCAL):
        known += " (connected, via interface)" if route.source == CONNECTED else " (connected)"
    elif route.prefix == DEFAULT:
        known += ", candidate default path"
    if route.tag and route.kind:
        yield known
        known = f"  Tag {route.tag}"
    if route.kind:
        known += f", type {'external' if route.kind == 'external' else 'internal'}"
    yield known
    if route.kind:
        yield f"  Redistributing via {route.source}"
    first = route.ways[0]
    if first.age_ns is not None and first.next_hop is not None:
        yield f"  Last update from {first.next_hop} on {first.interface}, {clock(first.age_ns)} ago"
    yield "  Routing Descriptor Blocks:"
    for n, way in enumerate(route.ways):
        yield f"  {'*' if n == 0 else ' '} {_block_text(way)}"
        yield f"      Route metric is {way.metric}, traffic share count is {way.share}"
    if route.override is not None:
        yield f"    [NHO] {_block_text(route.override)}"


def _block_text(way: Via) -> str:
    via = f", via {way.interface}" if way.interface else ""
    if way.next_hop is None:
        return f"directly connected{via}"
    if way.age_ns is None:
        return f"{way.next_hop}{via}"
    return f"{way.next_hop}, from {way.peer or way.next_hop}, {clock(way.age_ns)} ago{via}"


# --- summary


@dataclass(frozen=True)
class SourceSummary:
    """How many routes a source has: whole classful networks (or larger), and subnets."""

    source: str
    networks: int
    subnets: int


@dataclass(frozen=True)
class IpRouteSummary:
    """`show ip route summary`; `majors` are the classful networks that have subnets."""

    sources: tuple[SourceSummary, ...]
    majors: int


def summary(router: Router, now: Instant) -> IpRouteSummary:
    actives = list(router.forwarding.rib.covered(DEFAULT))
    majors = {classful(active.prefix) for active in actives if _group(active) is not None}
    counted = {source: [0, 0] for source in SOURCES}
    for active in actives:
        source = CONNECTED if active.route.source == LOCAL else active.route.source
        counted.setdefault(source, [0, 0])[active.prefix.length > classful(active.prefix).length] += 1
    return IpRouteSummary(
        tuple(SourceSummary(source, *counts) for source, counts in counted.items()),
        len(majors),
    )


def summary_text(view: IpRouteSummary) -> Iterator[str]:
    yield "IP routing table name is default (0x0)"
    yield f"IP routing table maximum-paths is {_MAXIMUM_PATHS}"
    yield "Route Source    Networks    Subnets     Replicates  Overhead    Memory (bytes)"
    networks = subnets = 0
    for each in view.sources:
        yield _summary_row(each.source, each.networks, each.subnets, 0)
        networks += each.networks
        subnets += each.subnets
    memory = view.majors * _MEMORY["network"]
    yield f"{'internal':<16}{view.majors:<48}{memory}"
    yield _summary_row("Total", networks, subnets, memory)


def _summary_row(name: str, networks: int, subnets: int, more: int) -> str:
    routes = networks + subnets
    overhead, memory = routes * _MEMORY["overhead"], routes * _MEMORY["subnet"] + more
    return f"{name:<16}{networks:<12}{subnets:<12}{0:<12}{overhead:<12}{memory}"


SHOWS = {
    "table": Show(table, table_text),
    "longer": Show(longer, table_text),
    "entry": Show(entry, entry_text),
    "summary": Show(summary, summary_text),
}
