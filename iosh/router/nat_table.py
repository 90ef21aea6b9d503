"""What translation is told, and what it remembers: the rules of `Nat`, and its two kinds of entries.

`Simple` is one inside address that is another one outside; `Translation` is one flow with its ports.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import Instant, Span
from iosh.config.model_nat import NatTimeouts
from iosh.router.nat_rewrite import DESTINATION, SOURCE, AddressPatch, Patch, Tuple5
from iosh.wire import ipv4

PORTED: Final = (ipv4.TCP, ipv4.UDP, ipv4.ICMP)
OPENING, OPEN, CLOSING = range(3)


class PoolSettings(NamedTuple):
    """`ip nat pool`."""

    name: str
    first: IPv4
    last: IPv4
    length: int
    rotary: bool = False


class Clause(NamedTuple):
    """One entry of a route-map, as far as translation asks: the lists of which one must permit the packet, the
    interfaces of which it must leave by one."""

    permit: bool
    access_lists: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()


class SourceRule(NamedTuple):
    """`ip nat inside source list …|route-map …`: onto an interface's address, or out of a pool."""

    access_list: str | None = None
    interface: str | None = None
    pool: PoolSettings | None = None
    overload: bool = False
    route_map: str | None = None
    clauses: tuple[Clause, ...] = ()


class DestinationRule(NamedTuple):
    """`ip nat inside destination list … pool …`: flows to one address, shared out among many hosts inside."""

    access_list: str
    pool: PoolSettings


class OutsideRule(NamedTuple):
    """`ip nat outside source static G L`: an outside host the inside knows under another address."""

    global_address: IPv4
    local: IPv4


class StaticRule(NamedTuple):
    """`ip nat inside source static …`; without ports it is one-to-one, with a length for a whole network."""

    local: IPv4
    protocol: int | None = None
    local_port: int | None = None
    global_address: IPv4 | None = None
    interface: str | None = None
    global_port: int | None = None
    length: int = 32
    route_map: str | None = None
    clauses: tuple[Clause, ...] = ()


class NatSettings(NamedTuple):
    """All of it."""

    sources: tuple[SourceRule, ...] = ()
    statics: tuple[StaticRule, ...] = ()
    pools: tuple[PoolSettings, ...] = ()
    destinations: tuple[DestinationRule, ...] = ()
    outsides: tuple[OutsideRule, ...] = ()
    timeouts: NatTimeouts = NatTimeouts()


Rule = SourceRule | StaticRule | DestinationRule


class Simple:
    """An inside address that is another one outside, all of it. `rule` is a `StaticRule` where that made it."""

    __slots__ = ("created", "global_address", "inward", "local", "number", "outward", "rule", "timeout", "used")

    def __init__(
        self, local: int, global_address: int, rule: SourceRule | StaticRule, now: Instant, timeout: Span
    ) -> None:
        self.local = local
        self.global_address = global_address
        self.rule = rule
        self.created = self.used = now
        self.timeout = timeout
        self.number = 0
        self.outward = AddressPatch(SOURCE, local, global_address)
        self.inward = AddressPatch(DESTINATION, global_address, local)


class Translation:
    """One flow of an inside host, and what it is outside. `rule` is a `StaticRule` where that made it."""

    __slots__ = (
        "created",
        "flow",
        "global_address",
        "global_port",
        "inward",
        "number",
        "outward",
        "phase",
        "rule",
        "timeout",
        "used",
    )

    def __init__(self, flow: Tuple5, global_address: int, global_port: int, rule: Rule, now: Instant) -> None:
        self.flow = flow  # as the inside sees it
        self.global_address = global_address
        self.global_port = global_port
        self.rule = rule
        self.created = self.used = now
        self.timeout: Span = 0
        self.phase = OPENING  # of TCP
        self.number = 0
        inside, outside = (flow.source, flow.source_port), (global_address, global_port)
        self.outward = Patch(SOURCE, flow.protocol, inside, outside)
        self.inward = Patch(DESTINATION, flow.protocol, outside, inside)

    @property
    def has_ports(self) -> bool:
        """Is it told apart by ports (or an echo's identifier)?"""
        return self.flow.protocol in PORTED

    @property
    def outside_key(self) -> Tuple5:
        """What comes back says this of itself."""
        flow = self.flow
        theirs = self.global_port if flow.protocol == ipv4.ICMP else flow.destination_port
        return Tuple5(flow.protocol, flow.destination, theirs, self.global_address, self.global_port)
