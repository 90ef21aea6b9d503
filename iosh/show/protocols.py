"""`show protocols` and `show ip protocols`: IP on each interface, and the routing protocols that run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import short
from iosh.base.time import Instant, Span, clock
from iosh.config.eigrp import Network
from iosh.show.ip_interface import ordered
from iosh.show.ip_route import classful
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_APPLICATION: Final = """\
*** IP Routing is NSF aware ***

Routing Protocol is "application"
  Sending updates every 0 seconds
  Invalid after 0 seconds, hold down 0, flushed after 0
  Outgoing update filter list for all interfaces is not set
  Incoming update filter list for all interfaces is not set
  Maximum path: 32
  Routing for Networks:
  Routing Information Sources:
    Gateway         Distance      Last Update
  Distance: (default is 4)
"""


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One interface and its address."""

    name: str
    status: str
    protocol: str
    address: IPv4 | None
    length: int


@dataclass(frozen=True, slots=True)
class Protocols:
    """`show protocols`."""

    interfaces: tuple[ProtocolLine, ...]


def protocols(router: Router, now: Instant) -> Protocols:
    return Protocols(
        tuple(
            ProtocolLine(
                state.name,
                state.link_state,
                "up" if state.protocol else "down",
                state.address.address if state.address else None,
                state.address.length if state.address else 0,
            )
            for state in ordered(router)
        )
    )


def protocols_text(view: Protocols) -> Iterator[str]:
    yield "Global values:"
    yield "  Internet Protocol routing is enabled"
    for line in view.interfaces:
        yield f"{line.name} is {line.status}, line protocol is {line.protocol}"
        if line.address is not None:
            yield f"  Internet address is {line.address}/{line.length}"


@dataclass(frozen=True, slots=True)
class Gateway:
    """A neighbour routes came from, and how long ago the last of them did."""

    address: IPv4
    distance: int
    age_ns: Span


@dataclass(frozen=True, slots=True)
class EigrpProtocol:
    """One EIGRP process."""

    autonomous_system: int
    name: str | None
    router_id: IPv4
    k: tuple[int, ...]
    wide: bool
    rib_scale: int
    active_min: int | None
    distances: tuple[int, int]
    maximum_paths: int
    maximum_hops: int
    variance: int
    summaries: tuple[tuple[Prefix, str], ...]
    networks: tuple[str, ...]
    passive: tuple[str, ...]
    redistributing: tuple[str, ...]
    gateways: tuple[Gateway, ...]


@dataclass(frozen=True, slots=True)
class IpProtocols:
    """`show ip protocols`: the routing protocols that run."""

    protocols: tuple[str, ...]
    eigrp: tuple[EigrpProtocol, ...] = ()


def ip_protocols(router: Router, now: Instant) -> IpProtocols:
    eigrp = tuple(_eigrp(router, number, now) for number in sorted(router.routing.eigrp))
    return IpProtocols(("application", *(f"eigrp {each.autonomous_system}" for each in eigrp)), eigrp)


def _eigrp(router: Router, number: int, now: Instant) -> EigrpProtocol:
    machine, process = router.routing.eigrp[number], router.routing.processes[number]
    own = machine.settings
    since: dict[IPv4, Instant] = {}
    for active in router.forwarding.rib.active.values():
        for route in active.routes if active.route.source == machine.source else ():
            if route.peer is not None:
                since[route.peer] = max(route.since, since.get(route.peer, 0))
    return EigrpProtocol(
        number,
        own.name,
        own.router_id,
        own.k,
        own.wide,
        own.rib_scale,
        own.active_s // 60 if own.active_s is not None else None,
        (own.distance_internal, own.distance_external),
        own.maximum_paths,
        own.maximum_hops,
        own.variance,
        tuple((summary.prefix, link.interface) for link in own.links for summary in link.summaries),
        tuple(_network(network) for network in process.networks),
        tuple(link.interface for link in own.links if link.passive),
        tuple(source for source, _ in process.redistribute),
        tuple(Gateway(peer, own.distance_internal, now - at) for peer, at in sorted(since.items())),
    )


def _network(network: Network) -> str:
    """As IOS lists it: a classful network alone, another with its length."""
    length = 32 - network.wildcard.bit_length()
    prefix = Prefix.of(network.address, length)
    return f"{prefix.network}" if prefix == classful(prefix) else f"{prefix}"


def ip_protocols_text(view: IpProtocols) -> Iterator[str]:
    yield from _APPLICATION.splitlines()
    yield ""
    for each in view.eigrp:
        yield from _eigrp_text(each)


def _eigrp_text(view: EigrpProtocol) -> Iterator[str]:
    internal, external = view.distances
    yield f'Routing Protocol is "eigrp {view.autonomous_system}"'
    yield "  Outgoing update filter list for all interfaces is not set"
    yield "  Incoming update filter list for all interfaces is not set"
    yield "  Default networks flagged in outgoing updates"
    yield "  Default networks accepted from incoming updates"
    if view.redistributing:
        yield f"  Redistributing: {', '.join(view.redistributing)}"
    named = f"VR({view.name}) Address-Family " if view.name is not None else ""
    yield f"  EIGRP-IPv4 {named}Protocol for AS({view.autonomous_system})"
    weights = ", ".join(f"K{number}={k}" for number, k in enumerate(view.k[: 6 if view.wide else 5], 1))
    yield f"    Metric weight {weights}"
    if view.wide:
        yield f"    Metric rib-scale {view.rib_scale}"
        yield "    Metric version 64bit"
    yield "    Soft SIA disabled"
    yield "    NSF-aware route hold timer is 240"
    yield f"    Router-ID: {view.router_id}"
    yield "    Topology : 0 (base) "
    yield f"      Active Timer: {f'{view.active_min} min' if view.active_min is not None else 'disabled'}"
    yield f"      Distance: internal {internal} external {external}"
    yield f"      Maximum path: {view.maximum_paths}"
    yield f"      Maximum hopcount {view.maximum_hops}"
    yield f"      Maximum metric variance {view.variance}"
    yield ""
    yield "  Automatic Summarization: disabled"
    if view.summaries:
        yield "  Address Summarization:"
    for prefix, interface in view.summaries:
        yield f"    {prefix} for {short(interface)}"
    yield f"  Maximum path: {view.maximum_paths}"
    yield "  Routing for Networks:"
    for network in view.networks:
        yield f"    {network}"
    if view.passive:
        yield "  Passive Interface(s):"
    for interface in view.passive:
        yield f"    {interface}"
    yield "  Routing Information Sources:"
    yield "    Gateway         Distance      Last Update"
    for gateway in view.gateways:
        yield f"    {gateway.address:<15}{gateway.distance:>9}      {clock(gateway.age_ns)}"
    yield f"  Distance: internal {internal} external {external}"
    yield ""


SHOWS: Final = {"interfaces": Show(protocols, protocols_text), "ip": Show(ip_protocols, ip_protocols_text)}
