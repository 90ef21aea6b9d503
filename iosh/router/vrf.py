"""One VRF: a routing table with its forwarding table, and the tunnels whose outer packets travel there.

The global table is one too, without a name. Interfaces belong to exactly one; a packet that came in is looked up in
the tables of its interface, so several VRFs cost a packet nothing. A static route may lead out of its VRF by naming an
interface of another. Not here: IPv6, and what MPLS makes of a VRF (route targets are kept for display).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from iosh.router.fib import Fib
from iosh.router.rib import Rib

if TYPE_CHECKING:
    from iosh.router.interfaces import InterfaceState
    from iosh.router.tunnel import TunnelState

GLOBAL: Final = ""


class Vrf:
    """Its tables. `number` is its identity: 0 is the global one, the others are numbered as they come."""

    __slots__ = ("fib", "multipoint", "name", "number", "point_to_point", "rib")

    def __init__(self, name: str, number: int, interfaces: Mapping[str, InterfaceState]) -> None:
        self.name = name
        self.number = number
        self.fib = Fib(interfaces)
        self.rib = Rib(self.fib.changed)
        self.point_to_point: dict[tuple[int, int | None, int], TunnelState] = {}  # by local, key, remote
        self.multipoint: dict[tuple[int, int | None], TunnelState] = {}  # by local, key

    def tunnel(self, local: int, key: int | None, remote: int) -> TunnelState | None:
        """The tunnel that GRE between these two outer addresses belongs to."""
        return self.point_to_point.get((local, key, remote)) or self.multipoint.get((local, key))
