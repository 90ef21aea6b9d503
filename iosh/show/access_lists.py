"""`show access-lists`, `show ip access-lists [interface]`: every line with the packets it matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant
from iosh.base.words import CODE_POINTS, IP_OPTIONS, PRECEDENCES, PROTOCOLS, TCP_PORTS, TOS, UDP_PORTS, word_of
from iosh.config.model_acl import Ace
from iosh.router.acl import AccessList
from iosh.router.nat_rewrite import Tuple5
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_FLAGS: Final = ("established", "ack", "fin", "psh", "rst", "syn", "urg")


@dataclass(frozen=True)
class AccessLine:
    """One line, how many packets it matched, and whether it acts now."""

    sequence: int
    ace: Ace
    matches: int
    active: bool = True


@dataclass(frozen=True)
class AccessListView:
    """One list; `direction` where an interface's lists are asked for."""

    name: str
    standard: bool
    lines: tuple[AccessLine, ...]
    direction: str | None = None


@dataclass(frozen=True)
class ReflectedLine:
    """A flow that was let out, as the line its answers match."""

    flow: Tuple5
    matches: int
    left_s: int


@dataclass(frozen=True)
class ReflexiveView:
    """`reflect NAME`: what it has let out."""

    name: str
    lines: tuple[ReflectedLine, ...]


@dataclass(frozen=True)
class AccessListsView:
    """`show access-lists`."""

    lists: tuple[AccessListView, ...]
    reflexive: tuple[ReflexiveView, ...] = ()


def view(router: Router, now: Instant, name: str | None = None) -> AccessListsView:
    """All lists, or one."""
    policy = router.forwarding.policy
    return AccessListsView(
        tuple(_list(each) for each in policy.access_lists.values() if name in (None, each.settings.name)),
        tuple(
            ReflexiveView(
                title,
                tuple(
                    ReflectedLine(flow, each.matches, (each.ends - now) // SECOND) for flow, each in one.flows.items()
                ),
            )
            for title, one in policy.reflexive.items()
            if name in (None, title)
        ),
    )


def of_interface(router: Router, now: Instant, interface: str, direction: str | None = None) -> AccessListsView:
    """The lists an interface's packets are held against."""
    state = router.forwarding.interfaces.get(interface)
    applied = () if state is None else (("in", state.settings.access_in), ("out", state.settings.access_out))
    lists = router.forwarding.policy.access_lists
    return AccessListsView(
        tuple(
            _list(lists[name], way)
            for way, name in applied
            if name in lists and direction in (None, way) and name is not None
        )
    )


def _list(each: AccessList, direction: str | None = None) -> AccessListView:
    lines = tuple(AccessLine(line.sequence, line.ace, line.matches, line.active) for line in each.lines)
    return AccessListView(each.settings.name, each.settings.standard, lines, direction)


def text(value: AccessListsView) -> Iterator[str]:
    for each in value.lists:
        direction = f" {each.direction}" if each.direction is not None else ""
        yield f"{'Standard' if each.standard else 'Extended'} IP access list {each.name}{direction}"
        for line in each.lines:
            said = standard_text(line.ace) if each.standard else extended_text(line.ace, line.active)
            yield f"    {line.sequence} {said}{_matches(line.matches)}"
    for reflexive in value.reflexive:
        yield f"Reflexive IP access list {reflexive.name}"
        for one in reflexive.lines:
            yield f"     permit {_flow_text(one.flow)}{_matches(one.matches)} (time left {one.left_s})"


def _matches(count: int) -> str:
    return f" ({count} match{'es' if count != 1 else ''})" if count else ""


def _flow_text(flow: Tuple5) -> str:
    protocol = word_of(PROTOCOLS, flow.protocol)
    names = {"tcp": TCP_PORTS, "udp": UDP_PORTS}.get(protocol)
    ends = ((flow.source, flow.source_port), (flow.destination, flow.destination_port))
    hosts = [f"host {IPv4(host)}" + (f" eq {word_of(names, port)}" if names is not None else "") for host, port in ends]
    return " ".join([protocol, *hosts])


def standard_text(ace: Ace) -> str:
    """`permit 10.0.0.0, wildcard bits 0.0.0.255`."""
    address = "any" if ace.source_any else str(ace.source)
    if ace.source_wildcard is not None:
        address += f", wildcard bits {ace.source_wildcard}"
    return f"{ace.action:<6} {address}" + (f" {ace.log}" if ace.log else "")


def extended_text(ace: Ace, active: bool = True) -> str:
    """A line as the configuration says it; a service group stands without its keyword."""
    if ace.evaluate is not None:
        return f"evaluate {ace.evaluate}"
    ports = UDP_PORTS if ace.protocol == "udp" else TCP_PORTS
    return " ".join([ace.action, ace.service or ace.protocol, *_ends(ace, ports), *_rest(ace, active)])


def _ends(ace: Ace, names: Mapping[str, int]) -> Iterator[str]:
    yield _address(ace.source_any, ace.source_host, ace.source, ace.source_wildcard, ace.source_group)
    yield from _ports(names, ace.source_operator, ace.source_ports, ace.source_low, ace.source_high)
    yield _address(
        ace.destination_any,
        ace.destination_host,
        ace.destination,
        ace.destination_wildcard,
        ace.destination_group,
    )
    yield from _ports(names, ace.destination_operator, ace.destination_ports, ace.destination_low, ace.destination_high)


def _address(
    everything: bool, host: IPv4 | None, address: IPv4 | None, wildcard: IPv4 | None, group: str | None
) -> str:
    if group is not None:
        return f"object-group {group}"
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


def _rest(ace: Ace, active: bool) -> Iterator[str]:
    for part in (ace.icmp_message, ace.icmp_type, ace.icmp_code):
        if part is not None:
            yield str(part)
    yield from (name for name in _FLAGS if getattr(ace, name))
    if ace.flags_match is not None:
        yield from (ace.flags_match, *ace.flags)
    named: tuple[tuple[str, int | None, Mapping[str, int]], ...] = (
        ("dscp", ace.dscp, CODE_POINTS),
        ("precedence", ace.precedence, PRECEDENCES),
        ("tos", ace.tos, TOS),
        ("option", ace.option, IP_OPTIONS),
    )
    for word, value, names in named:
        if value is not None:
            yield f"{word} {word_of(names, value)}"
    if ace.any_option:
        yield "option any-options"
    if ace.ttl_operator is not None:
        yield " ".join(["ttl", ace.ttl_operator, *(str(ttl) for ttl in (ace.ttl_low, ace.ttl_high) if ttl is not None)])
    if ace.fragments:
        yield "fragments"
    if ace.log is not None:
        yield ace.log
    if ace.time_range is not None:
        yield f"time-range {ace.time_range} ({'active' if active else 'inactive'})"
    if ace.reflect is not None:
        yield f"reflect {ace.reflect}" + (f" timeout {ace.reflect_s}" if ace.reflect_s is not None else "")


SHOWS = {"": Show(view, text), "of_interface": Show(of_interface, text)}
