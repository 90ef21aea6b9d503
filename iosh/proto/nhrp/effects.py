"""What only NHRP asks of the router, beside the common effects."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.nhrp import Message


class Fallback(NamedTuple):
    """The next hop for packets whose own next hop on this tunnel nobody knows yet: the best server that answers."""

    interface: str
    address: IPv4 | None


class Relay(NamedTuple):
    """A message in transit leaves by another tunnel of the same NHRP network.

    The router hands it to that tunnel's machine: `nhrp[interface].relayed(message, next_hop, now)`.
    """

    interface: str
    next_hop: IPv4
    message: Message
