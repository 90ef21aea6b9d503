"""Other routers' messages, passed on hop by hop (RFC 2332 sections 5.3.2 and 6): requests towards the address they ask
about, replies towards who asked. Each hop leaves its record (unless `no ip nhrp record`), takes one off the hop count,
renews the authentication, and fills an empty NAT extension where it knows better than the sender.
"""

from __future__ import annotations

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Path
from iosh.proto.nhrp.cache import Cache
from iosh.proto.nhrp.effects import Relay
from iosh.proto.nhrp.link import Link
from iosh.wire.nhrp import Cie, ErrorCode, ExtensionKind, Flag, Indication, Kind, Message, cie_extension, replaced

_REQUESTS = (Kind.RESOLUTION_REQUEST, Kind.REGISTRATION_REQUEST, Kind.PURGE_REQUEST)
_LOOP_LOG_SPAN = 60 * SECOND


class Transit:
    """The forwarder of one tunnel."""

    def __init__(self, link: Link, cache: Cache) -> None:
        self._link = link
        self._cache = cache
        self._loop_told: Instant | None = None

    def forward(self, message: Message, data: bytes, path: Path, now: Instant) -> None:
        """Pass a message on, or tell its sender why not."""
        request = message.kind in _REQUESTS
        toward = message.destination if request else message.source
        if message.hops <= 1:
            self._fail(ErrorCode.HOP_COUNT_EXCEEDED, message, data, path, now)
            return
        if self._looped(message, request, now):
            self._fail(ErrorCode.LOOP_DETECTED, message, data, path, now)
            return
        route = self._link.facts.route(toward)
        network = self._link.settings.network_id
        if route is None or self._link.facts.network_id(route.interface) != network:
            self._fail(ErrorCode.UNREACHABLE, message, data, path, now)
            return
        if message.kind == Kind.RESOLUTION_REQUEST and message.flags & Flag.AUTHORITATIVE:
            self._link.trace("NHRP: Forwarding request due to authoritative request.")
        next_hop = route.next_hop or toward
        onward = self._stamped(message, request)._replace(hops=message.hops - 1)
        if route.interface != self._link.settings.interface:
            self._link.desk.put(Relay(route.interface, next_hop, onward))
        elif (request and next_hop == message.source) or not self._to(onward, next_hop, now):
            self._fail(ErrorCode.UNREACHABLE, message, data, path, now)

    def forward_error(self, error: Indication, now: Instant) -> None:
        """An error indication for another router that we know."""
        nbma = self._cache.nbma_of(error.destination)
        if nbma is None or error.hops <= 1:
            self._link.desk.counters["error for somebody else"] += 1
        else:
            self._link.send(error._replace(hops=error.hops - 1), nbma, now)

    def relayed(self, message: Message, next_hop: IPv4, now: Instant) -> None:
        """A message that came by another tunnel of the same network leaves by this one."""
        if not self._link.active or not self._to(message, next_hop, now):
            self._link.desk.counters["no next hop for transit"] += 1

    def _to(self, message: Message, next_hop: IPv4, now: Instant) -> bool:
        """Send it to a next hop of this tunnel; False if nobody knows where that is."""
        nbma = self._cache.nbma_of(next_hop)
        if nbma is None:
            return False
        name = self._link.settings.interface
        self._link.trace("NHRP: Cache lookup for nexthop {} on {} returned nbma {}", next_hop, name, nbma)
        self._link.traffic.forwarded[message.kind] += 1
        self._link.send(message, nbma, now)
        return True

    def _fail(self, code: int, message: Message, data: bytes, path: Path, now: Instant) -> None:
        self._link.desk.counters[f"transit refused, code {code}"] += 1
        if message.kind in _REQUESTS:
            source = self._cache.complete(message.source)
            nbma = source.nbma if source is not None else None
            self._link.refuse(code, data, message.source, nbma or path.remote, now)

    def _looped(self, message: Message, request: bool, now: Instant) -> bool:
        record = message.extension(ExtensionKind.FORWARD_TRANSIT if request else ExtensionKind.REVERSE_TRANSIT)
        if record is None or all(cie.protocol != self._link.address for cie in record.cies):
            return False
        if self._loop_told is None or now - self._loop_told >= _LOOP_LOG_SPAN:
            self._loop_told = now
            self._link.desk.debug("nhrp error", f"NHRP: Loop detected for {message.source} -> {message.destination}")
        return True

    def _stamped(self, message: Message, request: bool) -> Message:
        """The message with our record, and the NAT extension filled if that is ours to do."""
        settings = self._link.settings
        extensions = message.extensions
        kind = ExtensionKind.FORWARD_TRANSIT if request else ExtensionKind.REVERSE_TRANSIT
        record = message.extension(kind)
        if record is not None and settings.record:
            own = Cie(0, 32, settings.mtu, settings.holdtime_s, self._link.nbma, self._link.address)
            extensions = replaced(extensions, cie_extension(kind, [*record.cies, own]))
        nat = message.extension(ExtensionKind.NAT)
        if nat is not None and not nat.value:
            seen = self._translated(message, request)
            if seen is not None:
                extensions = replaced(extensions, cie_extension(ExtensionKind.NAT, [seen]))
        return message._replace(extensions=extensions)

    def _translated(self, message: Message, request: bool) -> Cie | None:
        """Who the message tells about, where NAT shows it to us at another address than it believes."""
        about = message.source if request else message.cies[0].protocol if message.cies else None
        entry = self._cache.host(about) if about is not None else None
        if entry is None or entry.claimed is None:
            return None
        return Cie(prefix=32, mtu=self._link.settings.mtu, nbma=entry.nbma, protocol=about)
