"""What only EIGRP asks of the router."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4


class SendEigrp(NamedTuple):
    """A packet of EIGRP's out of one interface, to its group or to one neighbour there."""

    interface: str
    source: IPv4
    destination: IPv4
    payload: bytes
