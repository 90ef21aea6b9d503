"""`show ip cef`: the forwarding table, as prefixes with their next hops, or one of them by address.

The entries every router has (class E dropped, multicast received, and so on) are shown with the routes, and with each
connected network its own address, its broadcast, and the neighbours that address resolution knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import DEFAULT, IPv4, Prefix
from iosh.base.time import Instant
from iosh.router.fib import Entry, Kind
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_FIXED = (
    ("0.0.0.0/8", "drop"),
    ("0.0.0.0/32", "receive"),
    ("127.0.0.0/8", "drop"),
    ("224.0.0.0/4", "drop"),
    ("224.0.0.0/24", "receive"),
    ("240.0.0.0/4", "drop"),
    ("255.255.255.255/32", "receive"),
)


@dataclass(frozen=True)
class CefWay:
    """One way: `nexthop`, `attached`, `receive`, `drop`, `null` or `no route`."""

    kind: str
    next_hop: IPv4 | None = None
    interface: str | None = None


@dataclass(frozen=True)
class CefEntry:
    """One prefix; `counted_packets` of those that are NHRP's."""

    prefix: Prefix
    ways: tuple[CefWay, ...]
    flags: tuple[str, ...] = ()
    counted_packets: int | None = None


@dataclass(frozen=True)
class IpCef:
    """The table, or one entry of it; `detail` as asked for."""

    entries: tuple[CefEntry, ...]
    detail: bool = False
    epoch: int = 0


def table(router: Router, now: Instant, detail: bool = False) -> IpCef:
    """All entries, in order of prefix."""
    entries: dict[Prefix, CefEntry] = {}
    for text, kind in _FIXED:
        prefix = Prefix.parse(text)
        entries[prefix] = CefEntry(prefix, (CefWay(kind),), ("receive",) if kind == "receive" else ())
    entries[DEFAULT] = CefEntry(DEFAULT, (CefWay("no route"),), ("default route handler", "default route"))
    for prefix in router.forwarding.rib.active:
        entry = router.forwarding.fib.entry(prefix)
        if entry is not None:
            entries[prefix] = _shown(entry)
            if entry.connected:
                entries.update(_around(router, entry, entries))
    return IpCef(tuple(entries[prefix] for prefix in sorted(entries)), detail)


def one(
    router: Router,
    now: Instant,
    address: IPv4 | None = None,
    mask: IPv4 | None = None,
    prefix: Prefix | None = None,
    detail: bool = False,
) -> IpCef:
    """The entry an address falls under, or exactly the one of a prefix."""
    view = table(router, now, detail)
    if mask is not None and address is not None:
        prefix = Prefix.of(address, 32 - (~mask & 0xFFFFFFFF).bit_length())
    if prefix is not None:
        found = [entry for entry in view.entries if entry.prefix == prefix]
    else:
        found = [entry for entry in view.entries if address in entry.prefix]
    return IpCef(tuple(sorted(found, key=lambda entry: entry.prefix.length)[-1:]), detail)


def _around(router: Router, entry: Entry, known: dict[Prefix, CefEntry]) -> dict[Prefix, CefEntry]:
    """What IOS keeps beside a connected network."""
    prefix, interface = entry.prefix, entry.ways[0][0]
    around = {}
    if prefix.length < 31:
        for edge in (prefix.network, prefix.broadcast):
            host = Prefix(edge, 32)
            around[host] = CefEntry(host, (CefWay("receive", None, interface),), ("receive",))
    state = router.forwarding.interfaces.get(interface)
    if state is not None and state.arp is not None:
        for address in state.arp.rewrites:
            host = Prefix(IPv4(address), 32)
            if host not in known:
                around[host] = CefEntry(host, (CefWay("attached", IPv4(address), interface),), ("attached",))
    return around


def _shown(entry: Entry) -> CefEntry:
    ways: tuple[CefWay, ...]
    flags = ["default route"] if entry.prefix == DEFAULT else []
    match entry.kind:
        case Kind.RECEIVE:
            ways = (CefWay("receive", None, entry.ways[0][0]),)
            flags += ["receive", "local", "source eligible"]
        case Kind.NULL:
            ways = (CefWay("null", None, entry.ways[0][0]),)
        case _:
            ways = tuple(
                CefWay("attached" if next_hop is None else "nexthop", next_hop, interface)
                for interface, next_hop in entry.ways
            )
            flags += ["attached", "connected"] if entry.connected else []
    return CefEntry(entry.prefix, ways, tuple(flags), entry.packets if entry.counted else None)


def table_text(view: IpCef) -> Iterator[str]:
    if view.detail:
        yield "IPv4 CEF is enabled and running"
        yield "VRF Default"
        yield f" {len(view.entries)} prefixes ({len(view.entries)}/0 fwd/non-fwd)"
        yield " Table id 0x0"
        yield f" Database epoch:        {view.epoch} ({len(view.entries)} entries at this epoch)"
        yield ""
        yield from one_text(view)
        return
    yield "Prefix               Next Hop             Interface"
    for entry in view.entries:
        for n, way in enumerate(entry.ways):
            lead = str(entry.prefix) if n == 0 else ""
            hop = {"nexthop": str(way.next_hop), "null": "0.0.0.0"}.get(way.kind, way.kind)
            interface = way.interface or ""
            yield f"{lead:<20} {hop:<20} {interface}" if way.kind not in ("drop", "no route") else f"{lead:<20} {hop}"


def one_text(view: IpCef) -> Iterator[str]:
    if not view.entries:
        yield "%Prefix not found"
    for entry in view.entries:
        head = str(entry.prefix)
        if view.detail:
            head += f", epoch {view.epoch}"
            head += f", flags [{', '.join(entry.flags)}]" if entry.flags else ""
            head += ", per-destination sharing" if len(entry.ways) > 1 else ""
        yield head
        for way in entry.ways:
            if view.detail and way.interface is None and way.kind in ("drop", "receive"):
                yield f"  Special source: {way.kind}"
            yield f"  {_way_text(way)}"


def _way_text(way: CefWay) -> str:
    match way.kind:
        case "nexthop":
            return f"nexthop {way.next_hop} {way.interface}"
        case "attached" | "null":
            return f"attached to {way.interface}"
        case "receive":
            return f"receive for {way.interface}" if way.interface else "receive"
        case _:
            return way.kind


SHOWS = {"table": Show(table, table_text), "one": Show(one, one_text)}
