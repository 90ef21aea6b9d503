"""The services beside routing as configuration: IP SLA, tracking, CDP, LLDP, NTP, the clock. Defaults are IOS's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from iosh.base.addr import IPv4
from iosh.config.kept import Kept, KeptKey


@dataclass(slots=True)
class SlaEcho:
    """`icmp-echo A [source-ip A | source-interface I]`."""

    destination: IPv4
    source_ip: IPv4 | None = None
    source_interface: str | None = None


@dataclass(slots=True)
class SlaProbe:
    """`udp-echo|tcp-connect A PORT …`; `control` is None or "disable"."""

    destination: IPv4
    port: int
    source_ip: IPv4 | None = None
    source_interface: str | None = None
    source_port: int | None = None
    control: str | None = None


@dataclass(slots=True)
class SlaJitter(SlaProbe):
    """`udp-jitter A PORT …`."""

    codec: str | None = None
    codec_packets: int | None = None
    packets: int = 10
    interval_ms: int = 20


class SlaPort(NamedTuple):
    """A port the responder always answers at; None: at each of its addresses."""

    port: int
    address: IPv4 | None = None


@dataclass(slots=True)
class SlaOperation:
    """`ip sla N`."""

    echo: SlaEcho | None = None
    udp_echo: SlaProbe | None = None
    udp_jitter: SlaJitter | None = None
    tcp_connect: SlaProbe | None = None
    request_data_size: int | None = None  # None: what this kind of operation has
    tos: int = 0
    owner: str | None = None
    tag: str | None = None
    threshold_ms: int = 5000
    timeout_ms: int = 5000
    frequency_s: int = 60
    kept: dict[KeptKey, Kept] = field(default_factory=dict)


@dataclass(slots=True)
class SlaSchedule:
    """`ip sla schedule N [life {S|forever}] [start-time {now|pending}] [ageout S]`."""

    life_s: int = 3600  # 0: for ever
    start: str | None = None  # "now" | "pending"; None: pending
    ageout_s: int = 0


@dataclass(slots=True)
class Sla:
    """`ip sla …`."""

    responder: bool = False
    responder_udp: dict[SlaPort, None] = field(default_factory=dict)
    responder_tcp: dict[SlaPort, None] = field(default_factory=dict)
    operations: dict[int, SlaOperation] = field(default_factory=dict)
    schedules: dict[int, SlaSchedule] = field(default_factory=dict)


class TrackMember(NamedTuple):
    """`object N [not] [weight W]` in a list."""

    negated: bool = False
    weight: int | None = None


@dataclass(slots=True)
class TrackedObject:
    """`track N ip sla M [reachability|state]`, `track N interface I line-protocol|ip routing`, `track N ip route P M
    reachability`, `track N list …`, `track N stub-object`, and what stands under it."""

    sla: int | None = None
    interface: str | None = None
    network: IPv4 | None = None
    mask: IPv4 | None = None
    list: str | None = None  # "boolean and|or", "threshold weight|percentage"
    stub: bool = False
    aspect: str | None = None  # "reachability" | "state" | "line-protocol" | "ip routing"; None: "state"
    delay_down_s: int = 0
    delay_up_s: int = 0
    objects: dict[int, TrackMember] = field(default_factory=dict)
    threshold_up: int | None = None
    threshold_down: int | None = None
    default_state: str | None = None  # of a stub


@dataclass(slots=True)
class CdpGlobal:
    """`cdp …`: off until it is asked for, as on IOS-XE's virtual routers."""

    run: bool = False
    timer_s: int = 60
    hold_s: int = 180


@dataclass(slots=True)
class LldpGlobal:
    """`lldp …`."""

    run: bool = False
    timer_s: int = 30
    hold_s: int = 120


@dataclass(slots=True)
class InterfaceDiscovery:
    """`cdp enable`, `lldp transmit`, `lldp receive` under an interface."""

    cdp: bool = True
    lldp_transmit: bool = True
    lldp_receive: bool = True


@dataclass(slots=True)
class NtpServer:
    """The rest of `ntp server A`."""

    version: int = 4
    burst: bool = False
    iburst: bool = False
    key: int | None = None
    minpoll: int | None = None
    maxpoll: int | None = None
    prefer: bool = False
    source: str | None = None


@dataclass(slots=True)
class NtpGlobal:
    """`ntp …`."""

    source: str | None = None
    master: bool = False
    master_stratum: int = 8
    servers: dict[IPv4, NtpServer] = field(default_factory=dict)


@dataclass(slots=True)
class ClockZone:
    """`clock timezone NAME HOURS [MINUTES]`."""

    name: str
    hours: int
    minutes: int | None = None


@dataclass(slots=True)
class SummerTime:
    """`clock summer-time NAME recurring [WEEK DAY MONTH TIME WEEK DAY MONTH TIME [OFFSET]]`; None: as in the USA."""

    zone: str
    start_week: str | None = None
    start_day: str | None = None
    start_month: str | None = None
    start: str | None = None
    end_week: str | None = None
    end_day: str | None = None
    end_month: str | None = None
    end: str | None = None
    offset_min: int = 60


@dataclass(slots=True)
class ClockGlobal:
    """`clock …`."""

    zone: ClockZone | None = None
    summer: SummerTime | None = None
