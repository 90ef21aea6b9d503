"""What one EIGRP machine is told: the process and its interfaces. Made by the router from the configuration and from
which interfaces are up: one that went down is no longer among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.wire.eigrp import Metric

DEFAULT_K: Final = (1, 0, 1, 0, 0, 0)
HELLO_S: Final = 5
ACTIVE_S: Final = 180


@dataclass(frozen=True, slots=True)
class Key:
    """`key N` of a key chain."""

    number: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticationSettings:
    """`authentication mode`: `md5` by the keys of a chain, of which the lowest signs and all are accepted; or
    `sha256`, where the key's number is not sent."""

    mode: str
    keys: tuple[Key, ...]


class Summary(NamedTuple):
    """`summary-address`."""

    prefix: Prefix
    distance: int = 5


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """One interface that is up and enabled. `prefixes`: its networks, the primary address's first."""

    interface: str
    address: IPv4
    prefixes: tuple[Prefix, ...]
    bandwidth_kbit: int
    delay_ps: int
    mtu: int = 1500
    hello_s: int = HELLO_S
    hold_s: int = 3 * HELLO_S
    passive: bool = False
    split_horizon: bool = True
    next_hop_self: bool = True
    bandwidth_percent: int = 50
    authentication: AuthenticationSettings | None = None
    summaries: tuple[Summary, ...] = ()
    neighbors: tuple[IPv4, ...] = ()  # if any, these and no others, without multicast
    networks: tuple[Prefix, ...] = ()  # of the prefixes those that `network` covers


@dataclass(frozen=True, slots=True)
class EigrpSettings:
    """One process."""

    autonomous_system: int
    router_id: IPv4
    vrf: str = ""
    name: str | None = None  # of a named process
    wide: bool = False  # 64-bit metrics: a named process
    k: tuple[int, ...] = DEFAULT_K
    rib_scale: int = 128
    variance: int = 1
    maximum_paths: int = 4
    maximum_hops: int = 100
    distance_internal: int = 90
    distance_external: int = 170
    active_s: int | None = ACTIVE_S  # None: for ever
    stub: int | None = None  # flags of `wire.eigrp.Stub`
    log_changes: bool = True
    links: tuple[LinkSettings, ...] = ()


class Seed(NamedTuple):
    """A route of another source that is redistributed."""

    prefix: Prefix
    metric: Metric
    protocol: int  # of `wire.eigrp.ExternalProtocol`
    tag: int = 0
    source_metric: int = 0
    autonomous_system: int = 0
