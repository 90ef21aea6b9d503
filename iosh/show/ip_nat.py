"""`show ip nat translations [verbose]` and `show ip nat statistics`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iosh.base.addr import IPv4, mask_of
from iosh.base.time import SECOND, Instant, clock
from iosh.base.words import PROTOCOLS, word_of
from iosh.router.nat_table import PoolSettings, Simple, SourceRule, StaticRule, Translation
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_FOREVER = 1 << 40  # seconds


@dataclass(frozen=True)
class End:
    """An address, with a port where one is translated."""

    address: IPv4
    port: int | None = None

    def __str__(self) -> str:
        return str(self.address) if self.port is None else f"{self.address}:{self.port}"


@dataclass(frozen=True)
class TranslationRow:
    """One translation. Without a protocol it is for all of them, without outside addresses for all peers. Seconds are
    those since it was made and last used; `left_s` is None for one that stays."""

    protocol: str | None
    inside_global: End | None
    inside_local: End | None
    outside_local: End | None
    outside_global: End | None
    number: int
    static: bool
    created_s: int
    used_s: int
    timeout_s: int | None
    left_s: int | None


@dataclass(frozen=True)
class TranslationsView:
    """`show ip nat translations`."""

    rows: tuple[TranslationRow, ...]
    verbose: bool


def translations(router: Router, now: Instant, verbose: bool = False) -> TranslationsView:
    nat = router.forwarding.policy.nat
    rows = [_flow_row(entry, now) for entry in nat.flows.values()]
    rows += [row for static in nat.settings.statics if (row := _static_row(router, static, now)) is not None]
    rows += [_simple_row(simple, now) for simple in nat.simple.values()]
    age = (now - router.started) // SECOND
    rows += [
        TranslationRow(None, None, None, End(each.local), End(each.global_address), 0, True, age, age, None, None)
        for each in nat.settings.outsides
    ]
    return TranslationsView(tuple(rows), verbose)


def _flow_row(entry: Translation, now: Instant) -> TranslationRow:
    flow = entry.flow
    has_ports, theirs = entry.has_ports, entry.outside_key.source_port
    timeout_s = entry.timeout // SECOND
    return TranslationRow(
        word_of(PROTOCOLS, flow.protocol),
        End(IPv4(entry.global_address), entry.global_port if has_ports else None),
        End(IPv4(flow.source), flow.source_port if has_ports else None),
        End(IPv4(flow.destination), flow.destination_port if has_ports else None),
        End(IPv4(flow.destination), theirs if has_ports else None),
        entry.number,
        False,
        (now - entry.created) // SECOND,
        (now - entry.used) // SECOND,
        timeout_s if timeout_s < _FOREVER else None,
        max(0, entry.used + entry.timeout - now) // SECOND if timeout_s < _FOREVER else None,
    )


def _static_row(router: Router, static: StaticRule, now: Instant) -> TranslationRow | None:
    """A translation by port, or of a network, that is there for good."""
    address = static.global_address
    if static.interface is not None:
        state = router.forwarding.interfaces.get(static.interface)
        address = state.address.address if state is not None and state.address is not None else None
    age = (now - router.started) // SECOND
    if static.length < 32 and address is not None:
        return TranslationRow(None, End(address), End(static.local), None, None, 0, True, age, age, None, None)
    if static.protocol is None or address is None:
        return None
    inside, outside = End(address, static.global_port), End(static.local, static.local_port)
    return TranslationRow(
        word_of(PROTOCOLS, static.protocol), inside, outside, None, None, 0, True, age, age, None, None
    )


def _simple_row(simple: Simple, now: Instant) -> TranslationRow:
    static = isinstance(simple.rule, StaticRule)
    timeout_s = None if static else simple.timeout // SECOND
    return TranslationRow(
        None,
        End(IPv4(simple.global_address)),
        End(IPv4(simple.local)),
        None,
        None,
        simple.number,
        static,
        (now - simple.created) // SECOND,
        (now - simple.used) // SECOND,
        timeout_s,
        None if timeout_s is None else max(0, simple.used + simple.timeout - now) // SECOND,
    )


def translations_text(value: TranslationsView) -> Iterator[str]:
    if not value.rows:
        return
    yield "Pro Inside global         Inside local          Outside local         Outside global"
    for row in value.rows:
        ends = (row.inside_global, row.inside_local, row.outside_local, row.outside_global)
        said = [str(end) if end is not None else "---" for end in ends]
        first = f"{row.protocol or '---':<3} {said[0]}"
        yield f"{first:<25} {said[1]:<21} {said[2]:<21} {said[3]}"
        if value.verbose:
            yield from _verbose(row)


def _verbose(row: TranslationRow) -> Iterator[str]:
    left = "" if row.left_s is None else f", left {clock(row.left_s * SECOND)}"
    yield (
        f"    create {clock(row.created_s * SECOND)}, use {clock(row.used_s * SECOND)} "
        f"timeout:{(row.timeout_s or 0) * 1000}{left},"
    )
    flags = [word for word, on in (("static", row.static), ("extended", row.protocol is not None)) if on]
    yield "    flags:"
    yield f"{', '.join(flags) or 'none'}, use_count: 0, entry-id: {row.number}, lc_entries: 0"


@dataclass(frozen=True)
class Mapping:
    """One dynamic rule, and how many translations it has."""

    number: int
    access_list: str | None
    route_map: str | None
    interface: str | None
    pool: PoolSettings | None
    references: int
    allocated: int


@dataclass(frozen=True)
class NatStatistics:
    """`show ip nat statistics`."""

    static: int
    dynamic: int
    extended: int
    peak: int
    peak_ago_s: int
    outside: tuple[str, ...]
    inside: tuple[str, ...]
    hits: int
    misses: int
    expired: int
    mappings: tuple[Mapping, ...]


def statistics(router: Router, now: Instant) -> NatStatistics:
    nat = router.forwarding.policy.nat
    by_port = sum(static.protocol is not None for static in nat.settings.statics)
    fixed = sum(isinstance(simple.rule, StaticRule) for simple in nat.simple.values())
    interfaces = router.forwarding.interfaces.values()
    return NatStatistics(
        static=fixed + by_port,
        dynamic=len(nat) - fixed,
        extended=len(nat.flows) + by_port,
        peak=nat.peak,
        peak_ago_s=(now - nat.peak_at) // SECOND,
        outside=tuple(state.name for state in interfaces if state.settings.nat == "outside"),
        inside=tuple(state.name for state in interfaces if state.settings.nat == "inside"),
        hits=nat.counters["hits"],
        misses=nat.counters["misses"],
        expired=nat.counters["expired"],
        mappings=tuple(_mapping(router, number, rule) for number, rule in enumerate(nat.settings.sources, 1)),
    )


def _mapping(router: Router, number: int, rule: SourceRule) -> Mapping:
    nat = router.forwarding.policy.nat
    entries: list[Simple | Translation] = [*nat.flows.values(), *nat.simple.values()]
    mine = [entry for entry in entries if entry.rule == rule]
    allocated = len({entry.global_address for entry in mine})
    return Mapping(number, rule.access_list, rule.route_map, rule.interface, rule.pool, len(mine), allocated)


def statistics_text(value: NatStatistics) -> Iterator[str]:
    total = value.static + value.dynamic
    yield (
        f"Total active translations: {total} "
        f"({value.static} static, {value.dynamic} dynamic; {value.extended} extended)"
    )
    if value.peak:
        yield f"Peak translations: {value.peak}, occurred {clock(value.peak_ago_s * SECOND)} ago"
    yield "Outside interfaces:"
    if value.outside:
        yield f"  {', '.join(value.outside)}"
    yield "Inside interfaces: "
    if value.inside:
        yield f"  {', '.join(value.inside)}"
    yield f"Hits: {value.hits}  Misses: {value.misses}"
    yield f"CEF Translated packets: {value.hits}, CEF Punted packets: {value.misses}"
    yield f"Expired translations: {value.expired}"
    yield "Dynamic mappings:"
    if value.mappings:
        yield "-- Inside Source"
    for each in value.mappings:
        onto = (
            f"interface {each.interface}"
            if each.interface is not None
            else f"pool {each.pool.name}"
            if each.pool
            else ""
        )
        by = f"access-list {each.access_list}" if each.route_map is None else f"route-map {each.route_map}"
        yield f"[Id: {each.number}] {by} {onto} refcount {each.references}"
        if each.pool is not None:
            pool = each.pool
            size = pool.last - pool.first + 1
            yield f" pool {pool.name}: netmask {mask_of(pool.length)}"
            yield f"\tstart {pool.first} end {pool.last}"
            share = each.allocated * 100 // size
            yield f"\ttype generic, total addresses {size}, allocated {each.allocated} ({share}%), misses 0"


SHOWS = {
    "translations": Show(translations, translations_text),
    "statistics": Show(statistics, statistics_text),
}
