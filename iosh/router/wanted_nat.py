"""`ip nat …` to what the forwarding path is told.

Route-maps are kept lines; of them translation reads `match ip address` with access lists and `match interface`.
"""

from __future__ import annotations

from dataclasses import replace

from iosh.base.addr import length_of
from iosh.base.interface_name import canonical
from iosh.base.words import PROTOCOLS
from iosh.config.kept import KeptKey
from iosh.config.model import Config
from iosh.config.model_nat import NatPool, NatStatic, NatStaticKey
from iosh.router.nat_table import (
    Clause,
    DestinationRule,
    NatSettings,
    OutsideRule,
    PoolSettings,
    SourceRule,
    StaticRule,
)

_ADDRESS = KeptKey("match ip address")
_INTERFACE = KeptKey("match interface")


def nat_settings(config: Config) -> NatSettings:
    """All rules that can act: those out of a pool that is not there do not."""
    nat = config.nat
    pools = {name: _pool(name, pool) for name, pool in nat.pools.items()}
    sources = tuple(
        SourceRule(
            key.access_list,
            rule.interface,
            pools.get(rule.pool) if rule.pool is not None else None,
            rule.overload or rule.interface is not None,
            key.route_map,
            clauses(config, key.route_map),
        )
        for key, rule in nat.sources.items()
        if rule.pool is None or rule.pool in pools
    )
    return NatSettings(
        sources,
        tuple(_static(config, key, rest) for key, rest in nat.statics.items()),
        tuple(pools.values()),
        tuple(DestinationRule(name, pools[pool]) for name, pool in nat.destinations.items() if pool in pools),
        tuple(OutsideRule(*key) for key in nat.outside_statics),
        replace(nat.translation),
    )


def clauses(config: Config, route_map: str | None) -> tuple[Clause, ...]:
    """The entries of a route-map in their order."""
    found = [
        (int(key.words[1]), key.slot.endswith("permit"), entry)
        for key, entry in config.kept.items()
        if key.slot in ("route-map permit", "route-map deny") and len(key.words) == 2 and key.words[0] == route_map
    ]
    made = []
    for _, permit, entry in sorted(found, key=lambda each: each[0]):
        lists = entry.kept[_ADDRESS].line.split()[3:] if _ADDRESS in entry.kept else []
        interfaces = entry.kept[_INTERFACE].line.split()[2:] if _INTERFACE in entry.kept else []
        made.append(Clause(permit, tuple(lists), tuple(canonical(name) for name in interfaces)))
    return tuple(made)


def _static(config: Config, key: NatStaticKey, rest: NatStatic) -> StaticRule:
    length = 32
    if key.network:
        length = length_of(rest.mask) if rest.mask is not None else int((rest.length or "/32").lstrip("/"))
    return StaticRule(
        key.local,
        PROTOCOLS[key.protocol] if key.protocol is not None else None,
        key.local_port,
        key.global_address,
        key.global_interface,
        key.global_port,
        length,
        rest.route_map,
        clauses(config, rest.route_map),
    )


def _pool(name: str, pool: NatPool) -> PoolSettings:
    length = pool.prefix_length if pool.prefix_length is not None else length_of(pool.mask) if pool.mask else 32
    return PoolSettings(name, pool.first, pool.last, length, pool.type == "rotary")
