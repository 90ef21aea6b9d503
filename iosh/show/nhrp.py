"""`show ip nhrp …`: the cache in its forms, next hop servers, packet counts, the multicast list.

Texts are IOS-XE 17's. `stats` and `redirect` stand in `nhrp_events.py`. Not here: the MEF table of `self`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4, Prefix
from iosh.base.interface_name import short, sort_key
from iosh.base.time import Instant, Span, clock
from iosh.proto.nhrp import describe
from iosh.proto.nhrp.cache import DYNAMIC, INCOMPLETE, STATIC, CacheEntry, Mark
from iosh.proto.nhrp.client import Registration
from iosh.proto.nhrp.machine import Nhrp
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_TRAFFIC_NAMES = (*describe.KINDS.values(), "Redirect Suppress")
_ENTRY_BYTES = 784  # what IOS counts for one entry


# --- the cache


@dataclass(frozen=True, slots=True)
class NhrpEntry:
    """One entry. Spans are nanoseconds; `expire_ns` None never expires."""

    interface: str
    prefix: Prefix
    next_hop: IPv4
    created_ns: Span
    expire_ns: Span | None
    type: str
    flags: tuple[str, ...]
    nbma: IPv4 | None
    claimed: IPv4 | None
    preference: int
    hits: int
    has_socket: bool
    requesters: tuple[tuple[IPv4, int], ...]


@dataclass(frozen=True, slots=True)
class NhrpCache:
    """What `show ip nhrp` lists."""

    entries: tuple[NhrpEntry, ...]
    detail: bool = False


def cache(
    router: Router,
    now: Instant,
    *,
    detail: bool = False,
    kind: str | None = None,
    interface: str | None = None,
    address: IPv4 | None = None,
) -> NhrpCache:
    """All entries, or those of one kind (a type, `local`, `self`, `shortcut`), of one tunnel or address."""
    entries = []
    for machine in machines(router, interface):
        remote = sorted(machine.cache.remote.values(), key=lambda entry: entry.prefix)
        local = sorted(machine.cache.local.values(), key=lambda entry: entry.prefix)
        if kind == "self":
            remote, local = [], _own(machine)
        elif kind == "local":
            remote = []
        elif kind == "shortcut":
            remote, local = [entry for entry in remote if entry.marks & (Mark.RIB | Mark.NHO)], []
        elif kind is not None:
            remote, local = [entry for entry in remote if entry.type == kind], []
        for entry in (*remote, *local):
            if address is None or address in entry.prefix:
                entries.append(_entry(machine, entry, now))
    return NhrpCache(tuple(entries), detail)


def _own(machine: Nhrp) -> list[CacheEntry]:
    """What this router is to others."""
    link = machine.link
    if not link.active:
        return []
    marks = Mark.ROUTER | Mark.UNIQUE | Mark.LOCAL
    return [CacheEntry(Prefix(link.address, 32), link.address, STATIC, link.up_since, link.nbma, marks=marks)]


def _entry(machine: Nhrp, entry: CacheEntry, now: Instant) -> NhrpEntry:
    local = Mark.LOCAL in entry.marks
    socket = not local and entry.nbma is not None and machine.link.ready(entry.nbma)
    return NhrpEntry(
        machine.settings.interface,
        entry.prefix,
        entry.next_hop,
        now - entry.created,
        None if entry.expires is None else entry.expires - now,
        entry.type,
        entry.marks.words,
        entry.nbma,
        entry.claimed,
        entry.preference,
        entry.hits,
        socket,
        tuple(sorted(entry.requesters.items())),
    )


def cache_text(view: NhrpCache) -> Iterator[str]:
    """The long form."""
    for entry in view.entries:
        incomplete = entry.type == INCOMPLETE
        yield str(entry.prefix) if incomplete else f"{entry.prefix} via {entry.next_hop}"
        end = "never expire" if entry.expire_ns is None else f"expire {clock(entry.expire_ns)}"
        yield f"   {entry.interface} created {clock(entry.created_ns)}, {end} "
        yield f"   Type: {entry.type}, Flags: {''.join(f'{flag} ' for flag in entry.flags)}"
        if incomplete:
            yield f"   Cache hits: {entry.hits} "
            continue
        yield f"   NBMA address: {entry.nbma} "
        if entry.claimed is not None:
            yield f"    (Claimed NBMA address: {entry.claimed}) "
        if view.detail:
            yield f"   Preference: {entry.preference}"
        if not entry.has_socket:
            yield "    (no-socket) "
        if view.detail:
            for requester, request_id in entry.requesters:
                yield f"  Requester: {requester} Request ID: {request_id}"


def brief_text(view: NhrpCache) -> Iterator[str]:
    """One line an entry."""
    yield "   Target             Via            NBMA           Mode   Intfc   Claimed"
    for entry in view.entries:
        via = "" if entry.type == INCOMPLETE else entry.next_hop
        claimed = "   " if entry.claimed is None else f" {entry.claimed} "
        name = short(entry.interface)[:7]
        yield f"{entry.prefix!s:>20} {via!s:<15} {entry.nbma or ''!s:<15} {entry.type:<8} {name:<7} <{claimed}>"


# --- summary


@dataclass(frozen=True, slots=True)
class NhrpSide:
    """How many entries of each type one half of the cache has."""

    entries: int
    static: int
    dynamic: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class NhrpSummary:
    """`show ip nhrp summary`."""

    total: NhrpSide
    remote: NhrpSide
    local: NhrpSide
    next_hops: int
    routes: int
    h_routes: int
    overrides: int


def summary(router: Router, now: Instant) -> NhrpSummary:
    """Counts over all tunnels."""
    remote = [entry for machine in machines(router) for entry in machine.cache.remote.values()]
    local = [entry for machine in machines(router) for entry in machine.cache.local.values()]
    active = [entry for entry in remote if entry.active]
    h_routes = sum(Mark.RIB in entry.marks for entry in active)
    overrides = sum(Mark.NHO in entry.marks for entry in active)
    next_hops = sum(entry.is_next_hop and entry.type != INCOMPLETE for entry in remote)
    return NhrpSummary(
        _side(remote + local), _side(remote), _side(local), next_hops, h_routes + overrides, h_routes, overrides
    )


def _side(entries: list[CacheEntry]) -> NhrpSide:
    types = Counter(entry.type for entry in entries)
    return NhrpSide(len(entries), types[STATIC], types[DYNAMIC], types[INCOMPLETE])


def summary_text(view: NhrpSummary) -> Iterator[str]:
    """As IOS-XE counts; BGP, BFD, CTS and MPLS have no part in it here."""
    total = view.total
    word = "entry" if total.entries == 1 else "entries"
    yield f"IP NHRP cache {total.entries} {word}, {total.entries * _ENTRY_BYTES} bytes"
    yield _side_text(total)
    yield f"{view.remote.entries} Remote"
    yield _side_text(view.remote)
    yield f"    {view.next_hops} nhop     0 bfd"
    yield "    0 default  0 temporary"
    yield f"    {view.routes} route"
    yield f"        {view.routes} rib ({view.h_routes} H    {view.overrides} nho)"
    yield "        0 bgp"
    yield "    0 lfib"
    yield f"{view.local.entries} Local"
    yield _side_text(view.local)
    yield "    0 lfib"


def _side_text(side: NhrpSide) -> str:
    return f"    {side.static} static   {side.dynamic} dynamic    {side.incomplete} incomplete"


# --- next hop servers


@dataclass(frozen=True, slots=True)
class NhrpServer:
    """One next hop server. `heard_ns` ago it last answered, or since when it has not."""

    address: IPv4
    nbma: IPv4 | None
    expecting: bool
    responding: bool
    priority: int
    cluster: int
    sent: int
    failed: int
    replies: int
    heard_ns: Span
    pending_id: int | None
    wait_s: int
    is_down: bool

    @property
    def state(self) -> str:
        """`E`, `RE`: expecting replies, responding."""
        return ("R" if self.responding else "") + ("E" if self.expecting else "")


@dataclass(frozen=True, slots=True)
class NhrpServers:
    """`show ip nhrp nhs [detail]`: servers by tunnel."""

    tunnels: tuple[tuple[str, tuple[NhrpServer, ...]], ...]
    detail: bool = False


def nhs(router: Router, now: Instant, *, detail: bool = False, interface: str | None = None) -> NhrpServers:
    """The servers every tunnel registers with."""
    return NhrpServers(
        tuple(
            (machine.settings.interface, servers(machine, now))
            for machine in machines(router, interface)
            if machine.client.registrations
        ),
        detail,
    )


def servers(machine: Nhrp, now: Instant) -> tuple[NhrpServer, ...]:
    """The servers of one tunnel."""
    return tuple(_server(machine, one, now) for one in machine.client.registrations.values())


def _server(machine: Nhrp, one: Registration, now: Instant) -> NhrpServer:
    heard = one.since if one.last_reply is None else one.last_reply
    return NhrpServer(
        one.nhs.address,
        machine.client.nbma_of(one.nhs),
        True,
        one.up,
        one.nhs.priority,
        one.nhs.cluster,
        one.sent,
        one.failed,
        one.replies,
        now - heard,
        one.pending,
        one.wait_s,
        one.told and not one.up,
    )


def nhs_text(view: NhrpServers) -> Iterator[str]:
    """Nothing at all where no server is configured."""
    if not view.tunnels:
        return
    yield "Legend:\tE=Expecting replies, R=Responding, W=Waiting, D=Dynamic"
    pending = []
    for interface, one_tunnels in view.tunnels:
        yield f"{interface}:"
        for one in one_tunnels:
            line = server_line(one)
            if view.detail:
                counts = f"req-sent {one.sent}  req-failed {one.failed}  repl-recv {one.replies}"
                line += f"  {counts} ({clock(one.heard_ns)} ago)"
            yield line
            if one.pending_id is not None:
                expired = " expired" if one.is_down else ""
                where = f"NHS {one.address}{expired} ({short(interface)})"
                pending.append(f"Registration Request: Reqid {one.pending_id}, Ret {one.wait_s}  {where}")
    if view.detail and pending:
        yield from ("", "", "Pending Registration Requests:", *pending)


def server_line(one: NhrpServer) -> str:
    """`172.16.0.1  RE  NBMA Address: 203.0.113.2 priority = 0 cluster = 0`."""
    nbma = "" if one.nbma is None else f"NBMA Address: {one.nbma} "
    return f"{one.address}  {one.state:>2}  {nbma}priority = {one.priority} cluster = {one.cluster}"


# --- packets


@dataclass(frozen=True, slots=True)
class NhrpTraffic:
    """Packets of one tunnel by type, 1 to 8 of RFC 2332 and Cisco, with redirects suppressed as the ninth."""

    interface: str
    limit_packets: int
    limit_every_s: int
    usage_percent: int
    sent: tuple[int, ...]
    received: tuple[int, ...]
    forwarded: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NhrpTraffics:
    """`show ip nhrp traffic`: every tunnel, or one; with `detail` also what was passed on."""

    tunnels: tuple[NhrpTraffic, ...]
    detail: bool = False


def traffic(router: Router, now: Instant, *, detail: bool = False, interface: str | None = None) -> NhrpTraffics:
    """What every tunnel sent and received."""
    found = []
    for machine in machines(router, interface):
        counts, settings = machine.link.traffic, machine.settings
        usage = machine.link.packets_in_window(now) * 100 // settings.max_send_packets
        found.append(
            NhrpTraffic(
                settings.interface,
                settings.max_send_packets,
                settings.max_send_every_s,
                usage,
                (*(counts.sent[kind] for kind in range(1, 9)), counts.redirects_suppressed),
                (*(counts.received[kind] for kind in range(1, 9)), 0),
                (*(counts.forwarded[kind] for kind in range(1, 9)), 0),
            )
        )
    return NhrpTraffics(tuple(found), detail)


def traffic_text(view: NhrpTraffics) -> Iterator[str]:
    """Three lines each way; with `detail` those of all tunnels first."""
    if view.detail:
        yield "Global statistics:"
        yield " Packet Queue size: 0[0](1)"
        yield from _traffic_lines("Sent", tuple(map(sum, zip(*(one.sent for one in view.tunnels)))))
        yield from _traffic_lines("Rcvd", tuple(map(sum, zip(*(one.received for one in view.tunnels)))))
    for one in view.tunnels:
        limit = f"{one.limit_packets}Pkts/{one.limit_every_s}Sec"
        yield f"{one.interface}: Max-send limit:{limit}, Usage:{one.usage_percent}%"
        yield from _traffic_lines("Sent", one.sent)
        yield from _traffic_lines("Rcvd", one.received)
        if view.detail:
            yield from _traffic_lines("Fwd", one.forwarded)


def _traffic_lines(word: str, counts: tuple[int, ...]) -> Iterator[str]:
    yield f"   {word}: Total {sum(counts[:8])}"
    named = [f"{count} {name}  " for count, name in zip(counts or (0,) * len(_TRAFFIC_NAMES), _TRAFFIC_NAMES)]
    for line in (named[:3], named[3:6], named[6:]):
        yield " " * 9 + "".join(line)


# --- multicast


@dataclass(frozen=True, slots=True)
class NhrpMulticastPeer:
    """One NBMA address that multicast of a tunnel is replicated to; `origin` is static, nhs or dynamic."""

    interface: str
    nbma: IPv4
    origin: str


@dataclass(frozen=True, slots=True)
class NhrpMulticast:
    """`show ip nhrp multicast`."""

    peers: tuple[NhrpMulticastPeer, ...]


def multicast(router: Router, now: Instant, *, interface: str | None = None) -> NhrpMulticast:
    """The replication lists."""
    return NhrpMulticast(
        tuple(
            NhrpMulticastPeer(machine.settings.interface, peer.nbma, peer.origin)
            for machine in machines(router, interface)
            for peer in machine.replication.peers
        )
    )


def multicast_text(view: NhrpMulticast) -> Iterator[str]:
    """One line a peer."""
    yield "  I/F     NBMA address"
    for one in view.peers:
        yield f"{one.interface:<10} {one.nbma:<16} Flags: {one.origin:<16} (Enabled) "


def machines(router: Router, interface: str | None = None) -> list[Nhrp]:
    """The NHRP machines in IOS's order of interfaces, or of one."""
    return [router.nhrp[name] for name in sorted(router.nhrp, key=sort_key) if interface in (None, name)]


SHOWS: dict[str, Show] = {
    "cache": Show(cache, cache_text),
    "brief": Show(cache, brief_text),
    "summary": Show(summary, summary_text),
    "nhs": Show(nhs, nhs_text),
    "traffic": Show(traffic, traffic_text),
    "multicast": Show(multicast, multicast_text),
}
