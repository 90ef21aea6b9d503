"""`show interfaces summary`, `stats`, `status`, `counters` and `accounting`: the interfaces in rows, from
what `show interfaces` has.

All packets pass one path here, the processor's, so `stats` has no others. `status` and `counters` are of physical
ports, as on a switch; broadcasts sent are not counted apart. For `accounting` all is IP that is nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.interface_name import short
from iosh.base.time import Instant
from iosh.router.interfaces import InterfaceState
from iosh.show.interfaces import InterfaceCounters, chosen, counters_of
from iosh.show.registry import Show

if TYPE_CHECKING:
    from iosh.router.router import Router

_LEGEND: Final = """\

 *: interface is up
 IHQ: pkts in input hold queue     IQD: pkts dropped from input queue
 OHQ: pkts in output hold queue    OQD: pkts dropped from output queue
 RXBS: rx rate (bits/sec)          RXPS: rx rate (pkts/sec)
 TXBS: tx rate (bits/sec)          TXPS: tx rate (pkts/sec)
 TRTL: throttle count

  Interface                   IHQ       IQD       OHQ       OQD      RXBS      RXPS      TXBS      TXPS      TRTL
-----------------------------------------------------------------------------------------------------------------"""
_PATHS: Final = "          Switching path    Pkts In   Chars In   Pkts Out  Chars Out"
_SPEED: Final = {"Ethernet": "10", "FastEthernet": "100", "GigabitEthernet": "1000", "TenGigabitEthernet": "10G"}


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One interface: queues, drops and rates a second."""

    name: str
    is_up: bool
    in_queue: int
    in_drops: int
    out_queue: int
    out_drops: int
    in_bits: int
    in_packets: int
    out_bits: int
    out_packets: int
    throttles: int


@dataclass(frozen=True, slots=True)
class InterfacesSummary:
    """`show interfaces summary`."""

    interfaces: tuple[SummaryLine, ...]


def summary(router: Router, now: Instant, interface: str | None = None) -> InterfacesSummary:
    return InterfacesSummary(tuple(_summary_line(state, now) for state in chosen(router, interface)))


def _summary_line(state: InterfaceState, now: Instant) -> SummaryLine:
    count = counters_of(state, now)
    rates = count.input_bits_s, count.input_packets_s, count.output_bits_s, count.output_packets_s
    return SummaryLine(state.name, state.protocol, 0, 0, 0, count.out_drops, *rates, 0)


def summary_text(view: InterfacesSummary) -> Iterator[str]:
    yield from _LEGEND.splitlines()
    for line in view.interfaces:
        queues = f"{line.in_queue:>9}{line.in_drops:>10}{line.out_queue:>10}{line.out_drops:>10}"
        rates = f"{line.in_bits:>10}{line.in_packets:>10}{line.out_bits:>10}{line.out_packets:>10}"
        yield f"{'*' if line.is_up else ' '} {line.name:<22}{queues}{rates}{line.throttles:>10}"


# --- packets and octets


@dataclass(frozen=True, slots=True)
class TrafficLine:
    """What one interface carried."""

    name: str
    in_packets: int
    in_bytes: int
    in_broadcasts: int
    out_packets: int
    out_bytes: int


@dataclass(frozen=True, slots=True)
class InterfacesTraffic:
    """`show interfaces stats` and `show interfaces counters`."""

    interfaces: tuple[TrafficLine, ...]


def _traffic_line(name: str, count: InterfaceCounters) -> TrafficLine:
    received = count.in_packets, count.in_bytes, count.in_broadcasts
    return TrafficLine(name, *received, count.out_packets, count.out_bytes)


def stats(router: Router, now: Instant, interface: str | None = None) -> InterfacesTraffic:
    """All interfaces that count for themselves."""
    states = [state for state in chosen(router, interface) if state.parent is None]
    return InterfacesTraffic(tuple(_traffic_line(state.name, counters_of(state, now)) for state in states))


def stats_text(view: InterfacesTraffic) -> Iterator[str]:
    for line in view.interfaces:
        yield line.name
        yield _PATHS
        for path, is_ours in (("Processor", True), ("Route cache", False), ("Total", True)):
            counts = (line.in_packets, line.in_bytes, line.out_packets, line.out_bytes) if is_ours else (0, 0, 0, 0)
            yield f"{path:>24}" + "".join(f" {count:>10}" for count in counts)


def counters(router: Router, now: Instant, interface: str | None = None) -> InterfacesTraffic:
    """The physical ports."""
    return InterfacesTraffic(
        tuple(_traffic_line(state.name, counters_of(state, now)) for state in _ports(router, interface))
    )


def _ports(router: Router, interface: str | None) -> Iterator[InterfaceState]:
    return (state for state in chosen(router, interface) if state.is_ethernet and state.parent is None)


def counters_text(view: InterfacesTraffic) -> Iterator[str]:
    yield ""
    yield "Port            InOctets    InUcastPkts    InMcastPkts    InBcastPkts "
    for line in view.interfaces:
        singly = line.in_packets - line.in_broadcasts
        yield f"{short(line.name):<9} {line.in_bytes:>14} {singly:>14} {0:>14} {line.in_broadcasts:>14} "
    yield ""
    yield "Port           OutOctets   OutUcastPkts   OutMcastPkts   OutBcastPkts "
    for line in view.interfaces:
        yield f"{short(line.name):<9} {line.out_bytes:>14} {line.out_packets:>14} {0:>14} {0:>14} "


# --- by protocol


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """What one protocol brought and took."""

    protocol: str
    in_packets: int
    in_bytes: int
    out_packets: int
    out_bytes: int


@dataclass(frozen=True, slots=True)
class AccountingLine:
    """One interface; no protocols: nothing was seen there."""

    name: str
    description: str | None
    protocols: tuple[ProtocolLine, ...]


@dataclass(frozen=True, slots=True)
class InterfacesAccounting:
    """`show interfaces accounting`."""

    interfaces: tuple[AccountingLine, ...]


def accounting(router: Router, now: Instant, interface: str | None = None) -> InterfacesAccounting:
    """All interfaces that count for themselves."""
    states = [state for state in chosen(router, interface) if state.parent is None]
    return InterfacesAccounting(
        tuple(AccountingLine(state.name, state.settings.description, _protocols(state)) for state in states)
    )


def _protocols(state: InterfaceState) -> tuple[ProtocolLine, ...]:
    count, others = state.counters, state.counters.others
    ways = ("in", "in bytes", "out", "out bytes")
    known = {name: tuple(others[name, way] for way in ways) for name in ("Other", "ARP", "CDP")}
    whole = (count.in_packets, count.in_bytes, count.out_packets, count.out_bytes)
    ip = tuple(all_of - sum(each[way] for each in known.values()) for way, all_of in enumerate(whole))
    lines = [("Other", known["Other"]), ("IP", ip), ("ARP", known["ARP"]), ("CDP", known["CDP"])]
    return tuple(ProtocolLine(name, *counts) for name, counts in lines if any(counts))


def accounting_text(view: InterfacesAccounting) -> Iterator[str]:
    for line in view.interfaces:
        yield f"{line.name} {line.description or ''}"
        yield "                Protocol    Pkts In   Chars In   Pkts Out  Chars Out"
        for one in line.protocols:
            counts = (one.in_packets, one.in_bytes, one.out_packets, one.out_bytes)
            yield f"{one.protocol:>24}" + "".join(f" {count:>10}" for count in counts)
        if not line.protocols:
            yield "No traffic sent or received on this interface."


# --- status


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One port; `duplex` and `speed` with `a-` where they were negotiated."""

    name: str
    description: str
    status: str
    vlan: str
    duplex: str
    speed: str
    medium: str


@dataclass(frozen=True, slots=True)
class InterfacesStatus:
    """`show interfaces status`."""

    ports: tuple[StatusLine, ...]


def status(router: Router, now: Instant, interface: str | None = None) -> InterfacesStatus:
    return InterfacesStatus(
        tuple(
            StatusLine(
                state.name,
                state.settings.description or "",
                "disabled" if state.settings.shutdown else "connected" if state.line else "notconnect",
                "routed",
                "a-full" if state.line else "auto",
                f"a-{_SPEED[state.kind]}" if state.line else "auto",
                "Virtual",
            )
            for state in _ports(router, interface)
        )
    )


def status_text(view: InterfacesStatus) -> Iterator[str]:
    yield ""
    yield "Port         Name               Status       Vlan       Duplex  Speed Type "
    for line in view.ports:
        name = f"{short(line.name):<12} {line.description[:18]:<18}"
        yield f"{name} {line.status:<12} {line.vlan:<10} {line.duplex:>6} {line.speed:>6} {line.medium}"


SHOWS: Final = {
    "summary": Show(summary, summary_text),
    "stats": Show(stats, stats_text),
    "counters": Show(counters, counters_text),
    "accounting": Show(accounting, accounting_text),
    "status": Show(status, status_text),
}
