"""What is told where: of each node, by one interface, or that it cannot be reached that way."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import UNSPECIFIED, IPv4, Prefix
from iosh.proto.eigrp.metric import INFINITE, unreachable
from iosh.proto.eigrp.settings import LinkSettings
from iosh.proto.eigrp.topology import NEIGHBOR, REDISTRIBUTED, SUMMARY, Node, Path
from iosh.wire.eigrp import Exterior, ExternalProtocol, Metric, Route, Stub


class Advert(NamedTuple):
    """A route as neighbours on one interface are told it; how it is written depends on the neighbour."""

    metric: Metric
    next_hop: IPv4 = UNSPECIFIED
    exterior: Exterior | None = None
    router: IPv4 = UNSPECIFIED


def advert(node: Node, link: LinkSettings, stub: int | None, own: IPv4) -> Advert | None:
    """The route, or None where it is not for those neighbours, or not to be reached."""
    path = node.successor
    if path is None or node.distance == INFINITE or not may_pass(node, path, link, stub):
        return None
    next_hop = UNSPECIFIED
    if not link.next_hop_self and path.source.kind == NEIGHBOR and path.source.interface == link.interface:
        next_hop = path.next_hop
    return Advert(node.metric, next_hop, path.exterior, path.router or own)


def withdrawal(node: Node, own: IPv4) -> Advert:
    """That it cannot be reached this way."""
    path = node.successor
    return Advert(unreachable(node.metric), UNSPECIFIED, path.exterior if path is not None else None, own)


def may_pass(node: Node, path: Path, link: LinkSettings, stub: int | None) -> bool:
    """Do split horizon, summaries and being a stub let this interface's neighbours know?"""
    source = path.source
    if source.kind == SUMMARY:
        if all(summary.prefix != node.prefix for summary in link.summaries):
            return False
    elif link.split_horizon and source.interface == link.interface:
        return False
    for summary in link.summaries:
        if summary.prefix.length < node.prefix.length and node.prefix.network in summary.prefix:
            return False
    return stub is None or _stub_tells(path, stub)


def _stub_tells(path: Path, stub: int) -> bool:
    kind = path.source.kind
    if kind == NEIGHBOR or stub & Stub.RECEIVE_ONLY:
        return False
    if kind == SUMMARY:
        return bool(stub & Stub.SUMMARY)
    if kind != REDISTRIBUTED:
        return bool(stub & Stub.CONNECTED)
    flags = Stub.REDISTRIBUTED
    if path.exterior is not None and path.exterior.protocol == ExternalProtocol.STATIC:
        flags |= Stub.STATIC
    if path.exterior is not None and path.exterior.protocol == ExternalProtocol.CONNECTED:
        flags |= Stub.CONNECTED
    return bool(stub & flags)


def written(prefix: Prefix, told: Advert, wide: bool) -> bytes:
    """One route TLV."""
    router = told.router if wide else UNSPECIFIED
    return Route(prefix, told.metric, told.next_hop, told.exterior, wide, router).encode()
