"""`show adjacency`: the next hops the forwarding path has finished headers for, neighbours and tunnel peers alike.

The header is printed as IOS does: the Ethernet header of a neighbour; of a tunnel peer the outer IPv4 header with
length and identification 0, then GRE's. Packets are counted by interface and route, not by adjacency: 0, as where IOS
has no accounting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.router.interfaces import InterfaceState
from iosh.router.tunnel import TunnelState
from iosh.show.ip_interface import ordered
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_COLUMN: Final = 35  # where the details of an adjacency begin
_ROW: Final = 16  # bytes of a header in a row
_REFERENCES: Final = 8
_TAGGED: Final = b"\x81\x00"  # 802.1Q's ethertype


@dataclass(frozen=True, slots=True)
class Adjacency:
    """One next hop. `below` is the way to a tunnel peer: interface and next hop of the network that carries it."""

    interface: str
    address: IPv4
    header: bytes | None
    is_tunnel: bool = False
    below: tuple[str, IPv4] | None = None
    references: int = _REFERENCES


@dataclass(frozen=True, slots=True)
class Adjacencies:
    """`show adjacency`, `detail` as asked for."""

    adjacencies: tuple[Adjacency, ...]
    detail: bool = False


def table(router: Router, now: Instant, interface: str | None = None, detail: bool = False) -> Adjacencies:
    """All, or those of one interface."""
    found: list[Adjacency] = []
    for state in ordered(router):
        if interface in (None, state.name) and state.protocol:
            found += _of(router, state)
    return Adjacencies(tuple(found), detail)


def _of(router: Router, state: InterfaceState) -> Iterator[Adjacency]:
    if isinstance(state, TunnelState):
        for address in sorted(state.next_hops):
            nbma = state.next_hops[address].nbma
            yield Adjacency(state.name, IPv4(address), state.rewrite(nbma), True, _below(router, nbma))
    elif state.arp is not None:
        for address in sorted(state.arp.entries):
            yield Adjacency(state.name, IPv4(address), state.arp.rewrites.get(address))


def _below(router: Router, nbma: IPv4) -> tuple[str, IPv4] | None:
    flow = router.forwarding.fib.flow(nbma)
    return None if flow.interface is None else (flow.interface.name, IPv4(flow.next_hop))


def table_text(view: Adjacencies) -> Iterator[str]:
    yield "Protocol Interface                 Address"
    for each in view.adjacencies:
        incomplete = " (incomplete)" if each.header is None else ""
        yield f"IP       {each.interface:<25} {each.address}({each.references}){incomplete}"
        if view.detail:
            for line in _detail_text(each):
                yield f"{'':<{_COLUMN}}{line}"


def _detail_text(each: Adjacency) -> Iterator[str]:
    yield "0 packets, 0 bytes"
    yield "epoch 0"
    yield "sourced in sev-epoch 0"
    if each.header is None:
        yield "empty encap string"
        yield "ARP"
        return
    yield f"Encap length {len(each.header)}"
    digits = each.header.hex().upper()
    for at in range(0, len(digits), 2 * _ROW):
        yield digits[at : at + 2 * _ROW]
    if not each.is_tunnel:
        yield "L2 destination address byte offset 0"
        yield "L2 destination address byte length 6"
        yield f"Link-type after encap: {'dot1Q' if each.header[12:14] == _TAGGED else 'ip'}"
        yield "ARP"
        return
    yield "Tun endpt"
    yield "Next chain element:"
    if each.below is None:
        yield "  no route"
    else:
        yield f"  IP adj out of {each.below[0]}, addr {each.below[1]}"


@dataclass(frozen=True, slots=True)
class AdjacencySummary:
    """`show adjacency summary`."""

    complete: int
    incomplete: int
    by_interface: dict[str, int]


def summary(router: Router, now: Instant) -> AdjacencySummary:
    found = table(router, now).adjacencies
    by_interface: dict[str, int] = {}
    for each in found:
        by_interface[each.interface] = by_interface.get(each.interface, 0) + 1
    complete = sum(each.header is not None for each in found)
    return AdjacencySummary(complete, len(found) - complete, by_interface)


def summary_text(view: AdjacencySummary) -> Iterator[str]:
    total = view.complete + view.incomplete
    yield f"Adjacency table has {total} adjacencies:"
    yield "  each adjacency consumes 496 bytes (0 bytes platform extension)"
    yield f"  {view.complete} complete adjacencies"
    yield f"  {view.incomplete} incomplete adjacencies"
    yield f"  {total} adjacencies of linktype IP"
    yield f"    {view.complete} complete adjacencies of linktype IP"
    yield f"    {view.incomplete} incomplete adjacencies of linktype IP"
    yield "    0 adjacencies with fixups of linktype IP"
    yield "    0 adjacencies with IP redirect of linktype IP"
    yield ""
    yield "Adjacency database high availability:"
    yield f"  Database epoch:        0 ({total} entries at this epoch)"
    yield ""
    yield "Adjacency manager summary event processing:"
    yield " Summary events epoch is 0"
    yield " Summary events queue contains 0 events (high water mark 0 events)"


SHOWS: Final = {"table": Show(table, table_text), "summary": Show(summary, summary_text)}
