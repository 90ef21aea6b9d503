"""`show ip sla statistics`, `summary` and `configuration`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosh.base.addr import IPv4
from iosh.base.time import SECOND, Instant, seconds
from iosh.config.model_services import SlaJitter, SlaProbe, SlaSchedule
from iosh.proto.sla.ports import JitterResult, Spread, UdpJitter
from iosh.proto.sla.responder import PermanentPort
from iosh.router.services import OPERATIONS
from iosh.router.wanted_services import CODEC_SIZES, measured, row_of
from iosh.show.registry import Show
from iosh.show.text import plural

if TYPE_CHECKING:
    from iosh.router.router import Router


_DATA_SIZES: Final = {"icmp-echo": 28, "udp-echo": 16, "udp-jitter": 32}
_SUPPORTED: Final = {
    "icmp-echo": "icmpEcho",
    "udp-echo": "udpEcho",
    "udp-jitter": "jitter",
    "tcp-connect": "tcpConnect",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as it runs. `life_left_s` is None for ever; `last_start` is civil time, with the clock's star."""

    number: int
    kind: str
    destination: IPv4
    active: bool
    scheduled: bool
    code: str
    round_trip_ms: int | None
    last_start: str | None
    last_start_s: int | None  # seconds ago
    successes: int
    failures: int
    life_left_s: int | None
    jitter: JitterResult | None


@dataclass(frozen=True, slots=True)
class Operations:
    """`show ip sla statistics` and `summary`."""

    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Configured:
    """One operation as configured; `life_s` is None for ever."""

    number: int
    kind: str | None
    destination: IPv4 | None
    port: int | None
    source: IPv4 | None
    source_interface: str | None
    source_port: int
    control: bool
    packets: int
    interval_ms: int
    owner: str
    tag: str
    timeout_ms: int
    threshold_ms: int
    tos: int
    data_size: int
    frequency_s: int
    start: str | None
    life_s: int | None
    ageout_s: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """`show ip sla configuration`."""

    operations: tuple[Configured, ...]


def running(router: Router, now: Instant, number: int | None = None) -> Operations:
    """All operations, or one."""
    found = []
    for key, machine in sorted(router.services.operations.items()):
        if number not in (None, key):
            continue
        start = machine.last_start
        left = None if machine.ends is None else max(0, seconds(machine.ends - now))
        found.append(
            Operation(
                key,
                machine.settings.kind,
                machine.settings.destination,
                machine.active,
                machine.settings.scheduled,
                machine.code,
                machine.round_trip_ms,
                None if start is None else router.clock.text(start, fraction=False),
                None if start is None else (now - start) // SECOND,
                machine.successes,
                machine.failures,
                left if machine.active else 0,
                machine.result if isinstance(machine, UdpJitter) else None,
            )
        )
    return Operations(tuple(found))


def statistics_text(view: Operations) -> Iterator[str]:
    yield "IPSLAs Latest Operation Statistics"
    yield ""
    for each in view.operations:
        trip = "NoConnection/Busy/Timeout" if each.round_trip_ms is None else f"{each.round_trip_ms} milliseconds"
        yield f"IPSLA operation id: {each.number}"
        if each.jitter is not None:
            yield f"Type of operation: {each.kind}"
        if each.last_start is not None:
            yield f"        Latest RTT: {trip}"
            yield f"Latest operation start time: {each.last_start}"
        yield f"Latest operation return code: {each.code}"
        if each.jitter is not None and each.last_start is not None:
            yield from _jitter_text(each.jitter)
        yield f"Number of successes: {each.successes or 'Unknown' if each.last_start is None else each.successes}"
        yield f"Number of failures: {each.failures or 'Unknown' if each.last_start is None else each.failures}"
        life = "Forever" if each.life_left_s is None else f"{each.life_left_s} sec" if each.life_left_s else "0"
        yield f"Operation time to live: {life}"
        yield ""
        yield ""
        yield ""


def _jitter_text(found: JitterResult) -> Iterator[str]:
    trips = found.round_trip
    over = found.over_threshold * 100 // trips.samples if trips.samples else 0
    yield "RTT Values:"
    yield f"        Number Of RTT: {trips.samples:<17}RTT Min/Avg/Max: {_spread(trips)} milliseconds"
    yield "Latency one-way time:"
    yield "        Number of Latency one-way Samples: 0"
    yield "        Source to Destination Latency one way Min/Avg/Max: 0/0/0 milliseconds"
    yield "        Destination to Source Latency one way Min/Avg/Max: 0/0/0 milliseconds"
    yield "Jitter Time:"
    yield f"        Number of SD Jitter Samples: {found.jitter_there.samples}"
    yield f"        Number of DS Jitter Samples: {found.jitter_back.samples}"
    yield f"        Source to Destination Jitter Min/Avg/Max: {_spread(found.jitter_there)} milliseconds"
    yield f"        Destination to Source Jitter Min/Avg/Max: {_spread(found.jitter_back)} milliseconds"
    yield "Over Threshold:"
    yield f"        Number Of RTT Over Threshold: {found.over_threshold} ({over}%)"
    yield "Packet Loss Values:"
    yield f"        Loss Source to Destination: {found.lost_there}"
    yield f"        Loss Destination to Source: {found.lost_back}"
    yield f"        Out Of Sequence: {found.out_of_sequence:<8}Tail Drop: {found.tail_lost}"
    yield "        Packet Late Arrival: 0  Packet Skipped: 0"
    yield "Voice Score Values:"
    yield "        Calculated Planning Impairment Factor (ICPIF): 0"
    yield "        Mean Opinion Score (MOS): 0"


def _spread(of: Spread) -> str:
    return f"{of.least}/{of.mean}/{of.most}"


def summary_text(view: Operations) -> Iterator[str]:
    yield "IPSLAs Latest Operation Summary"
    yield "Codes: * active, ^ inactive, ~ pending"
    yield "All Stats are in milliseconds. Stats with u are in microseconds"
    yield ""
    yield "ID           Type        Destination       Stats       Return      Last"
    yield "                                           (ms)        Code        Run "
    yield "-----------------------------------------------------------------------"
    for each in view.operations:
        mark = "*" if each.active else "^" if each.scheduled else "~"
        trip = "-" if each.round_trip_ms is None else f"RTT={each.round_trip_ms}"
        ago = "-" if each.last_start_s is None else f"{plural(each.last_start_s, 'second')} ago"
        yield f"{mark}{each.number:<12}{each.kind:<12}{each.destination:<18}{trip:<12}{each.code:<12}{ago}"
        yield ""


def configured(router: Router, now: Instant, number: int | None = None) -> Configuration:
    """All operations as configured, or one."""
    sla = router.config.sla
    found = []
    for key, operation in sorted(sla.operations.items()):
        if number not in (None, key):
            continue
        schedule = sla.schedules.get(key, SlaSchedule())
        kind, target = measured(operation)
        probe = target if isinstance(target, SlaProbe) else None
        jitter = target if isinstance(target, SlaJitter) else None
        size, codec = operation.request_data_size, jitter.codec if jitter else None
        found.append(
            Configured(
                key,
                kind if target else None,
                target.destination if target else None,
                probe.port if probe else None,
                target.source_ip if target else None,
                target.source_interface if target else None,
                probe.source_port or 0 if probe else 0,
                probe is not None and probe.control != "disable",
                *((0, 0) if jitter is None else row_of(jitter)),
                operation.owner or "",
                operation.tag or "",
                operation.timeout_ms,
                operation.threshold_ms,
                operation.tos,
                size if size is not None else CODEC_SIZES[codec] if codec else _DATA_SIZES.get(kind, 0),
                operation.frequency_s,
                schedule.start,
                schedule.life_s or None,
                schedule.ageout_s,
            )
        )
    return Configuration(tuple(found))


def configuration_text(view: Configuration) -> Iterator[str]:
    yield "IP SLAs Infrastructure Engine-III"
    for each in view.operations:
        yield f"Entry number: {each.number}"
        yield f"Owner: {each.owner}"
        yield f"Tag: {each.tag}"
        yield f"Operation timeout (milliseconds): {each.timeout_ms}"
        if each.kind is None:
            yield "Type of operation to perform: Unknown"
        else:
            yield from _target_text(each)
        yield from _schedule_text(each)
        yield f"Threshold (milliseconds): {each.threshold_ms}"
        yield from _NOT_KEPT
        yield ""


def _target_text(each: Configured) -> Iterator[str]:
    yield f"Type of operation to perform: {each.kind}"
    if each.source_interface is not None:
        yield f"Target address/Source interface: {each.destination}/{each.source_interface}"
    else:
        yield f"Target address/Source address: {each.destination}/{each.source or IPv4(0)}"
    if each.port is not None:
        yield f"Target port/Source port: {each.port}/{each.source_port}"
    yield f"Type Of Service parameter: 0x{each.tos:X}"
    if each.kind != "tcp-connect":
        yield f"Request size (ARR data portion): {each.data_size}"
    if each.kind == "udp-jitter":
        yield f"Packet Interval (milliseconds)/Number of packets: {each.interval_ms}/{each.packets}"
    elif each.kind != "tcp-connect":
        yield "Data pattern: 0xABCDABCD"
    yield "Verify data: No"
    yield "Vrf Name: "
    if each.port is not None:
        yield f"Control Packets: {'enabled' if each.control else 'disabled'}"


def _schedule_text(each: Configured) -> Iterator[str]:
    started = each.start == "now"
    yield "Schedule:"
    yield f"   Operation frequency (seconds): {each.frequency_s}  (not considered if randomly scheduled)"
    yield f"   Next Scheduled Start Time: {'Start Time already passed' if started else 'Pending trigger'}"
    yield "   Group Scheduled : FALSE"
    yield "   Randomly Scheduled : FALSE"
    yield f"   Life (seconds): {'Forever' if each.life_s is None else each.life_s}"
    yield f"   Entry Ageout (seconds): {each.ageout_s or 'never'}"
    yield "   Recurring (Starting Everyday): FALSE"
    yield f"   Status of entry (SNMP RowStatus): {'Active' if started else 'notInService'}"


_NOT_KEPT: Final = (
    "Distribution Statistics:",
    "   Number of statistic hours kept: 2",
    "   Number of statistic distribution buckets kept: 1",
    "   Statistic distribution interval (milliseconds): 20",
    "Enhanced History:",
    "History Statistics:",
    "   Number of history Lives kept: 0",
    "   Number of history Buckets kept: 15",
    "   History Filter Type: None",
)


@dataclass(frozen=True, slots=True)
class Application:
    """`show ip sla application`: what there can be, and what there is."""

    supported: tuple[str, ...]
    configured: int
    active: int
    pending: int
    inactive: int


def application(router: Router, now: Instant) -> Application:
    """How many operations there are, and in which state."""
    states = running(router, now).operations
    active = sum(each.active for each in states)
    pending = sum(not each.active and not each.scheduled for each in states)
    count = len(router.config.sla.operations)
    return Application(tuple(_SUPPORTED[kind] for kind in OPERATIONS), count, active, pending, count - active - pending)


def application_text(view: Application) -> Iterator[str]:
    yield "        IP Service Level Agreements"
    yield "Version: Round Trip Time MIB 2.2.0, Infrastructure Engine-III"
    yield ""
    yield "Supported Operation Types:"
    yield f"        {', '.join(view.supported)}"
    yield ""
    yield "IP SLAs low memory water mark: 0"
    yield ""
    yield f"Number of Entries configured  : {view.configured}"
    yield f"Number of active Entries      : {view.active}"
    yield f"Number of pending Entries     : {view.pending}"
    yield f"Number of inactive Entries    : {view.inactive}"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked the responder for a port, and when."""

    address: IPv4
    at: str


@dataclass(frozen=True, slots=True)
class ResponderView:
    """`show ip sla responder`."""

    enabled: bool
    messages: int
    errors: int
    recent: tuple[Asker, ...]
    opened: tuple[int, ...]
    permanent: tuple[PermanentPort, ...]


def responder(router: Router, now: Instant) -> ResponderView:
    """What the responder was asked, and which ports are open."""
    machine = router.services.responder.get("")
    if machine is None:
        return ResponderView(False, 0, 0, (), (), ())
    recent = tuple(Asker(address, router.clock.text(at)) for address, at in machine.recent)
    counters, settings = machine.counters, machine.settings
    return ResponderView(
        settings.control, counters["control_messages"], counters["control_errors"], recent,
        tuple(sorted(machine.opened)), settings.permanent,
    )  # fmt: skip


def responder_text(view: ResponderView) -> Iterator[str]:
    yield "        General IP SLA Responder on Control port 1967"
    yield f"General IP SLA Responder is: {'Enabled' if view.enabled else 'Disabled'}"
    if view.enabled:
        yield f"Number of control message received: {view.messages} Number of errors: {view.errors} "
        yield "Recent sources:"
        for one in view.recent:
            yield f"        {one.address} [{one.at}]"
        yield "Recent error sources:"
    yield ""
    yield "        Permanent Port IP SLA Responder"
    yield f"Permanent Port IP SLA Responder is: {'Enabled' if view.permanent else 'Disabled'}"
    for kind, title in (("udp-echo", "udpEcho"), ("tcp-connect", "tcpConnect")):
        ports = [one for one in view.permanent if one.kind == kind]
        if ports:
            yield ""
            yield f"{title} Responder:"
            yield "  IP Address        Port"
            yield from (f"  {one.address or IPv4(0):<18}{one.port}" for one in ports)


SHOWS: Final = {
    "application": Show(application, application_text),
    "statistics": Show(running, statistics_text),
    "summary": Show(running, summary_text),
    "configuration": Show(configured, configuration_text),
    "responder": Show(responder, responder_text),
}
