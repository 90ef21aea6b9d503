"""The protection of tunnels: which NBMA peers they want to talk to, the SAs that stand, and what forwarding seals with.

This is where NHRP's sockets, IKE's sessions and ESP's SAs meet. NHRP asks for a socket, IKE brings up a session, the
pair of SAs goes into the forwarding tables, NHRP is told. A peer may build a session nobody asked for (a hub hears of a
spoke that way). One that died is asked for again by NHRP, on a point-to-point tunnel by the next packet for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import Instant
from iosh.proto.esp.sa import NEVER, InboundSa, Lifetime, OutboundSa
from iosh.proto.esp.suite import Keys, suite
from iosh.proto.ike.effects import InstallSa, MoveSa, RemoveSa, SessionDown, SessionUp, UseSa
from iosh.proto.ike.machine import Ike
from iosh.proto.machine import CloseSocket, OpenSocket
from iosh.router.forwarding import Forwarding
from iosh.router.tunnel import TunnelState

Peer = tuple[str, IPv4]  # a tunnel and an NBMA address


class Sockets(Protocol):
    """What NHRP is told of its sockets, by tunnel."""

    def socket_opened(self, nbma: IPv4, now: Instant) -> None: ...
    def socket_closed(self, nbma: IPv4, reason: str, now: Instant) -> None: ...


class Pair(NamedTuple):
    """Both halves of one CHILD SA."""

    inbound: InboundSa
    outbound: OutboundSa
    mode: str


class FlowCounts(NamedTuple):
    """What went between us and one peer, over all the SAs it took."""

    packets_out: int = 0
    packets_in: int = 0
    replayed: int = 0
    not_authentic: int = 0
    malformed: int = 0
    refused: int = 0

    def plus(self, pair: Pair) -> FlowCounts:
        """With what one more pair has counted."""
        counters = pair.inbound.counters
        return FlowCounts(
            self.packets_out + pair.outbound.packets,
            self.packets_in + pair.inbound.packets,
            self.replayed + counters["replay"],
            self.not_authentic + counters["integrity"],
            self.malformed + counters["malformed"],
            self.refused + sum(counters.values()),
        )


class Protect:
    """One per router. `pairs` are the SAs by inbound SPI, `wanted` the peers tunnels asked for, `up` since when."""

    def __init__(self, forwarding: Forwarding, ike: Ike, nhrp: Mapping[str, Sockets], rng: Rng) -> None:
        self._forwarding = forwarding
        self._ike = ike
        self._nhrp = nhrp
        self._rng = rng
        self.pairs: dict[int, Pair] = {}
        self.wanted: dict[Peer, None] = {}
        self.up: dict[Peer, Instant] = {}
        self._by_outbound: dict[tuple[Peer, int], int] = {}
        self._replaced: dict[Peer, FlowCounts] = {}  # counted by SAs that are gone, of sessions that stand
        self.witness: Callable[[InstallSa], None] | None = None  # who keeps keys for reading captures, if anybody asked

    # --- what tunnels want

    def open(self, effect: OpenSocket, now: Instant) -> None:
        """A tunnel wants to talk to a peer; asked again, a session that failed is tried again."""
        tunnel = self._tunnel(effect.interface)
        if tunnel is None or not tunnel.tunnel.protected:
            self._told_open(effect.interface, effect.nbma, now)
            return
        self.wanted[effect.interface, effect.nbma] = None
        if (effect.interface, effect.nbma) in self.up:
            self._told_open(effect.interface, effect.nbma, now)
        elif tunnel.local is not None:
            self._ike.wanted(effect.interface, tunnel.local, effect.nbma, now)

    def close(self, effect: CloseSocket, now: Instant) -> None:
        """A tunnel no longer needs a peer."""
        tunnel = self._tunnel(effect.interface)
        self.wanted.pop((effect.interface, effect.nbma), None)
        if tunnel is not None and tunnel.local is not None:
            self._ike.unwanted(effect.interface, tunnel.local, effect.nbma, now)

    def is_ready(self, interface: str, nbma: IPv4) -> bool:
        """Would a packet to this peer be sealed now?"""
        return (interface, nbma) in self._forwarding.outbound

    def phase(self, interface: str, nbma: IPv4) -> str:
        """How far protection is, as `show dmvpn` says: `IKE`, `IPSEC` or `UP`."""
        return "UP" if self.is_ready(interface, nbma) else self._ike.phase(interface, nbma)

    def why_down(self, interface: str, nbma: IPv4) -> str:
        """The phase a session hangs in, and the reason if IKE has given one: `IKE: No preshared key …`."""
        reason = self._ike.reason(interface, nbma)
        return self.phase(interface, nbma) + (f": {reason}" if reason else "")

    def traffic(self, inbound_spi: int) -> tuple[Instant, Instant] | None:
        """When a pair last received and last sent, or None if it is gone: IKE asks when a liveness deadline rings."""
        pair = self.pairs.get(inbound_spi)
        return (pair.inbound.last_used, pair.outbound.last_used) if pair is not None else None

    def counts(self, peer: Peer, spis: Iterable[int]) -> FlowCounts:
        """What a session has carried since it is up: by the SAs that stand, and by those they replaced."""
        counts = self._replaced.get(peer, FlowCounts())
        for spi in spis:
            if spi in self.pairs:
                counts = counts.plus(self.pairs[spi])
        return counts

    # --- what IKE says

    def install(self, sa: InstallSa, now: Instant) -> None:
        """A pair of SAs stands: both halves into the forwarding tables, the outbound one into use if it says so."""
        kind = suite(sa.encryption, sa.key_bits, sa.integrity)
        lifetime = Lifetime(soft_bytes=sa.soft_bytes or NEVER, hard_bytes=sa.hard_bytes or NEVER)
        inbound = InboundSa(
            sa.inbound_spi,
            kind,
            Keys(sa.inbound_key, sa.inbound_integrity_key),
            window=sa.replay_window,
            interface=sa.interface,
            local=sa.local,
            remote=sa.remote,
            encap=sa.encap,
            lifetime=lifetime,
            now=now,
        )
        outbound = OutboundSa(
            sa.outbound_spi,
            kind,
            Keys(sa.outbound_key, sa.outbound_integrity_key),
            self._rng.fork(f"esp/{sa.outbound_spi:08x}/{sa.inbound_spi:08x}"),
            tunnel_mode=sa.mode == "tunnel",
            interface=sa.interface,
            local=sa.local,
            remote=sa.remote,
            encap=sa.encap,
            lifetime=lifetime,
            now=now,
        )
        if self.witness is not None:
            self.witness(sa)
        peer = sa.interface, sa.remote
        self.pairs[sa.inbound_spi] = Pair(inbound, outbound, sa.mode)
        self._by_outbound[peer, sa.outbound_spi] = sa.inbound_spi
        self._forwarding.inbound[sa.inbound_spi] = inbound
        if sa.use or peer not in self._forwarding.outbound:
            self._forwarding.seal_with(peer, outbound)

    def use(self, effect: UseSa) -> None:
        """Seal with this pair from now on."""
        peer = effect.interface, effect.remote
        inbound_spi = self._by_outbound.get((peer, effect.outbound_spi))
        if inbound_spi is not None:
            self._forwarding.seal_with(peer, self.pairs[inbound_spi].outbound)

    def move(self, effect: MoveSa) -> None:
        """The peer's NAT gave it another port."""
        pair = self.pairs.get(effect.inbound_spi)
        if pair is not None:
            pair.inbound.encap = pair.outbound.encap = effect.encap

    def remove(self, effect: RemoveSa) -> None:
        """A pair is gone; if it was in use and a sibling stands, that one is used."""
        peer = effect.interface, effect.remote
        pair = self.pairs.pop(effect.inbound_spi, None)
        self._by_outbound.pop((peer, effect.outbound_spi), None)
        self._forwarding.inbound.pop(effect.inbound_spi, None)
        if pair is None:
            return
        self._replaced[peer] = self._replaced.get(peer, FlowCounts()).plus(pair)
        if self._forwarding.outbound.get(peer) is pair.outbound:
            del self._forwarding.outbound[peer]

    def session_up(self, effect: SessionUp, now: Instant) -> None:
        """The first SA with a peer stands."""
        self.up.setdefault((effect.interface, effect.remote), now)
        self._told_open(effect.interface, effect.remote, now)

    def session_down(self, effect: SessionDown, now: Instant) -> None:
        """No SA with a peer is left, or one that was wanted did not come about."""
        peer = effect.interface, effect.remote
        self.up.pop(peer, None)
        self.wanted.pop(peer, None)
        self._replaced.pop(peer, None)
        machine = self._nhrp.get(effect.interface)
        if machine is not None:
            machine.socket_closed(effect.remote, effect.reason, now)

    def lifetime_crossed(self, peer: Peer, spi: int, inbound: bool, hard: bool, now: Instant) -> None:
        """Traffic brought one half to an end of its lifetime: IKE replaces or removes the pair."""
        inbound_spi = spi if inbound else self._by_outbound.get((peer, spi))
        if inbound_spi is not None:
            self._ike.sa_expired(inbound_spi, hard, now)

    def settle(self, names: Iterable[str], now: Instant) -> None:
        """Tunnels changed: a protected point-to-point tunnel wants its destination, others speak through NHRP."""
        for name in names:
            tunnel = self._tunnel(name)
            if tunnel is None or tunnel.tunnel.multipoint or not tunnel.tunnel.protected:
                continue
            destination = tunnel.tunnel.destination
            if destination is not None and (name, destination) not in self.up:
                self.missing(name, destination, now)

    def missing(self, interface: str, nbma: IPv4, now: Instant) -> None:
        """A protected point-to-point tunnel has something to send and no SA: it wants one (again)."""
        tunnel = self._tunnel(interface)
        if tunnel is not None and tunnel.local is not None:
            self.wanted[interface, nbma] = None
            self._ike.wanted(interface, tunnel.local, nbma, now)

    def _tunnel(self, interface: str) -> TunnelState | None:
        state = self._forwarding.interfaces.get(interface)
        return state if isinstance(state, TunnelState) else None

    def _told_open(self, interface: str, nbma: IPv4, now: Instant) -> None:
        machine = self._nhrp.get(interface)
        if machine is not None:
            machine.socket_opened(nbma, now)
