"""`show object-group`: what each group holds, as IOS lists it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.time import Instant
from iosh.base.words import TCP_PORTS, TCP_UDP_PORTS, UDP_PORTS, word_of
from iosh.config.model_acl import NetworkMember, ServiceMember
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router


@dataclass(frozen=True)
class GroupView:
    """One group."""

    kind: str  # "Network" | "Service"
    name: str
    description: str | None
    members: tuple[NetworkMember | ServiceMember, ...]


@dataclass(frozen=True)
class ObjectGroupsView:
    """`show object-group`."""

    groups: tuple[GroupView, ...]


def view(router: Router, now: Instant, name: str | None = None) -> ObjectGroupsView:
    """All groups, or one."""
    groups = router.config.object_groups
    found = [
        GroupView(kind, title, group.description, tuple(group.members))
        for kind, table in (("Network", groups.network), ("Service", groups.service))
        for title, group in table.items()
        if name in (None, title)
    ]
    return ObjectGroupsView(tuple(sorted(found, key=lambda group: group.name)))


def text(value: ObjectGroupsView) -> Iterator[str]:
    for group in value.groups:
        yield f"{group.kind} object group {group.name}"
        if group.description is not None:
            yield f" Description {group.description}"
        for member in group.members:
            yield f" {_network(member) if isinstance(member, NetworkMember) else _service(member)}"


def _network(member: NetworkMember) -> str:
    if member.group is not None:
        return f"group-object {member.group}"
    if member.host is not None:
        return f"host {member.host}"
    if member.first is not None:
        return f"range {member.first} {member.last}"
    return "any" if member.any else f"{member.address} {member.mask}"


def _service(member: ServiceMember) -> str:
    if member.group is not None:
        return f"group-object {member.group}"
    words = [member.protocol or "ip"]
    if member.source_operator is not None:
        words += ["source", member.source_operator, *_ports(member.protocol, member.source_low, member.source_high)]
    if member.operator is not None:
        words += [member.operator, *_ports(member.protocol, member.low, member.high)]
    words += [str(part) for part in (member.icmp_message, member.icmp_type, member.icmp_code) if part is not None]
    return " ".join(words)


def _ports(protocol: str | None, low: int | None, high: int | None) -> list[str]:
    names = {"tcp": TCP_PORTS, "udp": UDP_PORTS}.get(protocol or "", TCP_UDP_PORTS)
    return [word_of(names, port) for port in (low, high) if port is not None]


SHOWS = {"": Show(view, text)}
