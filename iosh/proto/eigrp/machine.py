"""The machine of one EIGRP process: what happened, handed to the link, the neighbour or the topology it concerns.

Each verb ends by putting what changed into packets (`_flush`). The routing table hears of a prefix only when its ways
are others than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.errors import Malformed
from iosh.base.interface_name import short
from iosh.base.time import SECOND, Instant
from iosh.proto.eigrp import describe, digest
from iosh.proto.eigrp.advert import advert, withdrawal
from iosh.proto.eigrp.dual import SIA, Dual
from iosh.proto.eigrp.link import HELLO, RETRANSMIT, Link
from iosh.proto.eigrp.metric import INFINITE, RIB_INFINITE, beyond, composite, in_rib
from iosh.proto.eigrp.peer import Peer
from iosh.proto.eigrp.settings import EigrpSettings, LinkSettings, Seed, Summary
from iosh.proto.eigrp.topology import CONNECTED, REDISTRIBUTED, SUMMARY, Node, Source
from iosh.proto.eigrp.topology import Path as Route
from iosh.proto.machine import Desk, Path, RoutesChanged, Way
from iosh.wire import eigrp
from iosh.wire.eigrp import Eigrp as Packet
from iosh.wire.eigrp import Exterior, Flag, Metric, Opcode

HOLD: Final = "hold"
NULL: Final = "Null0"
_REDISTRIBUTED: Final = Source(REDISTRIBUTED)
_SUMMARY: Final = Source(SUMMARY, NULL)


class Eigrp:
    """One process: an autonomous system in one VRF."""

    def __init__(self, settings: EigrpSettings, desk: Desk, now: Instant) -> None:
        self.settings = settings
        self.desk = desk
        self.links: dict[str, Link] = {}
        self.installed: dict[Prefix, tuple[Way, ...]] = {}
        self.dual = Dual(desk, self, self._node_changed, settings.active_s)
        self.started = now
        self._seeds: dict[Prefix, Seed] = {}
        self._summaries: dict[Prefix, Summary] = {}
        self._unsure: dict[Prefix, None] = {}  # summaries whose components changed
        self._sequence = desk.rng.between(1, 0xFFFF)
        self._settle_links(settings.links, now)
        self._flush(now)

    @property
    def source(self) -> str:
        """What its routes are known by."""
        return f"eigrp {self.settings.autonomous_system}"

    @property
    def peers(self) -> list[Peer]:
        """All neighbours, link by link."""
        return [peer for link in self.links.values() for peer in link.peers.values()]

    # --- the verbs of the router

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """A packet of protocol 88."""
        link = self.links.get(path.interface)
        if link is None or link.settings.passive:
            self.desk.counters["not enabled"] += 1
            return
        try:
            read = Packet.decode(data)
        except Malformed:
            self.desk.counters["malformed"] += 1
            return
        if read.autonomous_system != self.settings.autonomous_system or read.virtual_router:
            self.desk.counters["other autonomous system"] += 1
            return
        if not self._is_welcome(link, read, data, path.remote, now):
            return
        self.desk.counters[f"received {describe.kind(read)}"] += 1
        if self.desk.debugging("eigrp packets"):
            for line in describe.lines("Received", short(link.interface), path.remote, read, len(data)):
                self.desk.debug("eigrp packets", line)
        self._take(link, read, path.remote, now)
        self._flush(now)

    def wake(self, name: object, now: Instant) -> None:
        """A deadline of mine came."""
        match name:
            case (str() as kind, Prefix() as prefix) if kind == SIA:
                self.dual.time_is_up(prefix, now)
            case (str() as kind, str() as interface) if kind == HELLO:
                self.links[interface].hello_due(now)
            case (str() as kind, str() as interface, IPv4() as address) if kind == RETRANSMIT:
                link = self.links[interface]
                if not link.retransmit_due(link.peers[address], now):
                    self._lose(link, link.peers[address], describe.RETRIES, now, tell=True)
            case (str() as kind, str() as interface, IPv4() as address) if kind == HOLD:
                self._hold_due(self.links[interface], address, now)
        self._flush(now)

    def settle(self, settings: EigrpSettings, now: Instant) -> bool:
        """New wishes; another identity, other K values or another form of metric begin anew."""
        old = self.settings
        if (old.router_id, old.wide, old.k, old.stub) != (settings.router_id, settings.wide, settings.k, settings.stub):
            return False
        self.settings = settings
        self.dual.active_s = settings.active_s
        for link in self.links.values():
            link.process = settings
        self._settle_links(settings.links, now)
        for node in list(self.dual.nodes.values()):
            self._install(node)
        self._flush(now)
        return True

    def stop(self, now: Instant) -> None:
        """Say goodbye, and take all routes back."""
        for link in self.links.values():
            link.goodbye(now)
        for name in list(self.links):
            self._close(name, describe.SHUTDOWN, now)
        for prefix in list(self.installed):
            self.desk.put(RoutesChanged(self.source, prefix, ()))
        self.installed.clear()
        for prefix in self.dual.active:
            self.desk.no_ring((SIA, prefix))

    def redistributed(self, seeds: Mapping[Prefix, Seed], now: Instant) -> None:
        """The routes of other sources as they are now."""
        for prefix in [prefix for prefix in self._seeds if prefix not in seeds]:
            del self._seeds[prefix]
            self.dual.told(prefix, _REDISTRIBUTED, None, now)
        for prefix, seed in seeds.items():
            if self._seeds.get(prefix) != seed:
                self._seeds[prefix] = seed
                self.dual.told(prefix, _REDISTRIBUTED, self._seeded(seed), now)
        self._flush(now)

    def clear(self, interface: str | None, address: IPv4 | None, now: Instant) -> None:
        """`clear ip eigrp neighbors`: those of an interface, one, or all."""
        for link in self.links.values():
            for peer in list(link.peers.values()):
                if interface in (None, link.interface) and address in (None, peer.address):
                    self._lose(link, peer, describe.CLEARED, now, tell=True)
        self._flush(now)

    # --- what DUAL asks of its neighbours

    def queryable(self) -> Iterable[Source]:
        """All neighbours that are up, but stubs."""
        return [peer.source for link in self.links.values() for peer in link.up.values() if peer.stub is None]

    def ask(self, peer: Source, node: Node) -> None:
        """A query. What it says of the distance is put right when the computation ends: see `_tell`."""
        link = self.links[peer.interface]
        told = advert(node, link.settings, self.settings.stub, self.settings.router_id)
        found = link.up[peer.address]
        found.queries[node.prefix] = told or withdrawal(node, self.settings.router_id)
        link.touched[peer.address] = found

    def answer(self, peer: Source, node: Node) -> None:
        """A reply."""
        found = self._peer(peer)
        if found is not None:
            link = self.links[peer.interface]
            told = advert(node, link.settings, self.settings.stub, self.settings.router_id)
            found.replies[node.prefix] = told or withdrawal(node, self.settings.router_id)
            link.touched[peer.address] = found

    def ask_again(self, peer: Source, node: Node) -> None:
        """An SIA query."""
        found = self._peer(peer)
        if found is not None:
            found.sia_queries[node.prefix] = withdrawal(node, self.settings.router_id)
            self.links[peer.interface].touched[peer.address] = found

    def stuck(self, peer: Source, node: Node, now: Instant) -> None:
        """A neighbour owes an answer for too long: it is none any more."""
        text = f"Route {node.prefix} stuck-in-active state in {self._family}.  Cleaning up"
        self.desk.report("DUAL", 3, "SIA", text)
        found = self._peer(peer)
        if found is not None:
            self._lose(self.links[peer.interface], found, describe.STUCK, now, tell=True)

    # --- neighbours

    @property
    def _family(self) -> str:
        return f"EIGRP-IPv4 {self.settings.autonomous_system}"

    def _peer(self, source: Source) -> Peer | None:
        link = self.links.get(source.interface)
        return link.peers.get(source.address) if link is not None else None

    def _is_welcome(self, link: Link, read: Packet, data: bytes, remote: IPv4, now: Instant) -> bool:
        settings = link.settings
        if remote == settings.address or (settings.neighbors and remote not in settings.neighbors):
            self.desk.counters["not a neighbor"] += 1
            return False
        if not digest.is_genuine(data, read, settings.authentication, remote):
            self.desk.counters["authentication failed"] += 1
            self.desk.debug(
                "eigrp packets", f"EIGRP: pkt authentication failed on {short(link.interface)}, peer {remote}"
            )
            return False
        if not any(remote in prefix for prefix in settings.prefixes):
            self.desk.counters["other subnet"] += 1
            if read.opcode == Opcode.HELLO and self.settings.log_changes:
                own = f"{settings.address}/{settings.prefixes[0].length}"
                text = f"{self._family}: Neighbor {remote} ({link.interface}) is blocked: not on common subnet ({own})"
                self.desk.report("DUAL", 6, "NBRINFO", text)
            return False
        return True

    def _take(self, link: Link, read: Packet, remote: IPv4, now: Instant) -> None:
        peer = link.peers.get(remote)
        if read.opcode == Opcode.HELLO and not read.is_acknowledgment:
            self._hello(link, peer, read, remote, now)
            return
        if peer is None:
            self.desk.counters["unknown neighbor"] += 1
            return
        peer.hold_until = now + peer.hold_s * SECOND
        begins = bool(read.flags & Flag.INIT) and read.opcode == Opcode.UPDATE
        if begins:
            peer = self._heard_init(link, peer, read, now)
        if read.acknowledgment:
            link.acknowledged(peer, read.acknowledgment, now)
        self._maybe_up(link, peer, now)
        if begins or (read.sequence and peer.heard_init is not None and link.takes(peer, read)):
            self._routes(link, peer, read, now)

    def _hello(self, link: Link, peer: Peer | None, read: Packet, remote: IPv4, now: Instant) -> None:
        parameter = version = stub = None
        sequence: tuple[IPv4, ...] | None = None
        conditional: int | None = None
        for tlv in read.tlvs:
            match tlv:
                case eigrp.Parameter():
                    parameter = tlv
                case eigrp.SoftwareVersion():
                    version = tlv
                case eigrp.StubInfo(flags):
                    stub = flags
                case eigrp.Sequence(addresses):
                    sequence = addresses
                case eigrp.MulticastSequence(number):
                    conditional = number
                case eigrp.PeerTermination(addresses):
                    if peer is not None and (not addresses or link.settings.address in addresses):
                        self._lose(link, peer, describe.TERMINATED, now)
                        return
        if parameter is None:
            self.desk.counters["hello without parameters"] += 1
            return
        if parameter.k == eigrp.GOODBYE:
            if peer is not None:
                self._lose(link, peer, describe.GOODBYE, now)
            return
        if parameter.k != self.settings.k:
            self.desk.counters["other K values"] += 1
            if peer is not None:
                self._lose(link, peer, describe.K_VALUES, now)
            else:
                self._log(remote, link, "down", describe.K_VALUES)
            return
        if peer is not None and peer.stub != stub:
            self._lose(link, peer, describe.PEER_CHANGED, now)
            peer = None
        if peer is None:
            peer = self._meet(link, remote, parameter.hold_s, now)
        peer.hold_s, peer.hold_until, peer.stub = parameter.hold_s, now + parameter.hold_s * SECOND, stub
        if version is not None:
            peer.os_version, peer.tlv_version = version.os, version.tlv
        if sequence is not None and conditional is not None:
            peer.conditional = conditional if link.settings.address not in sequence else None

    def _meet(self, link: Link, remote: IPv4, hold_s: int, now: Instant) -> Peer:
        taken = {peer.handle for peer in self.peers}
        handle = next(number for number in range(len(taken) + 1) if number not in taken)
        peer = Peer(link.interface, remote, handle, now, hold_s, now + hold_s * SECOND)
        link.peers[remote] = peer
        self._log(remote, link, "up", describe.NEW)
        self.desk.ring_at((HOLD, link.interface, remote), peer.hold_until)
        link.hello(remote, now)  # so that it knows us when our update comes
        link.begin(peer, now)
        return peer

    def _heard_init(self, link: Link, peer: Peer, read: Packet, now: Instant) -> Peer:
        """The first update of a neighbour, or of one that begins again."""
        if peer.heard_init == read.sequence == peer.received:
            link.owes_ack(peer)
            return peer
        if peer.up:  # else it begins as we do, and hears our first update, too
            hold_s, stub = peer.hold_s, peer.stub
            versions = peer.os_version, peer.tlv_version
            self._lose(link, peer, describe.RESTARTED, now)
            peer = self._meet(link, peer.address, hold_s, now)
            peer.stub = stub
            peer.os_version, peer.tlv_version = versions
        peer.heard_init = peer.received = read.sequence
        link.owes_ack(peer)
        return peer

    def _maybe_up(self, link: Link, peer: Peer, now: Instant) -> None:
        """Up once our first update is acknowledged and the neighbour's is here: then it gets the whole table."""
        if peer.up or peer.heard_init is None or any(item.flags & Flag.INIT for item in peer.queue):
            return
        link.came_up(peer)
        for node in self.dual.nodes.values():
            self._tell(link, node)
        link.flush(now)
        link.post(Opcode.UPDATE, link.told, [peer], Flag.END_OF_TABLE, now)

    def _hold_due(self, link: Link, address: IPv4, now: Instant) -> None:
        peer = link.peers[address]
        if now < peer.hold_until:
            self.desk.ring_at((HOLD, link.interface, address), peer.hold_until)
        else:
            self._lose(link, peer, describe.HOLD, now, tell=True)

    def _lose(self, link: Link, peer: Peer, reason: str, now: Instant, tell: bool = False) -> None:
        self._log(peer.address, link, "down", reason)
        link.forget(peer)
        self.desk.no_ring((HOLD, link.interface, peer.address))
        if tell:
            link.terminate(peer.address, now)
        self.dual.lost(peer.source, now)

    def _log(self, remote: IPv4, link: Link, state: str, reason: str) -> None:
        if self.settings.log_changes:
            text = f"{self._family}: Neighbor {remote} ({link.interface}) is {state}: {reason}"
            self.desk.report("DUAL", 5, "NBRCHANGE", text)

    # --- routes

    def _routes(self, link: Link, peer: Peer, read: Packet, now: Instant) -> None:
        verb = {
            Opcode.UPDATE: self.dual.told,
            Opcode.QUERY: self.dual.queried,
            Opcode.REPLY: self.dual.replied,
            Opcode.SIA_REPLY: self.dual.still_active,
        }
        for route in read.routes:
            path = self._heard(link, peer, route)
            if read.opcode == Opcode.SIA_QUERY:
                node = self.dual.nodes.get(route.prefix) or Node(route.prefix)
                peer.sia_replies[route.prefix] = withdrawal(node, self.settings.router_id)
                link.touched[peer.address] = peer
            elif read.opcode in verb:
                verb[Opcode(read.opcode)](route.prefix, peer.source, path, now)

    def _heard(self, link: Link, peer: Peer, route: eigrp.Route) -> Route | None:
        """A path as a neighbour tells it, None where that is no way: unreachable, or our own words come back."""
        exterior = route.exterior
        if route.metric.is_infinite or self.settings.router_id in (route.router, exterior.router if exterior else None):
            return None
        via = next((route.next_hop for prefix in link.settings.prefixes if route.next_hop in prefix), peer.address)
        return self._beyond(link, peer.source, route.metric, via, exterior, route.router)

    def _beyond(
        self, link: Link, source: Source, reported: Metric, via: IPv4, exterior: Exterior | None, router: IPv4
    ) -> Route:
        own = link.settings
        metric = beyond(reported, own.delay_ps, own.bandwidth_kbit, own.mtu, self.settings.maximum_hops)
        distance = self._distance(metric)
        return Route(source, metric, distance, self._distance(reported), reported, via, exterior, router)

    def _distance(self, metric: Metric) -> int:
        return composite(metric, self.settings.k, self.settings.wide)

    def _seeded(self, seed: Seed) -> Route:
        own = self.settings.router_id
        system = seed.autonomous_system
        exterior = Exterior(own, system, seed.tag, seed.source_metric, seed.protocol)
        return Route(_REDISTRIBUTED, seed.metric, self._distance(seed.metric), exterior=exterior, router=own)

    def _node_changed(self, node: Node, now: Instant) -> None:
        """DUAL judged a node: the routing table and the neighbours may have to hear of it."""
        self._install(node)
        for summary in self._summaries:
            if summary.length < node.prefix.length and node.prefix.network in summary:
                self._unsure[summary] = None
        if node.prefix not in self.dual.active:
            for link in self.links.values():
                self._tell(link, node, node.was_active)
            node.was_active = False

    def _tell(self, link: Link, node: Node, anyway: bool = False) -> None:
        """Lay out an update where the neighbours on a link know something else, or (`anyway`) heard from queries, which
        not all of them got, what is no longer so.
        """
        if node.prefix in self.dual.active:
            return
        new = advert(node, link.settings, self.settings.stub, self.settings.router_id)
        old = link.told.get(node.prefix)
        if new == old and not anyway:
            return
        if new is None:
            link.told.pop(node.prefix, None)
            link.changed[node.prefix] = withdrawal(node, self.settings.router_id)
        else:
            link.told[node.prefix] = link.changed[node.prefix] = new

    def _install(self, node: Node) -> None:
        """The routing table gets the ways of a node, if they are others than it has."""
        ways = tuple(self._ways(node))
        if ways != self.installed.get(node.prefix, ()):
            if ways:
                self.installed[node.prefix] = ways
            else:
                del self.installed[node.prefix]
            self.desk.put(RoutesChanged(self.source, node.prefix, ways))

    def _ways(self, node: Node) -> Iterable[Way]:
        settings = self.settings
        usable = node.usable(settings.variance)[: settings.maximum_paths]
        if any(path.is_local for path in usable):
            if usable[0].source.kind == SUMMARY and (summary := self._summaries.get(node.prefix)) is not None:
                metric = in_rib(usable[0].distance, settings.wide, settings.rib_scale)
                if summary.distance < 255 and metric < RIB_INFINITE:
                    yield Way(NULL, None, summary.distance, metric, SUMMARY)
            return
        for path in usable:
            metric = in_rib(path.distance, settings.wide, settings.rib_scale)
            if metric == RIB_INFINITE:
                continue
            external = path.exterior is not None
            distance = settings.distance_external if external else settings.distance_internal
            tag = path.exterior.tag or None if path.exterior is not None else None
            share = max(1, usable[-1].distance // path.distance)
            kind = "external" if external else "internal"
            yield Way(path.source.interface, path.next_hop, distance, metric, kind, tag, share, path.source.address)

    # --- links

    def _settle_links(self, wanted: tuple[LinkSettings, ...], now: Instant) -> None:
        table = {link.interface: link for link in wanted}
        for name in [name for name in self.links if name not in table]:
            self._close(name, describe.INTERFACE_DOWN, now)
        self._summaries = {summary.prefix: summary for link in wanted for summary in link.summaries}
        for name, settings in table.items():
            link = self.links.get(name)
            if link is None:
                self.links[name] = link = Link(settings, self.settings, self.desk, self._next_sequence)
                self._connect(link, (), now)
                link.hello_due(now)
            elif link.settings != settings:
                self._settle_link(link, settings, now)
        for prefix in [prefix for prefix, node in self.dual.nodes.items() if _SUMMARY in node.paths]:
            self._unsure[prefix] = None
        for prefix in self._summaries:
            self._unsure[prefix] = None

    def _settle_link(self, link: Link, settings: LinkSettings, now: Instant) -> None:
        """An interface is configured anew. Another address, digest or way of hearing begins with new neighbours."""
        old, link.settings = link.settings, settings
        if _identity(old) != _identity(settings):
            link.settings = old
            link.goodbye(now)
            for peer in list(link.peers.values()):
                self._lose(link, peer, describe.INTERFACE_DOWN, now)
            link.settings = settings
        if (old.hello_s, old.hold_s, _identity(old)) != (settings.hello_s, settings.hold_s, _identity(settings)):
            link.hello_due(now)
        self._connect(link, old.networks, now)
        for peer in link.peers.values():
            for node, path in self.dual.of(peer.source):
                again = self._beyond(link, peer.source, path.reported_metric, path.next_hop, path.exterior, path.router)
                self.dual.told(node.prefix, peer.source, again, now)
        for node in list(self.dual.nodes.values()):
            self._tell(link, node)

    def _connect(self, link: Link, before: tuple[Prefix, ...], now: Instant) -> None:
        """The networks of an interface are paths, as far as `network` covers them."""
        own = link.settings
        source = Source(CONNECTED, link.interface)
        for prefix in before:
            if prefix not in own.networks:
                self.dual.told(prefix, source, None, now)
        metric = Metric(own.delay_ps, own.bandwidth_kbit, own.mtu)
        for prefix in own.networks:
            self.dual.told(prefix, source, Route(source, metric, self._distance(metric)), now)
        for node in self.dual.nodes.values():
            self._tell(link, node)

    def _close(self, name: str, reason: str, now: Instant) -> None:
        link = self.links.pop(name)
        self.desk.no_ring((HELLO, name))
        for peer in list(link.peers.values()):
            self._lose(link, peer, reason, now)
        for prefix in link.settings.networks:
            self.dual.told(prefix, Source(CONNECTED, name), None, now)

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        return self._sequence

    def _flush(self, now: Instant) -> None:
        while self._unsure:
            self._summarise(next(iter(self._unsure)), now)
        for link in list(self.links.values()):
            link.flush(now)

    def _summarise(self, prefix: Prefix, now: Instant) -> None:
        """A summary is there while something it covers is, and as near as the nearest of it."""
        del self._unsure[prefix]
        best: Node | None = None
        if prefix in self._summaries:
            for node in self.dual.nodes.values():
                inside = prefix.length < node.prefix.length and node.prefix.network in prefix
                if inside and node.distance < INFINITE and (best is None or node.distance < best.distance):
                    best = node
        path = Route(_SUMMARY, best.metric, best.distance) if best is not None else None
        had = self.dual.nodes.get(prefix)
        if path != (had.paths.get(_SUMMARY) if had is not None else None):
            self.dual.told(prefix, _SUMMARY, path, now)
        elif had is not None:
            self._install(had)


def _identity(link: LinkSettings) -> tuple[object, ...]:
    """What neighbours know an interface by."""
    return link.address, link.prefixes[0], link.authentication, link.neighbors, link.passive
