"""Object groups compiled: a network group to the spans of addresses it covers, a service group to its plain services.

Nested groups are opened here; one that is not there, or that holds itself, adds nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix, length_of
from iosh.config.model_acl import NetworkMember, ObjectGroups, ServiceMember

_LAST: Final = 0xFFFFFFFF
_Spans = tuple[tuple[int, int], ...]


class GroupSettings(NamedTuple):
    """The groups a list's lines use, opened."""

    networks: tuple[tuple[str, _Spans], ...] = ()
    services: tuple[tuple[str, tuple[ServiceMember, ...]], ...] = ()


class Spans:
    """Addresses in spans that do not touch."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, spans: _Spans) -> None:
        self._firsts = [first for first, _ in spans]
        self._lasts = [last for _, last in spans]

    def __contains__(self, address: int) -> bool:
        at = bisect_right(self._firsts, address) - 1
        return at >= 0 and address <= self._lasts[at]


def network_spans(groups: ObjectGroups, name: str) -> _Spans:
    """What a network group covers, in order."""
    spans = sorted(_span(member) for member in _network_members(groups, name, {}))
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def services(groups: ObjectGroups, name: str) -> tuple[ServiceMember, ...]:
    """The services of a group and of those in it, in order."""
    return tuple(_service_members(groups, name, {}))


def _network_members(groups: ObjectGroups, name: str, seen: dict[str, None]) -> Iterator[NetworkMember]:
    if name in seen or name not in groups.network:
        return
    seen[name] = None
    for member in groups.network[name].members:
        if member.group is None:
            yield member
        else:
            yield from _network_members(groups, member.group, seen)


def _service_members(groups: ObjectGroups, name: str, seen: dict[str, None]) -> Iterator[ServiceMember]:
    if name in seen or name not in groups.service:
        return
    seen[name] = None
    for member in groups.service[name].members:
        if member.group is None:
            yield member
        else:
            yield from _service_members(groups, member.group, seen)


def _span(member: NetworkMember) -> tuple[int, int]:
    if member.host is not None:
        return int(member.host), int(member.host)
    if member.first is not None and member.last is not None:
        return int(member.first), int(member.last)
    if member.address is not None:
        prefix = Prefix.of(member.address, length_of(member.mask or IPv4(_LAST)))
        return int(prefix.network), int(prefix.broadcast)
    return 0, _LAST
