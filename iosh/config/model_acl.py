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
    source_any: bool = False
    source_host: IPv4 | None = None
    source: IPv4 | None = None
    source_wildcard: IPv4 | None = None
    source_operator: str | None = None
    source_ports: tuple[int, ...] = ()
    source_low: int | None = None
    source_high: int | None = None
    destination_any: bool = False
    destination_host: IPv4 | None = None
    destination: IPv4 | None = None
    destination_wildcard: IPv4 | None = None
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
    dscp: int | None = None
    precedence: int | None = None
    tos: int | None = None
    fragments: bool = False
    log: str | None = None  # "log" | "log-input"
    time_range: str | None = None  # kept; a range is taken to be always active


@dataclass(slots=True)
class AccessList:
    """`ip access-list standard|extended NAME`; a remark alone has no `Ace`."""

    entries: dict[AceKey, Ace | None] = field(default_factory=dict)


@dataclass(slots=True)
class AccessLists:
    """All of them. A name is either standard or extended."""

    standard: dict[str, AccessList] = field(default_factory=dict)
    extended: dict[str, AccessList] = field(default_factory=dict)


@dataclass(slots=True)
class AccessGroups:
    """`ip access-group X in` and `ip access-group X out` under an interface."""

    inbound: str | None = None
    outbound: str | None = None
