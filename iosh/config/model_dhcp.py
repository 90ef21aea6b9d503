"""DHCP as configured: the server's pools and excluded addresses, and what an interface asks a server for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.config.kept import Kept, KeptKey


class AddressByDhcp(NamedTuple):
    """`ip address dhcp [client-id INTERFACE] [hostname NAME]`."""

    client_id: str | None = None  # the interface whose hardware address is the identifier
    hostname: str | None = None


class ClientIdentifier(NamedTuple):
    """`ip dhcp client client-id INTERFACE | ascii TEXT | hex DIGITS`."""

    interface: str | None = None
    ascii: str | None = None
    hex: str | None = None


class ClientLease(NamedTuple):
    """`ip dhcp client lease DAYS [HOURS [MINUTES]]`."""

    days: int
    hours: int = 0
    minutes: int = 0


@dataclass(slots=True)
class DhcpClientOptions:
    """`ip dhcp client …` under an interface."""

    client_id: ClientIdentifier | None = None
    class_id: str | None = None
    hostname: str | None = None
    lease: ClientLease | None = None
    distance: int | None = None
    request_router: bool = True


@dataclass(slots=True)
class DhcpRelay:
    """`ip dhcp relay information …`."""

    option: bool = False
    policy: str = "replace"
    trust_all: bool = False
    check: bool = True


class DatabaseAgent(NamedTuple):
    """The rest of `ip dhcp database URL`."""

    timeout_s: int | None = None
    write_delay_s: int | None = None


class PoolNetwork(NamedTuple):
    """`network A.B.C.D MASK`, and `host A.B.C.D MASK`."""

    address: IPv4
    mask: IPv4


class PoolLease(NamedTuple):
    """`lease DAYS [HOURS [MINUTES]]`, or `lease infinite`."""

    days: int | None = None
    hours: int = 0
    minutes: int = 0
    infinite: bool = False

    @property
    def seconds(self) -> int:
        """Of a lease that ends."""
        return ((self.days or 0) * 24 + self.hours) * 3600 + self.minutes * 60


class PoolOption(NamedTuple):
    """`option CODE {ascii | hex} TEXT`, `option CODE ip ADDRESS…`."""

    kind: str
    text: str | None = None
    addresses: tuple[IPv4, ...] = ()


@dataclass(slots=True)
class DhcpPool:
    """`ip dhcp pool NAME`."""

    network: PoolNetwork | None = None
    host: PoolNetwork | None = None
    client_identifier: str | None = None  # as typed: `0100.5056.c000.01`
    hardware_address: bytes | None = None
    client_name: str | None = None
    default_router: tuple[IPv4, ...] = ()
    dns_server: tuple[IPv4, ...] = ()
    domain_name: str | None = None
    netbios_name_server: tuple[IPv4, ...] = ()
    netbios_node_type: str | None = None
    bootfile: str | None = None
    next_server: IPv4 | None = None
    import_all: bool = False
    options: dict[int, PoolOption] = field(default_factory=dict)
    lease: PoolLease | None = None  # None: a day
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


class ExcludedKey(NamedTuple):
    """`ip dhcp excluded-address LOW [HIGH]`."""

    low: IPv4
    high: IPv4 | None = None


@dataclass(slots=True)
class Dhcp:
    """`ip dhcp …` and `service dhcp`."""

    service: bool = True
    excluded: dict[ExcludedKey, None] = field(default_factory=dict)
    pools: dict[str, DhcpPool] = field(default_factory=dict)
    relay: DhcpRelay = field(default_factory=DhcpRelay)
    databases: dict[str, DatabaseAgent] = field(default_factory=dict)
    ping_packets: int = 2
    ping_timeout_ms: int = 500
    client_distance: int = 254
