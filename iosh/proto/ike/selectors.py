"""Traffic selectors of a GRE tunnel: protocol 47, host to host, any port (RFC 7296 sections 2.9 and 2.23.1).

A CHILD SA here carries the whole tunnel or nothing: an offer is narrowed to exactly (47, 0-65535, our address, the
peer's) or found unacceptable. Some peers offer two selectors a side, the first with the GRE key where ports go;
whichever holds the whole tunnel is taken. Behind a NAT, in transport mode, the addresses a peer writes are those
it knows; they stand for the ones we see.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import IPv4
from iosh.wire.ikev2 import Selector

GRE: Final = 47
_ANY_PROTOCOL: Final = 0


def tunnel_end(address: IPv4) -> Selector:
    """All GRE of one host."""
    return Selector(GRE, 0, 0xFFFF, address, address)


def holds(offered: tuple[Selector, ...], end: Selector) -> bool:
    """Does one of the offered selectors hold this end of the tunnel?"""
    return any(
        one.protocol in (_ANY_PROTOCOL, end.protocol)
        and one.start_port == 0
        and one.end_port == 0xFFFF
        and one.first <= end.first
        and one.last >= end.last
        for one in offered
    )


def substitute(offered: tuple[Selector, ...], seen: IPv4) -> tuple[Selector, ...]:
    """Host selectors with the address a NAT shows us in place of the one their writer knows."""
    return tuple(one._replace(first=seen, last=seen) if one.first == one.last else one for one in offered)
