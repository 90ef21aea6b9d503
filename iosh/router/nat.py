"""Network address translation of inside addresses (RFC 3022; RFC 4787, RFC 5382 and RFC 5508 as far as IOS keeps them).

`Nat` is asked by the forwarding path about each packet between an inside and an outside interface: `outward` after
routing, `inward` before it. Rules: static one-to-one, static by port, dynamic by access list out of a pool or
overloaded onto an address. It keeps no clock: `now` is given, and one deadline wakes it for what ran out.

Ports are chosen as IOS does: the packet's own if it is free, else the next free one of its group (below 512, below
1024, above). Identifiers of ICMP echoes begin at 1024. A port given to an inside host is used for all its peers; what
comes back must come from where it was sent. Protocols without ports are told apart by their peer. Translations are
bounded in number. Outside hosts may be known inside by another address, one by one. Not here: dynamic translation of
outside sources, application gateways (FTP, SIP), VRFs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from typing import Final

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
from iosh.router.nat_table import (
    CLOSING,
    OPEN,
    OPENING,
    PORTED,
    Clause,
    DestinationRule,
    NatSettings,
    PoolSettings,
    Rule,
    Simple,
    SourceRule,
    StaticRule,
    Translation,
)
from iosh.wire import ipv4, tcp

DEADLINE: Final = "nat"
LIMIT: Final = 65536
FRAGMENT_LIMIT: Final = 1024
_GROUPS: Final = (range(1, 512), range(512, 1024), range(1024, 65536))
_DIRECT: Final = (ipv4.TCP, ipv4.UDP)
_OURS: Final = frozenset({(ipv4.UDP, 500), (ipv4.UDP, 4500)})  # IKE's, on addresses that are the router's own
_DNS: Final = 53
_NEVER: Final = 1 << 62


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
        self._rules: tuple[Rule, ...] = ()
        self._networks: tuple[StaticRule, ...] = ()
        self._patches_in: dict[int, AddressPatch] = {}  # of outside hosts the inside knows by another address
        self._patches_out: dict[int, AddressPatch] = {}
        self._turn = 0  # of a rotary pool
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
        return bool(self._rules or self.settings.outsides)

    def settle(self, settings: NatSettings, now: Instant) -> None:
        """New rules. Translations of rules that are gone go with them."""
        self.settings = settings
        self._rules = (*settings.sources, *settings.statics, *settings.destinations)
        self._networks = tuple(each for each in settings.statics if each.length < 32)
        outsides = settings.outsides
        self._patches_in = {each.global_address: AddressPatch(SOURCE, *each) for each in outsides}
        self._patches_out = {each.local: AddressPatch(DESTINATION, *each[::-1]) for each in outsides}
        for entry in [entry for entry in self.flows.values() if entry.rule not in self._rules]:
            self._remove(entry)
        for simple in [simple for simple in self.simple.values() if simple.rule not in self._rules]:
            self._remove_simple(simple)
        for each in settings.statics:
            whole = each.protocol is None and each.length == 32
            if whole and each.global_address is not None and each.local not in self.simple:
                self._add_simple(Simple(each.local, each.global_address, each, now, _NEVER))

    def readdress(self) -> None:
        """Interfaces may have other addresses now: what was translated to one that is gone begins anew."""
        if not self.flows:
            return
        dynamic: list[SourceRule | StaticRule] = [*self.settings.sources, *self.settings.statics]
        rules = {rule: self._address_of(rule.interface) for rule in dynamic if rule.interface is not None}
        for entry in list(self.flows.values()):
            if entry.rule in rules and rules[entry.rule] != entry.global_address:
                self._remove(entry)

    def clear(self) -> None:
        """`clear ip nat translation *`: all but the static ones."""
        for entry in list(self.flows.values()):
            self._remove(entry)
        for simple in [simple for simple in self.simple.values() if isinstance(simple.rule, SourceRule)]:
            self._remove_simple(simple)
        self._fragments.clear()

    def clear_some(
        self, local: int, global_address: int, protocol: int | None = None, ports: tuple[int, int] | None = None
    ) -> bool:
        """`clear ip nat translation [tcp|udp] inside G … L …`: what is translated so; False: nothing is."""
        flows = [
            entry
            for entry in self.flows.values()
            if (entry.flow.source, entry.global_address) == (local, global_address)
            and protocol in (None, entry.flow.protocol)
            and ports in (None, (entry.flow.source_port, entry.global_port))
        ]
        for entry in flows:
            self._remove(entry)
        simple = self.simple.get(local) if protocol is None else None
        if simple is None or simple.global_address != global_address or isinstance(simple.rule, StaticRule):
            return bool(flows)
        self._remove_simple(simple)
        return True

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
        return any(pool.first <= address <= pool.last and not pool.rotary for pool in self.settings.pools) or any(
            static.global_address is not None and (static.global_address ^ address) >> (32 - static.length) == 0
            for static in self.settings.statics
        )

    # --- packets -----------------------------------------------------------------------------------------------------

    def outward(self, packet: bytes, now: Instant, leaves_by: str = "") -> bytes | None:
        """A packet on its way from the inside to the outside; as it was if no rule concerns it; None: it may not go."""
        if self._patches_out:
            packet = self._outside_patched(packet, DESTINATION, self._patches_out)
        known = self._direct_out.get(packet[9:10] + packet[12:24]) if is_direct(packet) else None
        if known is not None:
            self.counters["hits"] += 1
            self._used(known, packet, now)
            return known.outward.applied(packet)
        source = int.from_bytes(packet[12:16], "big")
        simple = self.simple.get(source) or (self._of_network(source, now) if self._networks else None)
        if simple is not None and self._may_leave(simple.rule, packet, leaves_by):
            return self._simple_out(simple, packet, now)
        flow = flow_of(packet)
        if flow is None:
            return self._untold(packet, now, leaves_by)
        entry = self.flows.get(flow)
        if entry is None:
            made = self._translate(flow, packet, now, leaves_by)
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
        arrived = self._inward(packet, now)
        return self._outside_patched(arrived, SOURCE, self._patches_in) if self._patches_in else arrived

    def _outside_patched(self, packet: bytes, end: int, patches: dict[int, AddressPatch]) -> bytes:
        """The other address of an outside host, in the packet and in what an error quotes (there at the other end)."""
        inner, other = quoted(packet), SOURCE + DESTINATION - end
        if inner is not None:
            there = patches.get(int.from_bytes(inner[other : other + 4], "big"))
            if there is not None:
                packet = requoted(packet, end, there.at(other), int.from_bytes(packet[end : end + 4], "big"))
        patch = patches.get(int.from_bytes(packet[end : end + 4], "big"))
        return patch.applied(packet) if patch is not None else packet

    def _inward(self, packet: bytes, now: Instant) -> bytes:
        known = self._direct_in.get(packet[9:10] + packet[12:24]) if is_direct(packet) else None
        if known is not None:
            self.counters["hits"] += 1
            self._used(known, packet, now)
            return known.inward.applied(packet)
        destination = int.from_bytes(packet[16:20], "big")
        simple = self._simple_outside.get(destination)
        if simple is None and self._networks:
            simple = self._of_network(destination, now, outside=True)
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
            return self._untold(packet, now, None) or packet
        entry = self._outside.get(flow) or self._by_static_port(flow, now) or self._shared_out(flow, packet, now)
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

    def _of_network(self, address: int, now: Instant, outside: bool = False) -> Simple | None:
        """A host of a network that is translated one-to-one."""
        for rule in self._networks:
            here, there = rule.local, rule.global_address or rule.local
            if outside:
                here, there = there, here
            if (address ^ here) >> (32 - rule.length) == 0 and len(self) < self._limit:
                other = there | address & ((1 << (32 - rule.length)) - 1)
                local, global_address = (other, address) if outside else (address, other)
                self._add_simple(Simple(local, global_address, rule, now, _NEVER))
                return self.simple[local]
        return None

    def _untold(self, packet: bytes, now: Instant, leaves_by: str | None) -> bytes | None:
        """A later fragment goes the way of the first; an ICMP error that of the packet it quotes. `leaves_by` is None
        for what comes in."""
        patch = self._fragments.get((packet[4:6] + packet[9:10], packet[12:20]))
        if patch is not None and int.from_bytes(packet[6:8], "big") & ipv4.OFFSET:
            return patch.applied(packet)
        inner = quoted(packet)
        told = flow_of(inner) if inner is not None else None
        if told is None:
            return None if leaves_by is None else self._refused("fragment or fragmented header", packet, leaves_by)
        # What it quotes went the other way: its source is our destination.
        if leaves_by is not None:
            protocol, source, source_port, destination, destination_port = told
            entry = self.flows.get(Tuple5(protocol, destination, destination_port, source, source_port))
            if entry is None:
                return self._refused("error about nothing known", packet, leaves_by)
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

    def _refused(self, why: str, packet: bytes, leaves_by: str) -> bytes | None:
        """A packet that would have to be translated and cannot be; untouched if no rule wants it."""
        source = int.from_bytes(packet[12:16], "big")
        for rule in self.settings.sources:
            if self._may_leave(rule, packet, leaves_by) and self._address_of(rule.interface or "") != source:
                self.counters[why] += 1
                return None
        return packet

    def _remember_fragments(self, packet: bytes, patch: Patch) -> None:
        if packet[6] & 0x20:
            if len(self._fragments) >= FRAGMENT_LIMIT:
                self._fragments.clear()
            self._fragments[packet[4:6] + packet[9:10], packet[12:20]] = patch

    # --- making translations -----------------------------------------------------------------------------------------

    def _may_leave(self, rule: Rule, packet: bytes, leaves_by: str) -> bool:
        """Does a rule want this packet translated, by its list or route-map? A static one without any wants all."""
        if isinstance(rule, DestinationRule):
            return False
        if rule.route_map is not None:
            clause = next((one for one in rule.clauses if self._matches(one, packet, leaves_by)), None)
            return clause is not None and clause.permit
        return isinstance(rule, StaticRule) or self._permits(rule.access_list or "", packet)

    def _matches(self, clause: Clause, packet: bytes, leaves_by: str) -> bool:
        if clause.interfaces and leaves_by not in clause.interfaces:
            return False
        return not clause.access_lists or any(self._permits(name, packet) for name in clause.access_lists)

    def _translate(self, flow: Tuple5, packet: bytes, now: Instant, leaves_by: str) -> Translation | bytes | None:
        """A translation for a flow that has none; the packet itself if no rule wants it, None if there is no room."""
        for static in self.settings.statics:
            local = static.protocol, static.local, static.local_port
            if local == (flow.protocol, flow.source, flow.source_port) and self._may_leave(static, packet, leaves_by):
                address = self._static_address(static)
                if address is not None and static.global_port is not None:
                    return self._open(flow, address, static.global_port, static, now)
        for rule in self.settings.sources:
            if not self._may_leave(rule, packet, leaves_by):
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
        timeout = _span(self.settings.timeouts.timeout_s)
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
        return self.settings.timeouts.max_entries or LIMIT

    def _open(self, flow: Tuple5, address: int, port: int, rule: Rule, now: Instant) -> Translation | None:
        entry = Translation(flow, address, port, rule, now)
        key = entry.outside_key
        if key in self._outside or len(self) >= self._limit:
            self.counters["no free port"] += 1
            return None
        self.flows[flow] = self._outside[key] = entry
        if flow.protocol in _DIRECT:
            self._direct_out[direct_key(flow)] = self._direct_in[direct_key(key)] = entry
        if flow.protocol in PORTED:
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

    def _shared_out(self, flow: Tuple5, packet: bytes, now: Instant) -> Translation | None:
        """Somebody outside opens a flow to an address that stands for many hosts inside: the next one's turn."""
        if flow.protocol != ipv4.TCP:
            return None
        for rule in self.settings.destinations:
            if self._permits(rule.access_list, packet):
                hosts = rule.pool.last - rule.pool.first + 1
                host, self._turn = rule.pool.first + self._turn % hosts, self._turn + 1
                inside = Tuple5(flow.protocol, host, flow.destination_port, flow.source, flow.source_port)
                self.counters["misses"] += 1
                return self._open(inside, flow.destination, flow.destination_port, rule, now)
        return None

    def _static_address(self, static: StaticRule) -> IPv4 | None:
        return self._address_of(static.interface) if static.interface is not None else static.global_address

    def _port_for(self, flow: Tuple5, address: int) -> int | None:
        """The port this inside host has there already, its own if it is free, or the next free one of its group."""
        if flow.protocol not in PORTED:
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
        if flags & (tcp.FIN | tcp.RST) and entry.phase != CLOSING:
            entry.phase, entry.timeout = CLOSING, _span(self.settings.timeouts.finrst_s)
            self._age(entry)
        elif flags & tcp.ACK and entry.phase == OPENING:
            entry.phase, entry.timeout = OPEN, _span(self.settings.timeouts.tcp_s)

    def _timeout(self, entry: Translation) -> Span:
        settings, flow = self.settings.timeouts, entry.flow
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
        if flow.protocol not in PORTED:
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
