"""What the ICMP machines hear and say: arrivals from the router, words for the operator's screen."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.icmp import Icmp, Quoted


class IcmpArrived(NamedTuple):
    """An ICMP message for this router that is not an echo request: an answer, or an error about a packet of ours."""

    source: IPv4
    destination: IPv4
    message: Icmp
    quoted: Quoted | None  # of an error: the packet it is about
    ttl: int
    interface: str  # by which it came; "" when this router tells itself


class Say(NamedTuple):
    """Text for the one who started the machine, line ends included, as it is."""

    text: str


class Finished(NamedTuple):
    """The machine has said its last; it can be forgotten."""
