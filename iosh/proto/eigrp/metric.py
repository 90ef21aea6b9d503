"""The composite metric: what a path's figures come to, classic (32 bits) or wide (64 bits), in whole numbers."""

from __future__ import annotations

from typing import Final

from iosh.wire.eigrp import INFINITE_DELAY, Metric

INFINITE: Final = 0xFFFFFFFFFFFFFFFF
RIB_INFINITE: Final = 0xFFFFFFFF

_CLASSIC_SCALE: Final = 256
_WIDE_SCALE: Final = 65536
_KBIT: Final = 10_000_000
_PS_IN_TENS_OF_US: Final = 10_000_000
_PS_IN_US: Final = 1_000_000


def composite(metric: Metric, k: tuple[int, ...], wide: bool) -> int:
    """The distance of these figures; `INFINITE` if there is no way."""
    if metric.is_infinite:
        return INFINITE
    kbit = max(metric.bandwidth_kbit, 1)
    if wide:
        throughput = _KBIT * _WIDE_SCALE // kbit
        latency = metric.delay_ps * _WIDE_SCALE // _PS_IN_US
    else:
        throughput = _KBIT // kbit * _CLASSIC_SCALE
        latency = -(-metric.delay_ps * _CLASSIC_SCALE // _PS_IN_TENS_OF_US)
    total = k[0] * throughput + k[1] * throughput // (256 - metric.load) + k[2] * latency
    if k[4]:
        total = total * k[4] // max(metric.reliability + k[3], 1)
    return total if wide or total < RIB_INFINITE else INFINITE


def in_rib(distance: int, wide: bool, scale: int) -> int:
    """A distance as the routing table holds it: 32 bits."""
    return min(distance // scale if wide else distance, RIB_INFINITE)


def beyond(metric: Metric, delay_ps: int, bandwidth_kbit: int, mtu: int, maximum_hops: int) -> Metric:
    """The figures of a neighbour's path with the link to the neighbour before it."""
    delay = metric.delay_ps + delay_ps
    hops = metric.hops + 1
    if metric.is_infinite or delay >= INFINITE_DELAY or hops > maximum_hops:
        return metric._replace(delay_ps=INFINITE_DELAY, hops=min(hops, 255))
    return metric._replace(
        delay_ps=delay, bandwidth_kbit=min(metric.bandwidth_kbit, bandwidth_kbit), mtu=min(metric.mtu, mtu), hops=hops
    )


def unreachable(metric: Metric) -> Metric:
    """The same, with no way."""
    return metric._replace(delay_ps=INFINITE_DELAY)
