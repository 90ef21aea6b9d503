"""One neighbour: what is queued for it, what it acknowledged, and how long its answers take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.proto.eigrp.advert import Advert
from iosh.proto.eigrp.topology import NEIGHBOR, Source

FIRST_RTO: Final = 500 * MILLISECOND
LEAST_RTO: Final = 100 * MILLISECOND
GREATEST_RTO: Final = 5 * SECOND
RETRIES: Final = 16


@dataclass(slots=True)
class Item:
    """A reliable packet: its TLVs are written, its header is when it is sent."""

    sequence: int
    opcode: int
    flags: int
    body: bytes


@dataclass(slots=True)
class Peer:
    """A neighbour on one interface. It is up once both sides' first updates are acknowledged."""

    interface: str
    address: IPv4
    handle: int  # the number tables show
    since: Instant
    hold_s: int
    hold_until: Instant
    os_version: tuple[int, int] = (0, 0)
    tlv_version: tuple[int, int] = (1, 2)
    stub: int | None = None
    up: bool = False
    heard_init: int | None = None  # the sequence number of its first update
    received: int = 0  # the last sequence number we took
    owes_ack: bool = False
    conditional: int | None = None  # the multicast it said we may take
    queue: deque[Item] = field(default_factory=deque)  # the first is on its way
    sent_at: Instant = 0
    retries: int = 0  # of the first of the queue
    retransmitted: int = 0
    srtt: Span = 0
    rto: Span = FIRST_RTO
    queries: dict[Prefix, Advert] = field(default_factory=dict)  # to be put into packets
    sia_queries: dict[Prefix, Advert] = field(default_factory=dict)
    replies: dict[Prefix, Advert] = field(default_factory=dict)
    sia_replies: dict[Prefix, Advert] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """This neighbour, as the topology table names it."""
        return Source(NEIGHBOR, self.interface, self.address)

    @property
    def is_wide(self) -> bool:
        """Does it understand wide metrics?"""
        return self.tlv_version >= (2, 0)

    def measured(self, span: Span) -> None:
        """A round trip took so long."""
        self.srtt = span if not self.srtt else (self.srtt * 7 + span) // 8
        self.rto = min(max(6 * self.srtt, LEAST_RTO), GREATEST_RTO)

    def backed_off(self) -> Span:
        """How long to wait for the first of the queue, longer with every retry."""
        span = self.rto
        for _ in range(min(self.retries, RETRIES)):
            span = span * 3 // 2
        return min(span, GREATEST_RTO)
