"""The line protocol of every interface: judged from its settings, its port and what it hangs from, until all is quiet.

The routes of an interface follow its line protocol at once, and tunnels follow the routes: their own NBMA address, the
MTU below them, and the tables that tell arriving GRE apart. A tunnel is up only if its source is in its front-door VRF.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.router.interfaces import InterfaceState
from iosh.router.plane import Plane
from iosh.router.punts import LinkChanged, ProtocolChanged, SourceChanged
from iosh.router.tunnel import TunnelState

_ROUNDS: Final = 8


class LineProtocols:
    """Judges those of one router."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def judge(self, now: Instant, interfaces: Sequence[InterfaceState] | None = None) -> None:
        """Line and line protocol of these interfaces (all, if none are named), and of what depends on them, until
        nothing changes any more; routes follow at once.
        """
        judged = list(self._plane.interfaces.values()) if interfaces is None else interfaces
        for _ in range(_ROUNDS):
            self._place_tunnels()
            changed = [state for state in judged if self._judge_one(state, now)]
            if not changed:
                break
            judged = [*judged, *self._plane.tunnels]
        self._plane.egress.flush(now)

    def _judge_one(self, state: InterfaceState, now: Instant) -> bool:
        desk = self._plane.desk
        before = state.reported
        state.line = state.wants_line()
        if state.link_state != before:
            state.reported = state.link_state
            state.line_changed = now
            state.counters.resets += state.line and state.is_ethernet
            desk.put(LinkChanged(state.name, state.link_state))
        protocol = state.wants_protocol() and self._has_path(state)
        differs = protocol != state.protocol
        if differs:
            state.protocol = protocol
            state.protocol_changed = now
            self._line_changed(state.name, protocol, now)
            desk.put(ProtocolChanged(state.name, protocol))
            if state.arp is not None and not protocol:
                state.arp.stop(now)
        addresses = tuple((own.address, own.prefix) for own in state.addresses) if protocol else ()
        if addresses == state.routed:
            return differs
        came_up = not state.routed
        state.routed = addresses
        if state.settings.unnumbered is None:
            state.vrf.rib.settle_interface(state.name, addresses, now)
        if state.arp is not None and came_up:
            state.arp.line_up(now)
        return True

    def left(self, name: str, now: Instant) -> None:
        """An interface is no more."""
        self._line_changed(name, False, now)

    def _line_changed(self, name: str, up: bool, now: Instant) -> None:
        for vrf in self._plane.vrfs.values():  # a static route may lead out of its VRF
            vrf.rib.line_changed(name, up, now)

    def _has_path(self, state: InterfaceState) -> bool:
        """A tunnel's line protocol: its source is up with an address, and a single destination has a route."""
        if not isinstance(state, TunnelState):
            return True
        if state.local is None:
            return False
        if state.tunnel.multipoint:
            return True
        destination = state.tunnel.destination
        return destination is not None and state.below.rib.lookup(destination) is not None

    def _place_tunnels(self) -> None:
        """Each tunnel's own NBMA address, the MTU below it, and the tables that tell arriving GRE apart."""
        plane = self._plane
        for vrf in plane.vrfs.values():
            vrf.point_to_point.clear()
            vrf.multipoint.clear()
        for tunnel in plane.tunnels:
            settings = tunnel.tunnel
            source = plane.interfaces.get(settings.source_interface or "")
            local = self._local_of(tunnel, source)
            if local != tunnel.local:
                tunnel.source_changed(local)
                plane.desk.put(SourceChanged(tunnel.name, local))
            if local is None:
                continue
            front = tunnel.below
            below = front.fib.flow(local if settings.destination is None else settings.destination).interface
            tunnel.follow_transport(below.ip_mtu if below is not None and below.is_ethernet else 1500)
            if settings.multipoint:
                front.multipoint.setdefault((local, settings.key), tunnel)
            elif settings.destination is not None:
                front.point_to_point.setdefault((local, settings.key, settings.destination), tunnel)

    def _local_of(self, tunnel: TunnelState, source: InterfaceState | None) -> IPv4 | None:
        if tunnel.settings.shutdown:
            return None
        if tunnel.tunnel.source_address is not None:
            address = tunnel.tunnel.source_address
            return address if self._plane.is_ours(address, tunnel.below) else None
        if source is None or source is tunnel or source.vrf is not tunnel.below:
            return None
        if not source.protocol or source.address is None:
            return None
        return source.address.address
