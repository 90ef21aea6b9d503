"""Answering resolution requests (RFC 2332 section 5.2.2): the egress tells its own tunnel and NBMA address and the
prefix its route to the destination has; a server that nobody obliged to ask the owner may tell what is registered.

The answerer keeps the requester (so the way back needs no question of its own), remembers what it told whom, wants the
socket to the requester, and replies directly where that stands already, else the way the request came.
"""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Path
from iosh.proto.nhrp.cache import DYNAMIC, STATIC, Cache, CacheEntry, Mark
from iosh.proto.nhrp.client import Client
from iosh.proto.nhrp.link import Link
from iosh.proto.nhrp.resolver import Resolver
from iosh.wire.nhrp import Cie, Code, ErrorCode, ExtensionKind, Flag, Kind, Message, cie_extension, replaced

_MOST_REQUESTERS = 1024  # of one prefix; the oldest goes, and must do without a purge


class Answer:
    """The answers of one tunnel."""

    def __init__(self, link: Link, cache: Cache, client: Client, resolver: Resolver) -> None:
        self._link = link
        self._cache = cache
        self._client = client
        self._resolver = resolver

    def asked(self, message: Message, data: bytes, path: Path, now: Instant) -> bool:
        """A resolution request. False: it is not for us to answer, but to pass on."""
        target = message.destination
        settings = self._link.settings
        if message.strange and not self._passes(target):
            self._link.refuse(ErrorCode.UNRECOGNIZED_EXTENSION, data, message.source, path.remote, now)
            return True
        if target == self._link.address:
            self._tell_own(message, Prefix(target, 32), path, now)
            return True
        route = self._link.facts.route(target)
        self._debug_route(target, route.interface if route else None)
        if route is None:
            self._link.refuse(ErrorCode.UNREACHABLE, data, message.source, path.remote, now)
            return True
        if self._link.facts.network_id(route.interface) != settings.network_id:
            self._tell_own(message, Prefix.of(target, route.prefix.length), path, now)
            return True
        known = self._cache.complete(target)
        if route.next_hop is None and route.interface == settings.interface and known is None:
            self._reply(message, Cie(code=Code.NO_BINDING), path.remote, now)
            return True
        free = not message.flags & Flag.AUTHORITATIVE and settings.cache_non_authoritative
        if known is not None and free and Mark.REGISTERED in known.marks:
            self._tell_cached(message, known, path, now)
            return True
        return False

    def _passes(self, target: IPv4) -> bool:
        """Would a request for it go on to another router?"""
        route = self._link.facts.route(target)
        network = None if route is None else self._link.facts.network_id(route.interface)
        return target != self._link.address and network == self._link.settings.network_id

    def _tell_own(self, message: Message, prefix: Prefix, path: Path, now: Instant) -> None:
        settings = self._link.settings
        requester = self._requester(message, path)
        self._remember(message, prefix, now)
        if settings.multipoint:
            self._keep(message, requester, now)
        own = Cie(0, prefix.length, settings.mtu, settings.holdtime_s, self._link.nbma, self._link.address)
        direct = settings.multipoint and self._link.ready(requester)
        self._reply(message, own, requester if direct else path.remote, now)

    def _tell_cached(self, message: Message, entry: CacheEntry, path: Path, now: Instant) -> None:
        left_s = max(1, ((entry.expires or now) - now) // SECOND)
        nbma = entry.claimed or entry.nbma
        cie = Cie(0, 32, entry.mtu, left_s, nbma, entry.next_hop)
        self._reply(message, cie, path.remote, now)

    def _reply(self, message: Message, cie: Cie, nbma: IPv4, now: Instant) -> None:
        settings = self._link.settings
        extensions = message.extensions
        if message.extension(ExtensionKind.RESPONDER) is not None:
            own = Cie(0, 32, settings.mtu, settings.holdtime_s, self._link.nbma, self._link.address)
            extensions = replaced(extensions, cie_extension(ExtensionKind.RESPONDER, [own]))
        if message.extension(ExtensionKind.NAT) is not None:
            extensions = replaced(extensions, cie_extension(ExtensionKind.NAT, self._translated(cie)))
        kept = Flag.ROUTER | Flag.SOURCE_STABLE | Flag.RESOLUTION_UNIQUE | Flag.NAT
        reply = message._replace(
            kind=Kind.RESOLUTION_REPLY,
            flags=message.flags & kept | Flag.AUTHORITATIVE | Flag.DESTINATION_STABLE,
            cies=(cie,),
            extensions=extensions,
            hops=255,
        )
        self._link.send(reply, nbma, now)

    def _translated(self, cie: Cie) -> list[Cie]:
        """What the NAT extension of a reply says: where the CIE's owner is, if not where the CIE says."""
        if cie.protocol is None:
            return []
        seen = self._client.public_nbma
        if cie.protocol != self._link.address:
            entry = self._cache.complete(cie.protocol)
            seen = entry.nbma if entry is not None and entry.claimed is not None else None
        if seen is None:
            return []
        return [Cie(prefix=32, mtu=self._link.settings.mtu, nbma=seen, protocol=cie.protocol)]

    def _requester(self, message: Message, path: Path) -> IPv4:
        """Where the requester really is: as the NAT extension says, as seen if it came straight, as it says."""
        nat = message.extension(ExtensionKind.NAT)
        for cie in nat.cies if nat is not None else ():
            if cie.protocol == message.source and cie.nbma is not None:
                return cie.nbma
        known = self._cache.complete(message.source)
        if known is not None and known.nbma is not None and (known.claimed or known.nbma) == message.source_nbma:
            return known.nbma
        forwarded = message.extension(ExtensionKind.FORWARD_TRANSIT)
        straight = forwarded is not None and not forwarded.value and not self._client.is_server(path.remote)
        return path.remote if straight else message.source_nbma

    def _remember(self, message: Message, prefix: Prefix, now: Instant) -> None:
        """What we told, and whom: to be taken back when it is no longer so."""
        entry = self._cache.local.get(prefix)
        settings = self._link.settings
        expires = now + settings.holdtime_s * SECOND
        if entry is None:
            marks = Mark.ROUTER | Mark.UNIQUE | Mark.LOCAL
            entry = CacheEntry(prefix, self._link.address, DYNAMIC, now, self._link.nbma, marks=marks)
        entry.expires = expires
        if len(entry.requesters) >= _MOST_REQUESTERS and message.source not in entry.requesters:
            del entry.requesters[next(iter(entry.requesters))]
        entry.requesters[message.source] = message.request_id
        self._cache.put_local(entry)

    def _keep(self, message: Message, requester: IPv4, now: Instant) -> None:
        """The requester's own mapping, from its request."""
        settings, network = self._link.settings, self._link.settings.network
        known = self._cache.complete(message.source)
        fixed = known is not None and (known.type == STATIC or Mark.REGISTERED in known.marks)
        if fixed or network is None or message.source not in network:
            return
        cie = message.cies[0] if message.cies else Cie()
        claimed = message.source_nbma if message.source_nbma != requester else None
        marks = Mark.ROUTER | Mark.IMPLICIT | Mark.NHOP | (Mark.NAT if claimed is not None else Mark.NONE)
        if settings.shortcut:
            marks |= Mark.RIB
        if known is not None and known.nbma == requester:
            marks = known.marks
        expires = now + (cie.holding_s or settings.holdtime_s) * SECOND
        created = known.created if known is not None else now
        entry = CacheEntry(
            Prefix(message.source, 32), message.source, DYNAMIC, created, requester, claimed, expires, marks
        )
        entry.mtu, entry.asked = cie.mtu, message.source
        self._cache.put(entry)
        self._resolver.watch(entry, now)
        self._link.want(requester)
        if self._link.ready(requester):
            self._resolver.socket_opened(requester, now)

    def _debug_route(self, target: IPv4, interface: str | None) -> None:
        self._link.trace(
            "NHRP: Route lookup for destination {} in vrf: global(0x0) yielded interface {}", target, interface
        )
