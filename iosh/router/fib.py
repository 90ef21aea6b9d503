"""The forwarding table: what the routing table says, in the form a packet needs.

A lookup tries one dictionary per prefix length, longest first. In front of it stands a flow cache, from destination to
`Flow`, bounded and emptied whenever the table changes (`generation` counts that): a scan of random addresses costs
memory for none of them. Besides the routes there are the entries every IPv4 router has: broadcasts and multicast to us.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from enum import Enum
from typing import Final

from iosh.base.addr import BROADCAST, IPv4, Prefix, mask_of
from iosh.router.interfaces import InterfaceState
from iosh.router.rib import CONNECTED, LOCAL, Active

FLOW_LIMIT: Final = 8192


class Kind(Enum):
    """What becomes of a packet that matches."""

    RECEIVE = "receive"  # an address of ours
    BROADCAST = "broadcast"  # of a connected network: to us if it came from there
    ATTACHED = "attached"  # the destination is the next hop
    NEXT_HOP = "nexthop"
    NULL = "null"  # routed to Null0
    NO_ROUTE = "no route"


class Flow:
    """Where packets to one destination go: the interface and next hop, resolved. Of ECMP, one of the ways."""

    __slots__ = ("entry", "interface", "next_hop")

    def __init__(self, entry: Entry, interface: InterfaceState | None, next_hop: int) -> None:
        self.entry = entry
        self.interface = interface
        self.next_hop = next_hop


class Entry:
    """One prefix. `packets` counts what matched it, for routes that are NHRP's (`counted`). A network of ours
    (`connected`) has a broadcast address."""

    __slots__ = ("connected", "counted", "kind", "packets", "prefix", "ways")

    def __init__(
        self,
        prefix: Prefix,
        kind: Kind,
        ways: tuple[tuple[str, IPv4 | None], ...],
        counted: bool = False,
        connected: bool = False,
    ) -> None:
        self.prefix = prefix
        self.kind = kind
        self.ways = ways
        self.counted = counted
        self.connected = connected
        self.packets = 0


class Fib:
    """Longest prefix match. `interfaces` are the router's, looked up by name when a flow is made."""

    def __init__(self, interfaces: Mapping[str, InterfaceState]) -> None:
        self.generation = 0
        self.flows: dict[int, Flow] = {}
        self._interfaces = interfaces
        self._tables: list[tuple[int, dict[int, Entry]]] = []  # by mask, the longest first
        self._routes: dict[int, dict[int, Entry]] = {}
        self._lengths: list[int] = []
        self._nowhere = Flow(Entry(Prefix.of(0, 0), Kind.NO_ROUTE, ()), None, 0)
        self._everyone = Flow(Entry(Prefix(BROADCAST, 32), Kind.RECEIVE, ()), None, BROADCAST)

    def changed(self, prefix: Prefix, active: Active | None) -> None:
        """The routing table has another answer for a prefix, or (None) none any more."""
        self.generation += 1
        self.flows.clear()
        table = self._routes.setdefault(prefix.length, {})
        if active is None:
            table.pop(prefix.network, None)
        else:
            had = table.get(prefix.network)
            entry = table[prefix.network] = _entry(active)
            if had is not None and had.counted and entry.counted:
                entry.packets = had.packets
        if bool(table) != (-prefix.length in self._lengths):
            if table:
                insort(self._lengths, -prefix.length)
            else:
                self._lengths.remove(-prefix.length)
            self._tables = [(mask_of(-negative), self._routes[-negative]) for negative in self._lengths]

    def forget_flows(self) -> None:
        """Something a flow holds by reference is another object now: an interface was replaced."""
        self.generation += 1
        self.flows.clear()

    def entry(self, prefix: Prefix) -> Entry | None:
        """The entry of exactly this prefix."""
        return self._routes.get(prefix.length, {}).get(prefix.network)

    def match(self, destination: int) -> Entry | None:
        """The longest match, past the flow cache."""
        for mask, table in self._tables:
            entry = table.get(destination & mask)
            if entry is not None:
                return entry
        return None

    def flow(self, destination: int, source: int = 0) -> Flow:
        """Where a packet goes. Equal ways are shared out by source and destination, one way per pair."""
        flow = self.flows.get(destination)
        if flow is not None:
            return flow
        entry = self.match(destination)
        if destination >> 28 == 0xE or destination == BROADCAST:
            return self._everyone
        if entry is None:
            return self._nowhere
        flow = self._flow_by(entry, destination, source)
        if len(entry.ways) <= 1 and (entry.kind is not Kind.ATTACHED or _is_known(flow)):
            if len(self.flows) >= FLOW_LIMIT:
                self.flows.clear()
            self.flows[destination] = flow
        return flow

    def _flow_by(self, entry: Entry, destination: int, source: int) -> Flow:
        if entry.connected and _is_edge(entry.prefix, destination):
            edge = Entry(Prefix(IPv4(destination), 32), Kind.BROADCAST, entry.ways)
            return Flow(edge, self._interfaces.get(entry.ways[0][0]), destination)
        name, next_hop = entry.ways[_choice(source, destination, len(entry.ways))]
        return Flow(entry, self._interfaces.get(name), destination if next_hop is None else next_hop)


def _entry(active: Active) -> Entry:
    source = active.route.source
    if active.override is not None:
        return Entry(
            active.prefix, Kind.NEXT_HOP, ((active.override.interface, active.override.next_hop),), counted=True
        )
    if source == LOCAL or (source == CONNECTED and active.prefix.length == 32):
        return Entry(active.prefix, Kind.RECEIVE, active.hops)
    if active.hops[0].interface.startswith("Null"):
        return Entry(active.prefix, Kind.NULL, active.hops)
    kind = Kind.ATTACHED if active.hops[0].next_hop is None else Kind.NEXT_HOP
    return Entry(active.prefix, kind, active.hops, active.is_shortcut, source == CONNECTED)


def _is_edge(prefix: Prefix, destination: int) -> bool:
    """The network's own address or its broadcast (RFC 3021's /31 has neither)."""
    return prefix.length < 31 and destination in (prefix.network, prefix.broadcast)


def _is_known(flow: Flow) -> bool:
    """Is this destination somebody we have met? Others are not worth a place in the cache."""
    interface = flow.interface
    return interface is None or interface.arp is None or flow.next_hop in interface.arp.rewrites


def _choice(source: int, destination: int, ways: int) -> int:
    if ways == 1:
        return 0
    mixed = (source ^ destination) * 0x9E3779B1 & 0xFFFFFFFF
    return (mixed >> 16) % ways
