"""What DHCP asks of the router beyond the common effects."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import Instant


class SendOnLink(NamedTuple):
    """A datagram out of one interface, routed by nobody: to everybody there, or to one hardware address."""

    interface: str
    local: IPv4
    remote: IPv4
    local_port: int
    remote_port: int
    payload: bytes
    mac: bytes | None = None


class Lease(NamedTuple):
    """An address for a while. Times are instants; None for a lease without end."""

    address: IPv4
    length: int
    server: IPv4
    routers: tuple[IPv4, ...]
    dns_servers: tuple[IPv4, ...]
    domain_name: str
    lease_s: int
    renewal_s: int
    rebinding_s: int
    renew_at: Instant | None
    rebind_at: Instant | None
    expire_at: Instant | None

    @property
    def prefix(self) -> Prefix:
        return Prefix.of(self.address, self.length)


class Leased(NamedTuple):
    """The interface has an address, new or renewed."""

    interface: str
    lease: Lease


class BindingsChanged(NamedTuple):
    """The server gave an address, or took one back."""


class LeaseLost(NamedTuple):
    """The interface's address is no longer its own: expired, refused or given back."""

    interface: str
