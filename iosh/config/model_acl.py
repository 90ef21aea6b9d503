"""Access lists as the running-config holds them: lists by name, lines by sequence number.

A number is a name like any other; which numbers are standard and which extended is `iosh.config.rules_acl`'s to know.
Standard and extended lists are lines of the same kind, of which a standard list uses few fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iosh.base.addr import IPv4


class AceKey(NamedTuple):
    """Where a line stands. A remark shares the number of the line it stands before, and is known by its text."""

    sequence: int
    remark: str | None = None


class Ace(NamedTuple):
    """`permit|deny …`. Of the ways to say an address one is used; `eq` and `neq` have ports, the others a low
    or a high one. Protocols and ICMP messages are IOS's words, or digits where it has none."""

    action: str = "permit"
    protocol: str = "ip"
    service: str | None = None  # an object group in the place of the protocol and the ports
    source_any: bool = False
    source_host: IPv4 | None = None
    source: IPv4 | None = None
    source_wildcard: IPv4 | None = None
    source_group: str | None = None
    source_operator: str | None = None
    source_ports: tuple[int, ...] = ()
    source_low: int | None = None
    source_high: int | None = None
    destination_any: bool = False
    destination_host: IPv4 | None = None
    destination: IPv4 | None = None
    destination_wildcard: IPv4 | None = None
    destination_group: str | None = None
    destination_operator: str | None = None
    destination_ports: tuple[int, ...] = ()
    destination_low: int | None = None
    destination_high: int | None = None
    icmp_message: str | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    established: bool = False
    ack: bool = False
    fin: bool = False
    psh: bool = False
    rst: bool = False
    syn: bool = False
    urg: bool = False
    flags_match: str | None = None  # "match-all" | "match-any"
    flags: tuple[str, ...] = ()  # "+ack", "-fin"
    dscp: int | None = None
    precedence: int | None = None
    tos: int | None = None
    option: int | None = None
    any_option: bool = False
    ttl_operator: str | None = None
    ttl_low: int | None = None
    ttl_high: int | None = None
    fragments: bool = False
    log: str | None = None  # "log" | "log-input"
    time_range: str | None = None
    reflect: str | None = None  # what matches is let back in by `evaluate` of this name
    reflect_s: int | None = None
    evaluate: str | None = None  # this line is no line, but stands for those of a reflexive list


@dataclass(slots=True)
class AccessList:
    """`ip access-list standard|extended NAME`; a remark alone has no `Ace`."""

    entries: dict[AceKey, Ace | None] = field(default_factory=dict)


@dataclass(slots=True)
class AccessLists:
    """All of them. A name is either standard or extended."""

    standard: dict[str, AccessList] = field(default_factory=dict)
    extended: dict[str, AccessList] = field(default_factory=dict)
    log_threshold: int = 0  # packets of a flow after which it is told again; 0: only by time
    reflexive_s: int = 300


class NetworkMember(NamedTuple):
    """One line of a network group: `host H`, a network with its mask, `range A B`, `any`, or another group."""

    address: IPv4 | None = None
    mask: IPv4 | None = None
    first: IPv4 | None = None
    last: IPv4 | None = None
    host: IPv4 | None = None
    any: bool = False
    group: str | None = None


class ServiceMember(NamedTuple):
    """One line of a service group: a protocol with ports or an ICMP message, or another group."""

    protocol: str | None = None
    source_operator: str | None = None
    source_low: int | None = None
    source_high: int | None = None
    operator: str | None = None
    low: int | None = None
    high: int | None = None
    icmp_message: str | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    group: str | None = None


@dataclass(slots=True)
class NetworkGroup:
    """`object-group network NAME`."""

    description: str | None = None
    members: dict[NetworkMember, None] = field(default_factory=dict)


@dataclass(slots=True)
class ServiceGroup:
    """`object-group service NAME`."""

    description: str | None = None
    members: dict[ServiceMember, None] = field(default_factory=dict)


@dataclass(slots=True)
class ObjectGroups:
    """`object-group …`."""

    network: dict[str, NetworkGroup] = field(default_factory=dict)
    service: dict[str, ServiceGroup] = field(default_factory=dict)


class Absolute(NamedTuple):
    """`absolute [start …] [end …]`; times as `08:00`, months by name."""

    start_time: str | None = None
    start_day: int | None = None
    start_month: str | None = None
    start_year: int | None = None
    end_time: str | None = None
    end_day: int | None = None
    end_month: str | None = None
    end_year: int | None = None


class Periodic(NamedTuple):
    """`periodic daily|weekdays|weekend|DAYS T to [DAY] T`; days by name."""

    when: str | None = None
    day: str | None = None
    days: tuple[str, ...] = ()
    start: str = "0:00"
    end_day: str | None = None
    end: str = "23:59"


@dataclass(slots=True)
class TimeRange:
    """`time-range NAME`."""

    absolute: Absolute | None = None
    periodic: dict[Periodic, None] = field(default_factory=dict)


@dataclass(slots=True)
class AccessGroups:
    """`ip access-group X in` and `ip access-group X out` under an interface."""

    inbound: str | None = None
    outbound: str | None = None
