"""What the parts of the forwarding path share: the tables, the counters, the SAs, and each other.

`Forwarding` builds one `Plane` and the four parts on it: `Ingress` takes frames and packets in and decides,
`Delivery` takes what is for us, `Egress` sends out, `IcmpErrors` complains. They call each other through here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from iosh.base.addr import IPv4
from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.proto.esp.sa import InboundSa, OutboundSa, Sa
from iosh.proto.machine import Desk
from iosh.router.fib import Kind
from iosh.router.interfaces import InterfaceState
from iosh.router.punts import SaLifetimeCrossed
from iosh.router.tunnel import TunnelState
from iosh.router.vrf import GLOBAL, Vrf

if TYPE_CHECKING:
    from iosh.router.delivery import Delivery
    from iosh.router.egress import Egress
    from iosh.router.icmp_errors import IcmpErrors
    from iosh.router.ingress import Ingress
    from iosh.router.policy import Policy
    from iosh.router.trains import Trains


class Pacer:
    """Says yes to each key once in a while. Memory is bounded: when it is full, it forgets all and says yes again."""

    __slots__ = ("_gap", "_limit", "_until")

    def __init__(self, gap: Span, limit: int = 512) -> None:
        self._gap = gap
        self._limit = limit
        self._until: dict[Hashable, Instant] = {}

    def ready(self, key: Hashable, now: Instant) -> bool:
        """Is it time for this key (again)? If so, not for a while from now."""
        until = self._until.get(key)
        if until is not None and now < until:
            return False
        if len(self._until) >= self._limit:
            self._until.clear()
        self._until[key] = now + self._gap
        return True

    def forget(self, key: Hashable) -> None:
        """What it was about is over: the next time is news."""
        self._until.pop(key, None)


# Port, frames, are they going out, when.
Watcher = Callable[[str, Sequence[bytes], bool, Instant], None]


class Plane:
    """The shared state of one router's forwarding path."""

    ingress: Ingress
    delivery: Delivery
    egress: Egress
    errors: IcmpErrors
    policy: Policy
    trains: Trains

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.counters = desk.counters
        self.errands: deque[tuple[Hashable, Any]] = deque()  # effects of the ARP machines, ours to carry out
        self.interfaces: dict[str, InterfaceState] = {}
        self.tunnels: tuple[TunnelState, ...] = ()  # those of `interfaces`
        self.vrfs = {GLOBAL: Vrf(GLOBAL, 0, self.interfaces)}  # by name, the global one first
        self.base = self.vrfs[GLOBAL]
        self.inbound: dict[int, InboundSa] = {}
        self.outbound: dict[tuple[str, IPv4], OutboundSa] = {}
        self.listening: dict[int, None] = {}  # UDP ports of ours that services answer at
        self.listening_tcp: dict[int, None] = {}
        self.speaks_eigrp = False
        self.watcher: Watcher | None = None  # told of every frame on a port, while somebody captures
        self.depth = 0  # how many tunnels deep the packet at hand is
        self.unreachable_gap: Span = 500 * MILLISECOND
        self.unknown_next_hops = Pacer(SECOND)
        self.missing_sas = Pacer(SECOND)
        self.redirects = Pacer(SECOND)
        self.strangers = Pacer(SECOND)  # invalid SPIs, and packets that ought to have been protected
        self._identification = 0

    def identification(self, count: int = 1) -> int:
        """A fresh value for the identification field of a packet of ours; the first of several in a row."""
        first = self._identification + 1
        self._identification = (self._identification + count) & 0xFFFF
        return first & 0xFFFF

    def drop(self, name: str, interface: InterfaceState | None = None) -> None:
        """A packet goes nowhere: counted by name, for the router and for the interface."""
        self.counters[name] += 1
        if interface is not None:
            interface.counters.drops[name] += 1

    def used(self, sa: Sa, now: Instant) -> None:
        """An SA carried a packet: note when, and tell if its lifetime nears the end."""
        sa.last_used = now
        crossed = sa.crossed()
        if crossed is not None:
            inbound = isinstance(sa, InboundSa)
            self.desk.put(SaLifetimeCrossed(sa.spi, sa.interface, sa.remote, inbound, crossed == "hard"))

    def front_door(self, sa: Sa) -> Vrf:
        """The VRF in which the outer packets of an SA travel."""
        tunnel = self.interfaces.get(sa.interface)
        return tunnel.below if isinstance(tunnel, TunnelState) else self.base

    def source_for(self, destination: int, vrf: Vrf) -> IPv4 | None:
        """The address we would speak to a destination from, or None without a route to it."""
        flow = vrf.fib.flow(destination)
        if self.is_ours(destination, vrf):
            return IPv4(destination)
        address = flow.interface.address if flow.interface is not None else None
        return address.address if address is not None else None

    def is_ours(self, address: int, vrf: Vrf) -> bool:
        """Is this a unicast address of this router in that VRF?"""
        flow = vrf.fib.flow(address)
        return flow.entry.kind is Kind.RECEIVE and flow.interface is not None
