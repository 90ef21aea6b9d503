"""What one NHRP machine may ask of its router at any time: read-only answers from the routing and SA tables."""

from __future__ import annotations

from iosh.base.addr import IPv4, Prefix
from iosh.proto.nhrp.link import RouteFact
from iosh.router.forwarding import Forwarding
from iosh.router.rib import LOCAL
from iosh.router.tunnel import TunnelState


class TunnelFacts:
    """The facts of one tunnel."""

    __slots__ = ("_forwarding", "_interface")

    def __init__(self, forwarding: Forwarding, interface: str) -> None:
        self._forwarding = forwarding
        self._interface = interface

    def route(self, destination: IPv4) -> RouteFact | None:
        """The route to a destination, without shortcuts and next-hop overrides of NHRP.

        For an address of our own it is the network that address is in: who asks for it means its neighbours too.
        """
        active = self._forwarding.vrf_of(self._interface).rib.lookup(destination, shortcuts=False)
        if active is None or not active.hops:
            return None
        hop, prefix = active.hops[0], active.prefix
        if active.routes[0].source == LOCAL:
            networks = [own.prefix for own in self._forwarding.interfaces[hop.interface].addresses]
            prefix = next((network for network in networks if destination in network), prefix)
        return RouteFact(prefix, hop.interface, hop.next_hop)

    def network_id(self, interface: str) -> int | None:
        """The NHRP network an interface belongs to."""
        state = self._forwarding.interfaces.get(interface)
        return state.tunnel.network_id if isinstance(state, TunnelState) else None

    def shortcut_packets(self, prefix: Prefix) -> int:
        """How many data packets have used a learned shortcut so far."""
        return self._forwarding.shortcut_packets(self._interface, prefix)

    def ready(self, nbma: IPv4) -> bool:
        """Does protection to this NBMA peer stand on this tunnel?"""
        return (self._interface, nbma) in self._forwarding.outbound
