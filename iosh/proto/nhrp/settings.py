"""What one NHRP machine is told: the tunnel it lives on and what is configured under it. Made by the router."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from iosh.base.addr import IPv4, Prefix


class StaticMap(NamedTuple):
    """`ip nhrp map A [M] N [preference P]`."""

    prefix: Prefix
    nbma: IPv4
    preference: int = 255


class NhsSettings(NamedTuple):
    """`ip nhrp nhs A [nbma N [multicast]] [priority P] [cluster C]`."""

    address: IPv4
    nbma: IPv4 | None = None  # None: a static map, or on a point-to-point tunnel its destination, tells
    multicast: bool = False
    priority: int = 0
    cluster: int = 0


@dataclass(frozen=True, slots=True)
class NhrpSettings:
    """One tunnel's NHRP. A machine exists for every multipoint tunnel and every tunnel with any `ip nhrp` line."""

    interface: str
    address: IPv4 | None  # the tunnel's own protocol address
    prefix_length: int = 24
    nbma: IPv4 | None = None  # own NBMA address: the tunnel source, None while it has none
    multipoint: bool = True
    destination: IPv4 | None = None  # point-to-point only: `tunnel destination`
    protected: bool = False  # under `tunnel protection`
    keyed: bool = False  # has a `tunnel key`
    network_id: int | None = None
    authentication: str | None = None
    holdtime_s: int = 600
    maps: tuple[StaticMap, ...] = ()
    multicast_maps: tuple[IPv4, ...] = ()
    multicast_dynamic: bool = True
    nhs: tuple[NhsSettings, ...] = ()
    registration_unique: bool = True  # off: `registration no-unique`
    registration_timeout_s: int | None = None
    redirect: bool = False
    redirect_timeout_s: int = 8
    shortcut: bool = True
    server_only: bool = False
    record: bool = True
    cache_non_authoritative: bool = True
    max_send_packets: int = 10000
    max_send_every_s: int = 10

    @property
    def mtu(self) -> int:
        """What a CIE tells: IOS-XE's tunnel MTU."""
        return 9972 if self.keyed else 9976

    @property
    def network(self) -> Prefix | None:
        """The prefix of the tunnel's own network."""
        return None if self.address is None else Prefix.of(self.address, self.prefix_length)
