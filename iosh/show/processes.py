"""`show processes cpu`, `show processes memory` and `show memory statistics`: what the router costs its host.

The figures come by `router.figures`. iosh is one process of the host, so its processor time and memory stand in one
row, `iosh`; the other rows are its parts, with how often each was called on, and no time of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.time import MICROSECOND, MILLISECOND, Instant
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_HEADING: Final = " PID Runtime(ms)   Invoked      uSecs   5Sec   1Min   5Min TTY Process"
_MEMORY_HEADING: Final = " PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process"
_HEADS: Final = {"Processor": 0x7FA00000B010, "lsmpi_io": 0x7F9FE0C301A8}  # addresses, which nobody can use
_IO_TOTAL: Final = 3_149_400  # IOS-XE keeps packets of its own there; we keep them with everything else
_IO_USED: Final = 3_148_576


@dataclass(frozen=True, slots=True)
class Process:
    """One row; the shares are hundredths of a percent."""

    pid: int
    runtime_ms: int
    invoked: int
    us_each: int
    five_s: int
    one_min: int
    five_min: int
    tty: int
    name: str


@dataclass(frozen=True, slots=True)
class ProcessesCpu:
    """`show processes cpu`; the shares above the table are whole percents, the second the interrupts'."""

    five_s: int
    interrupts: int
    one_min: int
    five_min: int
    processes: tuple[Process, ...]


def _parts(router: Router) -> Iterator[tuple[str, int]]:
    """The router's parts, and how many messages each was handed since boot."""
    count = router.forwarding.counters
    yield "ARP Input", count["arp.requests_received"] + count["arp.replies_received"] + count["arp.other_received"]
    yield "IP Input", count["ip.received"]
    yield "NHRP", sum(sum(machine.link.traffic.received.values()) for machine in router.nhrp.values())
    yield "Crypto IKEv2", router.ike.desk.counters["messages received"]
    yield "Logger", sum(router.logbook.counts)


def cpu(router: Router, now: Instant, by: str | None = None) -> ProcessesCpu:
    """All processes; `by` one of `5sec`, `1min`, `5min`: the busiest first."""
    load, spent = router.figures.load(), router.figures.cpu_ns(now - router.started)
    invoked = sum(count for _, count in _parts(router)) or 1
    each = spent // invoked // MICROSECOND
    rows = [Process(1, spent // MILLISECOND, invoked, each, load.five_s, load.one_min, load.five_min, 0, "iosh")]
    rows += [Process(pid, 0, count, 0, 0, 0, 0, 0, name) for pid, (name, count) in enumerate(_parts(router), 2)]
    match by:
        case "5sec":
            rows.sort(key=lambda row: (-row.five_s, row.pid))
        case "1min":
            rows.sort(key=lambda row: (-row.one_min, row.pid))
        case "5min":
            rows.sort(key=lambda row: (-row.five_min, row.pid))
    return ProcessesCpu(load.five_s // 100, 0, load.one_min // 100, load.five_min // 100, tuple(rows))


def cpu_text(view: ProcessesCpu) -> Iterator[str]:
    yield (
        f"CPU utilization for five seconds: {view.five_s}%/{view.interrupts}%;"
        f" one minute: {view.one_min}%; five minutes: {view.five_min}%"
    )
    yield _HEADING
    for row in view.processes:
        shares = " ".join(f"{_percent(share):>6}" for share in (row.five_s, row.one_min, row.five_min))
        yield (f"{row.pid:>4} {row.runtime_ms:>11} {row.invoked:>9} {row.us_each:>10} {shares} {row.tty:>3} {row.name}")


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02}%"


# --- memory


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool, in bytes; `lowest_free` since boot."""

    name: str
    head: int
    total: int
    used: int
    free: int
    lowest_free: int


@dataclass(frozen=True, slots=True)
class MemoryProcess:
    """What one process took, gave back and holds, in bytes."""

    pid: int
    tty: int
    allocated: int
    freed: int
    holding: int
    getbufs: int
    retbufs: int
    name: str


@dataclass(frozen=True, slots=True)
class ProcessesMemory:
    """`show processes memory`."""

    pools: tuple[Pool, ...]
    processes: tuple[MemoryProcess, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MemoryStatistics:
    """`show memory statistics`."""

    pools: tuple[Pool, ...]


def _pools(router: Router) -> tuple[Pool, ...]:
    total, used, most = router.figures.memory()
    io_free = _IO_TOTAL - _IO_USED
    return (
        Pool("Processor", _HEADS["Processor"], total, used, total - used, total - most),
        Pool("lsmpi_io", _HEADS["lsmpi_io"], _IO_TOTAL, _IO_USED, io_free, io_free),
    )


def memory(router: Router, now: Instant) -> ProcessesMemory:
    pools = _pools(router)
    held = pools[0].used
    rows = [MemoryProcess(1, 0, held, 0, held, 0, 0, "iosh")]
    rows += [MemoryProcess(pid, 0, 0, 0, 0, 0, 0, name) for pid, (name, _) in enumerate(_parts(router), 2)]
    return ProcessesMemory(pools, tuple(rows), held)


def memory_text(view: ProcessesMemory) -> Iterator[str]:
    for pool in view.pools:
        yield f"{pool.name:>9} Pool Total: {pool.total:>10} Used: {pool.used:>10} Free: {pool.free:>10}"
    yield ""
    yield _MEMORY_HEADING
    for row in view.processes:
        yield (
            f"{row.pid:>4} {row.tty:>3} {row.allocated:>10} {row.freed:>10} {row.holding:>10}"
            f" {row.getbufs:>10} {row.retbufs:>10} {row.name:<16}"
        )
    yield ""
    yield f"{view.total} Total"


def statistics(router: Router, now: Instant) -> MemoryStatistics:
    return MemoryStatistics(_pools(router))


def statistics_text(view: MemoryStatistics) -> Iterator[str]:
    yield "                Head    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)"
    for pool in view.pools:
        yield (
            f"{pool.name:>9}  {pool.head:X} {pool.total:>12} {pool.used:>11} {pool.free:>11}"
            f" {pool.lowest_free:>11} {pool.free:>11}"
        )


SHOWS: Final = {
    "cpu": Show(cpu, cpu_text),
    "memory": Show(memory, memory_text),
    "statistics": Show(statistics, statistics_text),
}
