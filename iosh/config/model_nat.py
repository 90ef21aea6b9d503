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
    type: str | None = None  # "rotary" | "match-host"


class NatSource(NamedTuple):
    """`ip nat inside source list L interface I|pool P [vrf V [match-in-vrf]] [overload]`, or `route-map R …`."""

    interface: str | None = None
    pool: str | None = None
    vrf: str | None = None  # kept: there is one routing table
    match_in_vrf: bool = False
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
    network: bool = False


class NatStatic(NamedTuple):
    """The rest of a static translation."""

    mask: IPv4 | None = None  # of a network
    length: str | None = None  # "/24"
    vrf: str | None = None
    route_map: str | None = None
    extendable: bool = False
    no_alias: bool = False


class NatOutsideKey(NamedTuple):
    """`ip nat outside source static GLOBAL LOCAL`."""

    global_address: IPv4
    local: IPv4


class NatOutside(NamedTuple):
    """The rest of it."""

    add_route: bool = False
    extendable: bool = False
    no_alias: bool = False


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
    destinations: dict[str, str] = field(default_factory=dict)  # by access list: the pool
    outside_statics: dict[NatOutsideKey, NatOutside] = field(default_factory=dict)
    outside_sources: dict[str, str] = field(default_factory=dict)  # kept
