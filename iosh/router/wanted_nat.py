"""`ip nat …` to what the forwarding path is told."""

from __future__ import annotations

from iosh.base.addr import length_of
from iosh.base.words import PROTOCOLS
from iosh.config.model import Config
from iosh.config.model_nat import NatPool
from iosh.router.nat import NatSettings, PoolSettings, SourceRule, StaticRule


def nat_settings(config: Config) -> NatSettings:
    """All rules that can act: those by route-map, and those out of a pool that is not there, do not."""
    nat = config.nat
    pools = {name: _pool(name, pool) for name, pool in nat.pools.items()}
    sources = tuple(
        SourceRule(
            key.access_list,
            rule.interface,
            pools.get(rule.pool) if rule.pool is not None else None,
            rule.overload or rule.interface is not None,
        )
        for key, rule in nat.sources.items()
        if key.access_list is not None and (rule.pool is None or rule.pool in pools)
    )
    statics = tuple(
        StaticRule(
            key.local,
            PROTOCOLS[key.protocol] if key.protocol is not None else None,
            key.local_port,
            key.global_address,
            key.global_interface,
            key.global_port,
        )
        for key in nat.statics
    )
    each = nat.translation
    return NatSettings(
        sources, statics, tuple(pools.values()), each.timeout_s, each.tcp_s, each.udp_s, each.icmp_s, each.dns_s,
        each.finrst_s, each.syn_s, each.max_entries,
    )  # fmt: skip


def _pool(name: str, pool: NatPool) -> PoolSettings:
    length = pool.prefix_length if pool.prefix_length is not None else length_of(pool.mask) if pool.mask else 32
    return PoolSettings(name, pool.first, pool.last, length)
