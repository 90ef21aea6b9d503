"""What the forwarding path hands to others: values it puts into the router's tray under the key `"forwarding"`.

Each is named after what happened. The router carries it to the machine it concerns; nothing here expects an answer.
"""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.proto.icmp.arrival import IcmpArrived
from iosh.proto.machine import Path
from iosh.wire.tcp import Tcp

__all__ = [
    "DatagramReceived",
    "DhcpReceived",
    "DiscoveryReceived",
    "EigrpReceived",
    "IcmpArrived",
    "IkeReceived",
    "InvalidSpi",
    "LinkChanged",
    "NextHopUnknown",
    "NhrpReceived",
    "NotIpsec",
    "ProtocolChanged",
    "RedirectDue",
    "RoutesMoved",
    "SaLifetimeCrossed",
    "SaMissing",
    "SourceChanged",
]


class DatagramReceived(NamedTuple):
    """A datagram for a UDP port that a service of ours answers at; which one, `path.local_port` says."""

    payload: bytes
    path: Path


class SegmentReceived(NamedTuple):
    """A TCP segment for a port that a service of ours answers at."""

    segment: Tcp
    path: Path


class DiscoveryReceived(NamedTuple):
    """A CDP or LLDP message came in on a cable; `interface` is the physical one, `protocol` `cdp` or `lldp`."""

    interface: str
    protocol: str
    message: bytes
    source: bytes  # the frame's


class EigrpReceived(NamedTuple):
    """A packet of EIGRP's, without its IP header; `path.local` is the group, or an address of ours."""

    payload: bytes
    path: Path


class RoutesMoved(NamedTuple):
    """Connected or static routes are others than they were; what redistributes them looks again."""


class IkeReceived(NamedTuple):
    """A datagram for UDP 500 or 4500 that is not ESP; on 4500 the payload still begins with the non-ESP marker."""

    payload: bytes
    path: Path


class DhcpReceived(NamedTuple):
    """A datagram for UDP 67 or 68. `path.local` is where it was sent to, a broadcast as likely as not."""

    payload: bytes
    path: Path


class NhrpReceived(NamedTuple):
    """An NHRP packet out of a tunnel. `path` has the NBMA addresses as observed, and in `sa` the SPI."""

    message: bytes
    path: Path


class RedirectDue(NamedTuple):
    """A data packet came in from `nbma` and left by a tunnel of the same NHRP network, and `ip nhrp redirect` is on."""

    interface: str
    nbma: IPv4
    packet: bytes


class NextHopUnknown(NamedTuple):
    """A packet wants this next hop of a multipoint tunnel and nobody knows its NBMA address. Rate limited."""

    interface: str
    address: IPv4


class NotIpsec(NamedTuple):
    """A packet in the clear for a protected tunnel: `%CRYPTO-4-RECVD_PKT_NOT_IPSEC`."""

    interface: str
    local: IPv4
    remote: IPv4
    protocol: int


class InvalidSpi(NamedTuple):
    """An ESP packet of an SA we do not have: `%CRYPTO-4-RECVD_PKT_INV_SPI`. Rate limited."""

    spi: int
    local: IPv4
    remote: IPv4


class SaMissing(NamedTuple):
    """A packet for the other end of a protected point-to-point tunnel, and there is no SA. Rate limited."""

    interface: str
    nbma: IPv4


class SaLifetimeCrossed(NamedTuple):
    """Traffic brought an SA to the soft or hard end of its lifetime."""

    spi: int
    interface: str
    remote: IPv4
    inbound: bool
    hard: bool


class LinkChanged(NamedTuple):
    """The link went `up`, `down` or `administratively down`: `%LINK-3-UPDOWN`, `%LINK-5-CHANGED`."""

    interface: str
    state: str


class ProtocolChanged(NamedTuple):
    """The line protocol went up or down: `%LINEPROTO-5-UPDOWN`."""

    interface: str
    up: bool


class SourceChanged(NamedTuple):
    """A tunnel's own NBMA address is another now, or is gone."""

    interface: str
    local: IPv4 | None
