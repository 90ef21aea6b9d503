"""Traffic indications (Cisco, draft-detienne-dmvpn): "this packet need not have come by me".

Sent by a hub whose data plane sees a packet come in from a peer and leave by the same NHRP network, at most once per
source and destination in `ip nhrp redirect timeout`; obeyed by a router with `ip nhrp shortcut`.
"""

from __future__ import annotations

from dataclasses import dataclass

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.proto.nhrp.link import Link
from iosh.proto.nhrp.resolver import Resolver
from iosh.wire.nhrp import Indication, Kind

_MOST_PAIRS = 4096
_QUOTED_BYTES = 128
_IPV4_HEADER = 20


@dataclass(slots=True)
class Spoken:
    """A pair its sender was told of: not again before `until`, however many packets come (`dropped`)."""

    nbma: IPv4
    until: Instant
    dropped: int = 0


class Redirect:
    """The traffic indications of one tunnel."""

    def __init__(self, link: Link, resolver: Resolver) -> None:
        self._link = link
        self._resolver = resolver
        self.recent: dict[tuple[IPv4, IPv4], Spoken] = {}

    def due(self, packet: bytes, nbma: IPv4, now: Instant) -> None:
        """Data from `nbma` took a detour through us."""
        settings = self._link.settings
        if not settings.redirect or not self._link.active or len(packet) < _IPV4_HEADER:
            return
        pair = _ends(packet)
        told = self.recent.get(pair)
        if told is not None:
            told.dropped += 1
        if told is not None or len(self.recent) >= _MOST_PAIRS:
            self._link.traffic.redirects_suppressed += 1
            return
        until = now + settings.redirect_timeout_s * SECOND
        self.recent[pair] = Spoken(nbma, until)
        self._link.desk.ring_at(("redirect", *pair), until)
        indication = Indication(
            Kind.TRAFFIC_INDICATION, 0, 0, self._link.nbma, self._link.address, pair[0], packet[:_QUOTED_BYTES]
        )
        self._link.send(indication, nbma, now)

    def forget(self, source: IPv4, destination: IPv4) -> None:
        """The pair may be spoken of again."""
        self.recent.pop((source, destination), None)

    def silence(self) -> None:
        """No pair is remembered any more."""
        for pair in self.recent:
            self._link.desk.no_ring(("redirect", *pair))
        self.recent.clear()

    def heard(self, indication: Indication, now: Instant) -> None:
        """We sent data by a detour: ask for the direct way."""
        settings = self._link.settings
        if not (settings.shortcut and settings.multipoint) or settings.server_only or indication.code != 0:
            self._link.desk.counters["redirect ignored"] += 1
            return
        if len(indication.packet) < _IPV4_HEADER or indication.packet[0] >> 4 != 4:
            self._link.desk.counters["redirect without packet"] += 1
            return
        self._resolver.redirected(_ends(indication.packet)[1], now)


def _ends(packet: bytes) -> tuple[IPv4, IPv4]:
    """Source and destination of an IPv4 packet."""
    return IPv4.unpack(packet[12:16]), IPv4.unpack(packet[16:20])
