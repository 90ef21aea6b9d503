"""`show access-lists`, `show ip access-lists`: every line with the packets it matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.base.words import CODE_POINTS, PRECEDENCES, TCP_PORTS, TOS, UDP_PORTS, word_of
from iosh.config.model_acl import Ace
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_FLAGS: Final = ("established", "ack", "fin", "psh", "rst", "syn", "urg")


@dataclass(frozen=True)
class AccessLine:
    """One line, and how many packets it matched."""

    sequence: int
    ace: Ace
    matches: int


@dataclass(frozen=True)
class AccessListView:
    """One list."""

    name: str
    standard: bool
    lines: tuple[AccessLine, ...]


@dataclass(frozen=True)
class AccessListsView:
    """`show access-lists`."""

    lists: tuple[AccessListView, ...]


def view(router: Router, now: Instant, name: str | None = None) -> AccessListsView:
    """All lists, or one."""
    return AccessListsView(
        tuple(
            AccessListView(
                each.settings.name,
                each.settings.standard,
                tuple(AccessLine(line.sequence, line.ace, line.matches) for line in each.lines),
            )
            for each in router.forwarding.policy.access_lists.values()
            if name in (None, each.settings.name)
        )
    )


def text(value: AccessListsView) -> Iterator[str]:
    for each in value.lists:
        yield f"{'Standard' if each.standard else 'Extended'} IP access list {each.name}"
        for line in each.lines:
            said = standard_text(line.ace) if each.standard else extended_text(line.ace)
            matches = f" ({line.matches} match{'es' if line.matches != 1 else ''})" if line.matches else ""
            yield f"    {line.sequence} {said}{matches}"


def standard_text(ace: Ace) -> str:
    """`permit 10.0.0.0, wildcard bits 0.0.0.255`."""
    address = "any" if ace.source_any else str(ace.source)
    if ace.source_wildcard is not None:
        address += f", wildcard bits {ace.source_wildcard}"
    return f"{ace.action:<6} {address}" + (f" {ace.log}" if ace.log else "")


def extended_text(ace: Ace) -> str:
    """A line as the configuration says it."""
    ports = UDP_PORTS if ace.protocol == "udp" else TCP_PORTS
    return " ".join([ace.action, ace.protocol, *_ends(ace, ports), *_rest(ace)])


def _ends(ace: Ace, names: Mapping[str, int]) -> Iterator[str]:
    yield _address(ace.source_any, ace.source_host, ace.source, ace.source_wildcard)
    yield from _ports(names, ace.source_operator, ace.source_ports, ace.source_low, ace.source_high)
    yield _address(ace.destination_any, ace.destination_host, ace.destination, ace.destination_wildcard)
    yield from _ports(names, ace.destination_operator, ace.destination_ports, ace.destination_low, ace.destination_high)


def _address(everything: bool, host: IPv4 | None, address: IPv4 | None, wildcard: IPv4 | None) -> str:
    return "any" if everything else f"host {host}" if host is not None else f"{address} {wildcard}"


def _ports(
    names: Mapping[str, int], operator: str | None, ports: tuple[int, ...], low: int | None, high: int | None
) -> Iterator[str]:
    if operator is None:
        return
    yield operator
    for port in (*ports, low, high):
        if port is not None:
            yield word_of(names, port)


def _rest(ace: Ace) -> Iterator[str]:
    for part in (ace.icmp_message, ace.icmp_type, ace.icmp_code):
        if part is not None:
            yield str(part)
    yield from (name for name in _FLAGS if getattr(ace, name))
    named: tuple[tuple[str, int | None, Mapping[str, int]], ...] = (
        ("dscp", ace.dscp, CODE_POINTS),
        ("precedence", ace.precedence, PRECEDENCES),
        ("tos", ace.tos, TOS),
    )
    for word, value, names in named:
        if value is not None:
            yield f"{word} {word_of(names, value)}"
    if ace.fragments:
        yield "fragments"
    if ace.log is not None:
        yield ace.log
    if ace.time_range is not None:
        yield f"time-range {ace.time_range} (active)"


SHOWS = {"": Show(view, text)}
