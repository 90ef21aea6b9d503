"""`ip nat …` as the running-config holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iosh.base.addr import IPv4


class NatPool(NamedTuple):
    """`ip nat pool NAME FIRST LAST netmask M|prefix-length N`."""

    first: IPv4
    last: IPv4
    mask: IPv4 | None = None
    prefix_length: int | None = None


class NatSource(NamedTuple):
    """`ip nat inside source list L interface I|pool P [overload]`, or `route-map R …`."""

    interface: str | None = None
    pool: str | None = None
    overload: bool = False


class NatSourceKey(NamedTuple):
    """What a dynamic rule is known by: its list or its route-map."""

    access_list: str | None = None
    route_map: str | None = None


class NatStaticKey(NamedTuple):
    """`ip nat inside source static [tcp|udp] LOCAL [PORT] …`, and the global side of it."""

    local: IPv4
    protocol: str | None = None
    local_port: int | None = None
    global_address: IPv4 | None = None
    global_interface: str | None = None
    global_port: int | None = None


class NatStatic(NamedTuple):
    """The rest of a static translation."""

    extendable: bool = False


@dataclass(slots=True)
class NatTimeouts:
    """`ip nat translation …-timeout N`, in seconds. None: never."""

    timeout_s: int | None = 86400
    tcp_s: int | None = 86400
    udp_s: int | None = 300
    icmp_s: int | None = 60
    dns_s: int | None = 60
    finrst_s: int | None = 60
    syn_s: int | None = 60
    max_entries: int | None = None


@dataclass(slots=True)
class Nat:
    """All of it."""

    translation: NatTimeouts = field(default_factory=NatTimeouts)
    pools: dict[str, NatPool] = field(default_factory=dict)
    sources: dict[NatSourceKey, NatSource] = field(default_factory=dict)
    statics: dict[NatStaticKey, NatStatic] = field(default_factory=dict)
