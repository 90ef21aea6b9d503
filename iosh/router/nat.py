"""Network address translation of inside addresses (RFC 3022; RFC 4787, RFC 5382 and RFC 5508 as far as IOS keeps them).

`Nat` is asked by the forwarding path about each packet between an inside and an outside interface: `outward` after
routing, `inward` before it. Rules: static one-to-one, static by port, dynamic by access list out of a pool or
overloaded onto an address. It keeps no clock: `now` is given, and one deadline wakes it for what ran out.

Ports are chosen as IOS does: the packet's own if it is free, else the next free one of its group (below 512, below
1024, above). Identifiers of ICMP echoes begin at 1024. A port given to an inside host is used for all its peers; what
comes back must come from where it was sent. Protocols without ports are told apart by their peer. Translations are
bounded in number. Not here: outside sources, route-maps, application gateways (FTP, SIP), VRFs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant, Span
from iosh.router.nat_rewrite import (
    DESTINATION,
    SOURCE,
    AddressPatch,
    Patch,
    Tuple5,
    direct_key,
    flow_of,
    is_direct,
    quoted,
    requoted,
)
from iosh.wire import ipv4, tcp

DEADLINE: Final = "nat"
LIMIT: Final = 65536
FRAGMENT_LIMIT: Final = 1024
_GROUPS: Final = (range(1, 512), range(512, 1024), range(1024, 65536))
_PORTED: Final = (ipv4.TCP, ipv4.UDP, ipv4.ICMP)
_DIRECT: Final = (ipv4.TCP, ipv4.UDP)
_OURS: Final = frozenset({(ipv4.UDP, 500), (ipv4.UDP, 4500)})  # IKE's, on addresses that are the router's own
_DNS: Final = 53
_NEVER: Final = 1 << 62
_OPENING, _OPEN, _CLOSING = range(3)


class PoolSettings(NamedTuple):
    """`ip nat pool`."""

    name: str
    first: IPv4
    last: IPv4
    length: int


class SourceRule(NamedTuple):
    """`ip nat inside source list …`: onto an interface's address, or out of a pool."""

    access_list: str
    interface: str | None = None
    pool: PoolSettings | None = None
    overload: bool = False


class StaticRule(NamedTuple):
    """`ip nat inside source static …`; without ports it is one-to-one."""

    local: IPv4
    protocol: int | None = None
    local_port: int | None = None
    global_address: IPv4 | None = None
    interface: str | None = None
    global_port: int | None = None


class NatSettings(NamedTuple):
    """All of it. Timeouts in seconds, None for never."""

    sources: tuple[SourceRule, ...] = ()
    statics: tuple[StaticRule, ...] = ()
    pools: tuple[PoolSettings, ...] = ()
    timeout_s: int | None = 86400
    tcp_s: int | None = 86400
    udp_s: int | None = 300
    icmp_s: int | None = 60
    dns_s: int | None = 60
    finrst_s: int | None = 60
    syn_s: int | None = 60
    max_entries: int | None = None


class Simple:
    """An inside address that is another one outside, all of it. `rule` is None for a static one."""

    __slots__ = ("created", "global_address", "inward", "local", "number", "outward", "rule", "timeout", "used")

    def __init__(self, local: int, global_address: int, rule: SourceRule | None, now: Instant, timeout: Span) -> None:
        self.local = local
        self.global_address = global_address
        self.rule = rule
        self.created = self.used = now
        self.timeout = timeout
        self.number = 0
        self.outward = AddressPatch(SOURCE, local, global_address)
        self.inward = AddressPatch(DESTINATION, global_address, local)


class Translation:
    """One flow of an inside host, and what it is outside. `rule` is a `StaticRule` where that made it."""

    __slots__ = (
        "created",
        "flow",
        "global_address",
        "global_port",
        "inward",
        "number",
        "outward",
        "phase",
        "rule",
        "timeout",
        "used",
    )

    def __init__(
        self, flow: Tuple5, global_address: int, global_port: int, rule: SourceRule | StaticRule, now: Instant
    ) -> None:
        self.flow = flow  # as the inside sees it
        self.global_address = global_address
        self.global_port = global_port
        self.rule = rule
        self.created = self.used = now
        self.timeout: Span = 0
        self.phase = _OPENING  # of TCP
        self.number = 0
        inside, outside = (flow.source, flow.source_port), (global_address, global_port)
        self.outward = Patch(SOURCE, flow.protocol, inside, outside)
        self.inward = Patch(DESTINATION, flow.protocol, outside, inside)

    @property
    def has_ports(self) -> bool:
        """Is it told apart by ports (or an echo's identifier)?"""
        return self.flow.protocol in _PORTED

    @property
    def outside_key(self) -> Tuple5:
        """What comes back says this of itself."""
        flow = self.flow
        theirs = self.global_port if flow.protocol == ipv4.ICMP else flow.destination_port
        return Tuple5(flow.protocol, flow.destination, theirs, self.global_address, self.global_port)


class Nat:
    """The translations of one router.

    `permits(access_list, packet)` and `address_of(interface)` are how it sees the rest; `ring(at)` sets its deadline.
    """

    def __init__(
        self,
        permits: Callable[[str, bytes], bool],
        address_of: Callable[[str], IPv4 | None],
        ring: Callable[[Instant | None], None],
    ) -> None:
        self._permits = permits
        self._address_of = address_of
        self._ring = ring
        self.settings = NatSettings()
        self._rules: tuple[SourceRule | StaticRule, ...] = ()
        self.counters: Counter[str] = Counter()
        self.peak = 0
        self.peak_at: Instant = 0
        self.simple: dict[int, Simple] = {}  # by inside address; static ones too
        self._simple_outside: dict[int, Simple] = {}
        self.flows: dict[Tuple5, Translation] = {}  # as the inside sees them
        self._outside: dict[Tuple5, Translation] = {}
        self._direct_out: dict[bytes, Translation] = {}  # the same by `direct_key`, for the packets there are most of
        self._direct_in: dict[bytes, Translation] = {}
        self._ports: dict[tuple[int, int, int], int] = {}  # protocol, global address, port: how many flows
        self._local_ports: dict[tuple[int, int, int, int], int] = {}  # protocol, local, port, global address: port
        self._fragments: dict[tuple[bytes, bytes], Patch] = {}
        self._next: dict[tuple[int, int, int], int] = {}
        self._ages: list[tuple[Instant, int, Simple | Translation]] = []
        self._count = self._made = 0

    def __len__(self) -> int:
        return len(self.flows) + len(self.simple)

    @property
    def active(self) -> bool:
        """Is there any rule?"""
        return bool(self._rules)

    def settle(self, settings: NatSettings, now: Instant) -> None:
        """New rules. Translations of rules that are gone go with them."""
        self.settings = settings
        self._rules = (*settings.sources, *settings.statics)
        for entry in [entry for entry in self.flows.values() if entry.rule not in self._rules]:
            self._remove(entry)
        statics = {each.local: each for each in settings.statics if each.protocol is None}
        for simple in list(self.simple.values()):
            if simple.rule is not None:
                kept = simple.rule in settings.sources
            else:
                static = statics.get(IPv4(simple.local))
                kept = static is not None and static.global_address == simple.global_address
            if not kept:
                self._remove_simple(simple)
        for local, each in statics.items():
            if local not in self.simple and each.global_address is not None:
                self._add_simple(Simple(local, each.global_address, None, now, _NEVER))

    def readdress(self) -> None:
        """Interfaces may have other addresses now: what was translated to one that is gone begins anew."""
        if not self.flows:
            return
        rules = {rule: self._address_of(rule.interface) for rule in self._rules if rule.interface is not None}
        for entry in list(self.flows.values()):
            if entry.rule in rules and rules[entry.rule] != entry.global_address:
                self._remove(entry)

    def clear(self) -> None:
        """`clear ip nat translation *`: all but the static ones."""
        for entry in list(self.flows.values()):
            self._remove(entry)
        for simple in [simple for simple in self.simple.values() if simple.rule is not None]:
            self._remove_simple(simple)
        self._fragments.clear()

    def clear_statistics(self) -> None:
        """`clear ip nat statistics`."""
        self.counters.clear()

    def wake(self, now: Instant) -> None:
        """The deadline came: forget what was not used for its time."""
        ages = self._ages
        while ages and ages[0][0] <= now:
            _, _, entry = heappop(ages)
            alive = self.flows.get(entry.flow) if isinstance(entry, Translation) else self.simple.get(entry.local)
            if alive is not entry:
                continue
            if entry.used + entry.timeout > now:
                self._age(entry)
                continue
            self.counters["expired"] += 1
            self._remove(entry) if isinstance(entry, Translation) else self._remove_simple(entry)
        self._ring(ages[0][0] if ages else None)

    def owns(self, address: int) -> bool:
        """Is this an outside address of an inside host, not of an interface: one that the router answers for?"""
        if address in self._simple_outside:
            return True
        return any(pool.first <= address <= pool.last for pool in self.settings.pools) or any(
            static.global_address == address for static in self.settings.statics
        )

    # --- packets -----------------------------------------------------------------------------------------------------

    def outward(self, packet: bytes, now: Instant) -> bytes | None:
        """A packet on its way from the inside to the outside; as it was if no rule concerns it; None: it may not go."""
        known = self._direct_out.get(packet[9:10] + packet[12:24]) if is_direct(packet) else None
        if known is not None:
            self.counters["hits"] += 1
            self._used(known, packet, now)
            return known.outward.applied(packet)
        simple = self.simple.get(int.from_bytes(packet[12:16], "big"))
        if simple is not None:
            return self._simple_out(simple, packet, now)
        flow = flow_of(packet)
        if flow is None:
            return self._untold(packet, now, outward=True)
        entry = self.flows.get(flow)
        if entry is None:
            made = self._translate(flow, packet, now)
            if made is None or isinstance(made, bytes):
                return made
            entry = made
            self.counters["misses"] += 1
        else:
            self.counters["hits"] += 1
        self._used(entry, packet, now)
        self._remember_fragments(packet, entry.outward)
        return entry.outward.applied(packet)

    def inward(self, packet: bytes, now: Instant) -> bytes:
        """A packet from the outside; as it was if it belongs to nothing that was translated."""
        known = self._direct_in.get(packet[9:10] + packet[12:24]) if is_direct(packet) else None
        if known is not None:
            self.counters["hits"] += 1
            self._used(known, packet, now)
            return known.inward.applied(packet)
        simple = self._simple_outside.get(int.from_bytes(packet[16:20], "big"))
        if simple is not None:
            self.counters["hits"] += 1
            simple.used = now
            inner = quoted(packet)
            if inner is not None:
                back = AddressPatch(SOURCE, simple.global_address, simple.local)
                return requoted(packet, DESTINATION, back, simple.local)
            return simple.inward.applied(packet)
        flow = flow_of(packet)
        if flow is None:
            return self._untold(packet, now, outward=False) or packet
        entry = self._outside.get(flow) or self._by_static_port(flow, now)
        if entry is None:
            return packet
        self.counters["hits"] += 1
        self._used(entry, packet, now)
        self._remember_fragments(packet, entry.inward)
        return entry.inward.applied(packet)

    def _simple_out(self, simple: Simple, packet: bytes, now: Instant) -> bytes:
        self.counters["hits"] += 1
        simple.used = now
        if quoted(packet) is not None:
            back = AddressPatch(DESTINATION, simple.local, simple.global_address)
            return requoted(packet, SOURCE, back, simple.global_address)
        return simple.outward.applied(packet)

    def _untold(self, packet: bytes, now: Instant, outward: bool) -> bytes | None:
        """A later fragment goes the way of the first; an ICMP error that of the packet it quotes."""
        patch = self._fragments.get((packet[4:6] + packet[9:10], packet[12:20]))
        if patch is not None and int.from_bytes(packet[6:8], "big") & ipv4.OFFSET:
            return patch.applied(packet)
        inner = quoted(packet)
        told = flow_of(inner) if inner is not None else None
        if told is None:
            return self._refused("fragment or fragmented header", packet) if outward else None
        # What it quotes went the other way: its source is our destination.
        if outward:
            protocol, source, source_port, destination, destination_port = told
            entry = self.flows.get(Tuple5(protocol, destination, destination_port, source, source_port))
            if entry is None:
                return self._refused("error about nothing known", packet)
            new = (entry.global_address, entry.global_port)
            back = Patch(DESTINATION, protocol, (destination, destination_port), new)
            return requoted(packet, SOURCE, back, entry.global_address)
        protocol, source, source_port, destination, destination_port = told
        theirs = source_port if protocol == ipv4.ICMP else destination_port
        entry = self._outside.get(Tuple5(protocol, destination, theirs, source, source_port))
        if entry is None:
            return None
        back = Patch(SOURCE, protocol, (source, source_port), (entry.flow.source, entry.flow.source_port))
        return requoted(packet, DESTINATION, back, entry.flow.source)

    def _refused(self, why: str, packet: bytes) -> bytes | None:
        """A packet that would have to be translated and cannot be; untouched if no rule wants it."""
        source = int.from_bytes(packet[12:16], "big")
        for rule in self.settings.sources:
            if self._permits(rule.access_list, packet) and self._address_of(rule.interface or "") != source:
                self.counters[why] += 1
                return None
        return packet

    def _remember_fragments(self, packet: bytes, patch: Patch) -> None:
        if packet[6] & 0x20:
            if len(self._fragments) >= FRAGMENT_LIMIT:
                self._fragments.clear()
            self._fragments[packet[4:6] + packet[9:10], packet[12:20]] = patch

    # --- making translations -----------------------------------------------------------------------------------------

    def _translate(self, flow: Tuple5, packet: bytes, now: Instant) -> Translation | bytes | None:
        """A translation for a flow that has none; the packet itself if no rule wants it, None if there is no room."""
        for static in self.settings.statics:
            if (static.protocol, static.local, static.local_port) == (flow.protocol, flow.source, flow.source_port):
                address = self._static_address(static)
                if address is not None and static.global_port is not None:
                    return self._open(flow, address, static.global_port, static, now)
        for rule in self.settings.sources:
            if not self._permits(rule.access_list, packet):
                continue
            if rule.pool is not None and not rule.overload:
                return self._from_pool(rule, rule.pool, packet, now)
            return self._overloaded(flow, rule, packet, now)
        return packet

    def _from_pool(self, rule: SourceRule, pool: PoolSettings, packet: bytes, now: Instant) -> bytes | None:
        """One address for one inside host."""
        address = next((one for one in _addresses(pool) if one not in self._simple_outside), None)
        if address is None or len(self) >= self._limit:
            self.counters["no room in pool"] += 1
            return None
        self.counters["misses"] += 1
        timeout = _span(self.settings.timeout_s)
        simple = Simple(int.from_bytes(packet[12:16], "big"), address, rule, now, timeout)
        self._add_simple(simple)
        return self._simple_out(simple, packet, now)

    def _overloaded(self, flow: Tuple5, rule: SourceRule, packet: bytes, now: Instant) -> Translation | bytes | None:
        """A port of an address that many share."""
        addresses: Iterator[int]
        if rule.pool is not None:
            addresses = _addresses(rule.pool)
        else:
            own = self._address_of(rule.interface or "")
            if own == flow.source:
                return packet  # the router's own, from that very address
            addresses = iter(() if own is None else (own,))
        if len(self) < self._limit:
            for address in addresses:
                port = self._port_for(flow, address)
                if port is not None:
                    return self._open(flow, address, port, rule, now)
        self.counters["no free port"] += 1
        return None

    @property
    def _limit(self) -> int:
        return self.settings.max_entries or LIMIT

    def _open(
        self, flow: Tuple5, address: int, port: int, rule: SourceRule | StaticRule, now: Instant
    ) -> Translation | None:
        entry = Translation(flow, address, port, rule, now)
        key = entry.outside_key
        if key in self._outside or len(self) >= self._limit:
            self.counters["no free port"] += 1
            return None
        self.flows[flow] = self._outside[key] = entry
        if flow.protocol in _DIRECT:
            self._direct_out[direct_key(flow)] = self._direct_in[direct_key(key)] = entry
        if flow.protocol in _PORTED:
            place = flow.protocol, address, port
            self._ports[place] = self._ports.get(place, 0) + 1
            self._local_ports[flow.protocol, flow.source, flow.source_port, address] = port
        entry.timeout = self._timeout(entry)
        self._added(entry, now)
        return entry

    def _by_static_port(self, flow: Tuple5, now: Instant) -> Translation | None:
        """Somebody outside opens a flow to a port that is an inside host's for good."""
        for static in self.settings.statics:
            if (static.protocol, static.global_port) != (flow.protocol, flow.destination_port):
                continue
            if self._static_address(static) == flow.destination and static.local_port is not None:
                inside = Tuple5(flow.protocol, static.local, static.local_port, flow.source, flow.source_port)
                self.counters["misses"] += 1
                return self._open(inside, flow.destination, flow.destination_port, static, now)
        return None

    def _static_address(self, static: StaticRule) -> IPv4 | None:
        return self._address_of(static.interface) if static.interface is not None else static.global_address

    def _port_for(self, flow: Tuple5, address: int) -> int | None:
        """The port this inside host has there already, its own if it is free, or the next free one of its group."""
        if flow.protocol not in _PORTED:
            return 0 if Tuple5(flow.protocol, flow.destination, 0, address, 0) not in self._outside else None
        held = self._local_ports.get((flow.protocol, flow.source, flow.source_port, address))
        if held is not None:
            return held
        own = flow.source_port
        if (flow.protocol != ipv4.ICMP or own >= 1024) and self._is_free(flow.protocol, address, own):
            return own
        group = 2 if flow.protocol == ipv4.ICMP else 0 if own < 512 else 1 if own < 1024 else 2
        ports = _GROUPS[group]
        place = flow.protocol, address, group
        begun = self._next.get(place, 0)
        for step in range(len(ports)):
            port = ports[(begun + step) % len(ports)]
            if self._is_free(flow.protocol, address, port):
                self._next[place] = (begun + step + 1) % len(ports)
                return port
        return None

    def _is_free(self, protocol: int, address: int, port: int) -> bool:
        if (protocol, address, port) in self._ports or (protocol, port) in _OURS:
            return False
        return not any(
            (static.protocol, static.global_port) == (protocol, port) and self._static_address(static) == address
            for static in self.settings.statics
        )

    # --- ages --------------------------------------------------------------------------------------------------------

    def _used(self, entry: Translation, packet: bytes, now: Instant) -> None:
        entry.used = now
        if entry.flow.protocol != ipv4.TCP:
            return
        at = ((packet[0] & 15) << 2) + 13
        flags = packet[at] if at < len(packet) else 0
        if flags & (tcp.FIN | tcp.RST) and entry.phase != _CLOSING:
            entry.phase, entry.timeout = _CLOSING, _span(self.settings.finrst_s)
            self._age(entry)
        elif flags & tcp.ACK and entry.phase == _OPENING:
            entry.phase, entry.timeout = _OPEN, _span(self.settings.tcp_s)

    def _timeout(self, entry: Translation) -> Span:
        settings, flow = self.settings, entry.flow
        if flow.protocol == ipv4.TCP:
            return _span(settings.syn_s)
        if flow.protocol == ipv4.UDP:
            return _span(settings.dns_s if flow.destination_port == _DNS else settings.udp_s)
        return _span(settings.icmp_s if flow.protocol == ipv4.ICMP else settings.timeout_s)

    def _age(self, entry: Simple | Translation) -> None:
        """Look at it again when it would be too old."""
        if entry.timeout == _NEVER:
            return
        at = entry.used + entry.timeout
        self._count += 1
        first = not self._ages or at < self._ages[0][0]
        heappush(self._ages, (at, self._count, entry))
        if first:
            self._ring(at)

    def _add_simple(self, simple: Simple) -> None:
        self.simple[simple.local] = self._simple_outside[simple.global_address] = simple
        self._added(simple, simple.created)

    def _added(self, entry: Simple | Translation, now: Instant) -> None:
        self._made += 1
        entry.number = self._made
        self._age(entry)
        if len(self) > self.peak:
            self.peak, self.peak_at = len(self), now

    def _remove_simple(self, simple: Simple) -> None:
        del self.simple[simple.local]
        self._simple_outside.pop(simple.global_address, None)

    def _remove(self, entry: Translation) -> None:
        flow = entry.flow
        key = entry.outside_key
        del self.flows[flow], self._outside[key]
        if flow.protocol in _DIRECT:
            del self._direct_out[direct_key(flow)], self._direct_in[direct_key(key)]
        if flow.protocol not in _PORTED:
            return
        place = flow.protocol, entry.global_address, entry.global_port
        self._ports[place] -= 1
        if not self._ports[place]:
            del self._ports[place]
            del self._local_ports[flow.protocol, flow.source, flow.source_port, entry.global_address]


def _addresses(pool: PoolSettings) -> Iterator[int]:
    return iter(range(pool.first, pool.last + 1))


def _span(seconds: int | None) -> Span:
    return _NEVER if seconds is None else seconds * SECOND
