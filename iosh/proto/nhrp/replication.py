"""To whom multicast goes: `map multicast A`, `nhs … multicast`, and with `map multicast dynamic` each client."""

from __future__ import annotations

from dataclasses import dataclass

from iosh.base.addr import IPv4
from iosh.base.interface_name import short
from iosh.proto.machine import Replicate
from iosh.proto.nhrp.link import Link


@dataclass(frozen=True, slots=True)
class MulticastPeer:
    """One NBMA address multicast is replicated to; `origin` is "static", "nhs" or "dynamic"."""

    nbma: IPv4
    origin: str


class Replication:
    """The list of one multipoint tunnel. A point-to-point tunnel needs none."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._clients: dict[IPv4, int] = {}  # how many registered clients share the NBMA address
        self._fixed: dict[IPv4, str] = {}
        self._told: tuple[IPv4, ...] = ()

    @property
    def peers(self) -> tuple[MulticastPeer, ...]:
        """The list as it stands."""
        fixed = [MulticastPeer(nbma, origin) for nbma, origin in self._fixed.items()]
        if not self._link.settings.multicast_dynamic:
            return tuple(fixed)
        return (*fixed, *(MulticastPeer(nbma, "dynamic") for nbma in self._clients if nbma not in self._fixed))

    def settle(self) -> None:
        """The configuration may have changed."""
        settings = self._link.settings
        if settings.network_id is None:
            self.silence()
            return
        self._fixed = dict.fromkeys(settings.multicast_maps, "static")
        for nhs in settings.nhs:
            if nhs.multicast and nhs.nbma is not None:
                self._fixed.setdefault(nhs.nbma, "nhs")
        self._tell_all()

    def client_added(self, nbma: IPv4) -> None:
        """A client registered from there."""
        self._clients[nbma] = self._clients.get(nbma, 0) + 1
        if self._clients[nbma] == 1:
            name = short(self._link.settings.interface)
            self._link.trace("NHRP: {}: Creating dynamic multicast mapping  NBMA: {}", name, nbma)
            if self._link.settings.multicast_dynamic and nbma not in self._fixed:
                self._tell((*self._told, nbma))

    def client_gone(self, nbma: IPv4) -> None:
        """A client that registered from there is no more."""
        left = self._clients.get(nbma, 0) - 1
        if left > 0:
            self._clients[nbma] = left
        elif left == 0:
            del self._clients[nbma]
            self._tell_all()

    def silence(self) -> None:
        """Nobody any more."""
        self._clients.clear()
        self._fixed.clear()
        self._tell_all()

    def _tell_all(self) -> None:
        peers = tuple(self._fixed)
        if self._link.settings.multicast_dynamic:
            peers += tuple(nbma for nbma in self._clients if nbma not in self._fixed)
        self._tell(peers)

    def _tell(self, peers: tuple[IPv4, ...]) -> None:
        if self._link.settings.multipoint and peers != self._told:
            self._told = peers
            self._link.desk.put(Replicate(self._link.settings.interface, peers))
