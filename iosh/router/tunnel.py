"""GRE tunnels, point-to-point and multipoint: the mapping from next hop to NBMA peer, and the headers each needs.

A `TunnelState` is an interface whose next hops are NBMA addresses. Point-to-point knows one, its destination;
multipoint knows those NHRP mapped. For each there is an `Adjacency` that holds the finished outer header.
A next hop nobody mapped goes to the fallback (the NHS), so nothing waits for a resolution.
Not here: IPv6 on either side, keepalives of our own (a peer's are answered, being plain routed packets).
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.router.interfaces import InterfaceSettings, InterfaceState, TunnelSettings
from iosh.wire import gre, ipv4
from iosh.wire.checksum import internet_checksum

if TYPE_CHECKING:
    from iosh.router.vrf import Vrf

DEFAULT_MTU: Final = 10000  # less the headers: 9976, as IOS-XE shows
PATH_MTU_AGE: Final = 600 * SECOND
PATH_MTU_LIMIT: Final = 4096
MINIMUM_PATH_MTU: Final = 92
CONTROL_TOS: Final = 0xC0  # CS6
UDP_HEADER: Final = 8

_FRONT = Struct("!BBHHHBBH")
_PORTS = Struct("!HHHH")
_SEQUENCE_LIMIT = 4096
_PEER_LIMIT = 8192


class Adjacency:
    """One NBMA peer of a tunnel: the outer header, all but the fields that differ from packet to packet."""

    __slots__ = ("_addresses", "_constant", "_ttl", "key", "nbma")

    def __init__(self, tunnel: str, local: IPv4, nbma: IPv4, ttl: int) -> None:
        self.nbma = nbma
        self.key = tunnel, nbma  # of the outbound SA
        self._ttl = ttl
        peer = nbma.plain
        self._addresses = local.packed + peer.packed
        self._constant = 0x4500 + (ttl << 8) + (local >> 16) + (local & 0xFFFF) + (peer >> 16) + (peer & 0xFFFF)

    def outer(self, protocol: int, payload: bytes, tos: int, identification: int, flags: int) -> bytes:
        """The outer packet around a payload (GRE, ESP or UDP)."""
        total = 20 + len(payload)
        rest = (self._constant + tos + total + identification + flags + protocol) % 0xFFFF
        front = _FRONT.pack(0x45, tos, total, identification, flags, self._ttl, protocol, 0xFFFF - (rest or 0xFFFF))
        return b"".join((front, self._addresses, payload))


def in_udp(ports: tuple[int, int], packet: bytes) -> bytes:
    """ESP as NAT wants it: in UDP, from our port to the peer's, without a checksum (RFC 3948 section 2.1)."""
    return _PORTS.pack(ports[0], ports[1], UDP_HEADER + len(packet), 0) + packet


class TunnelState(InterfaceState):
    """A tunnel as it runs. `local` is its own NBMA address, None while its source has none; `below` the VRF that the
    outer packets are routed in, the front door.
    """

    tunnel: TunnelSettings

    def __init__(self, settings: InterfaceSettings, vrf: Vrf, below: Vrf) -> None:
        self.below = below
        self.local: IPv4 | None = None
        self.mapped: dict[IPv4, IPv4] = {}
        self.next_hops: dict[int, Adjacency] = {}  # of what is mapped, while we have an address of our own
        self._peers: dict[int, Adjacency] = {}
        self.fallback: IPv4 | None = None  # the tunnel address of the NHS, for next hops nobody knows
        self.replication: tuple[IPv4, ...] = ()
        self.transport_mtu = DEFAULT_MTU
        self._path_mtus: dict[int, tuple[int, Instant]] = {}
        self._sent = 0
        self._received: dict[int, int] = {}
        super().__init__(settings, None, None, vrf)

    def take(self, settings: InterfaceSettings) -> None:
        tunnel = settings.tunnel or TunnelSettings()
        self.gre_size = 4 + 4 * (tunnel.key is not None) + 4 * tunnel.checksum + 4 * tunnel.sequence
        self.is_plain = not (tunnel.checksum or tunnel.sequence)
        self.gre_header = gre.header(gre.IPV4, tunnel.key)
        super().take(settings)
        self.tunnel = tunnel
        self._flush_headers()
        self.follow_transport(self.transport_mtu + ipv4.HEADER_SIZE + self.gre_size)

    @property
    def default_mtu(self) -> int:
        return DEFAULT_MTU - ipv4.HEADER_SIZE - self.gre_size

    def follow_transport(self, mtu: int) -> None:
        """The largest packet the network below carries in one piece; unless `ip mtu` says otherwise, ours follows."""
        self.transport_mtu = mtu - ipv4.HEADER_SIZE - self.gre_size
        self.ip_mtu = self.settings.ip_mtu or self.transport_mtu

    def source_changed(self, local: IPv4 | None) -> None:
        """Another NBMA address of our own, or none: all outer headers are another."""
        self.local = local
        self._flush_headers()

    def wants_line(self) -> bool:
        return not self.settings.shutdown

    # --- next hops

    def map(self, address: IPv4, nbma: IPv4) -> None:
        """On a multipoint tunnel this next hop is at that NBMA address."""
        self.mapped[address] = nbma
        if self.local is not None:
            self.next_hops[address] = self.adjacency(nbma)

    def unmap(self, address: IPv4) -> None:
        """This next hop is no longer known."""
        nbma = self.mapped.pop(address, None)
        if nbma is not None:
            self.next_hops.pop(address, None)
            self._peers.pop(nbma, None)

    def rewrite(self, nbma: IPv4) -> bytes:
        """What stands before a packet to that peer, with length and identification 0, for display."""
        assert self.local is not None, "a tunnel with next hops has an address"
        front = bytes((0x45, 0, 0, 0, 0, 0, 0, 0, self.tunnel.ttl, ipv4.GRE))
        addresses = self.local.packed + nbma.packed
        checksum = internet_checksum(front + bytes(2) + addresses)
        return front + checksum.to_bytes(2, "big") + addresses + self.gre_header

    def adjacency(self, nbma: IPv4) -> Adjacency:
        """The adjacency of an NBMA peer. The caller knows that the tunnel has an NBMA address of its own."""
        adjacency = self._peers.get(nbma)
        if adjacency is None:
            assert self.local is not None
            if len(self._peers) >= _PEER_LIMIT:
                self._peers.clear()
            adjacency = self._peers[nbma] = Adjacency(self.name, self.local, nbma, self.tunnel.ttl)
        return adjacency

    def towards(self, next_hop: int) -> Adjacency | None:
        """Whom a packet for this next hop goes to, if that is known."""
        if self.tunnel.multipoint:
            return self.next_hops.get(next_hop)
        if self.local is None or self.tunnel.destination is None:
            return None
        return self.adjacency(self.tunnel.destination)

    def has_peer(self, nbma: int) -> bool:
        """Do we send to this NBMA address?"""
        return nbma in self._peers

    # --- encapsulation

    def encapsulated(self, packet: bytes, protocol_type: int = gre.IPV4) -> bytes:
        """A payload with its GRE header."""
        if self.is_plain and protocol_type == gre.IPV4:
            return self.gre_header + packet
        settings = self.tunnel
        sequence = None
        if settings.sequence:
            sequence = self._sent = (self._sent + 1) & 0xFFFFFFFF
        return gre.Gre(protocol_type, packet, settings.key, sequence, settings.checksum).encode()

    def in_order(self, nbma: int, sequence: int | None) -> bool:
        """Is this GRE sequence number later than the last from that peer (RFC 2890 section 2.2)?"""
        if not self.tunnel.sequence or sequence is None:
            return True
        last = self._received.get(nbma)
        if last is not None and not 0 < (sequence - last) & 0xFFFFFFFF < 0x80000000:
            return False
        if len(self._received) >= _SEQUENCE_LIMIT:
            self._received.clear()
        self._received[nbma] = sequence
        return True

    # --- path MTU

    def path_mtu(self, nbma: int, now: Instant) -> int | None:
        """The largest outer packet known to reach a peer in one piece, for ten minutes after it was learned."""
        known = self._path_mtus.get(nbma)
        if known is None:
            return None
        if now >= known[1]:
            del self._path_mtus[nbma]
            return None
        return known[0]

    def path_mtu_learned(self, nbma: int, mtu: int, now: Instant) -> None:
        """The network below refused a larger packet to that peer."""
        if len(self._path_mtus) >= PATH_MTU_LIMIT:
            self._path_mtus.clear()
        self._path_mtus[nbma] = max(mtu, MINIMUM_PATH_MTU), now + PATH_MTU_AGE

    def _flush_headers(self) -> None:
        self.next_hops.clear()
        self._peers.clear()
        if self.local is not None:
            for address, nbma in self.mapped.items():
                self.next_hops[address] = self.adjacency(nbma)
