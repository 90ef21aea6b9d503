"""From the configuration to what the services are told: `ip sla`, `track`, `cdp`, `lldp`, `ntp`, `clock`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from iosh.base.addr import Prefix, length_of
from iosh.base.interface_name import short
from iosh.config.model import Config
from iosh.config.model_services import SlaEcho, SlaJitter, SlaOperation, SlaProbe, SlaSchedule, SummerTime
from iosh.proto.discovery.machine import CDP, LLDP, DiscoverySettings
from iosh.proto.ntp.machine import NtpSettings, ServerSettings
from iosh.proto.sla.operation import OperationSettings
from iosh.proto.sla.responder import PermanentPort, ResponderSettings
from iosh.proto.track.machine import Member, TrackSettings
from iosh.router.civil import Turn, ZoneSettings
from iosh.router.interfaces import InterfaceState
from iosh.router.product import DESCRIPTION, MODEL
from iosh.wire import cdp, lldp
from iosh.wire.cdp import Cdp
from iosh.wire.lldp import Ident, Lldp

_WAITING = SlaSchedule()
_CODEC_PACKETS = 1000
CODEC_SIZES: Final = {"g711alaw": 172, "g711ulaw": 172, "g729a": 32}  # of the packets that carry its speech


def operations(config: Config) -> dict[int, OperationSettings]:
    """Every `ip sla N` that says what it is to do."""
    found = {}
    for number, operation in config.sla.operations.items():
        kind, target = measured(operation)
        if target is None:
            continue
        schedule = config.sla.schedules.get(number, _WAITING)
        settings = OperationSettings(
            number,
            target.destination,
            target.source_ip,
            target.source_interface,
            operation.request_data_size,
            operation.tos,
            operation.threshold_ms,
            operation.timeout_ms,
            operation.frequency_s,
            scheduled=schedule.start == "now",
            life_s=schedule.life_s or None,
            kind=kind,
        )
        if isinstance(target, SlaProbe):
            settings = settings._replace(
                port=target.port, source_port=target.source_port, control=target.control != "disable"
            )
        if isinstance(target, SlaJitter):
            settings = _of_jitter(settings, target)
        found[number] = settings
    return found


def measured(operation: SlaOperation) -> tuple[str, SlaEcho | SlaProbe | None]:
    """What an operation measures, by IOS's word, and whereto."""
    kinds: tuple[tuple[str, SlaEcho | SlaProbe | None], ...] = (
        ("udp-jitter", operation.udp_jitter),
        ("udp-echo", operation.udp_echo),
        ("tcp-connect", operation.tcp_connect),
    )
    return next((each for each in kinds if each[1] is not None), ("icmp-echo", operation.echo))


def _of_jitter(settings: OperationSettings, jitter: SlaJitter) -> OperationSettings:
    packets, interval_ms = row_of(jitter)
    size = settings.data_size
    if size is None and jitter.codec is not None:
        size = CODEC_SIZES[jitter.codec]
    return settings._replace(packets=packets, interval_ms=interval_ms, data_size=size)


def row_of(jitter: SlaJitter) -> tuple[int, int]:
    """How many packets, and how many ms apart; a codec speaks for twenty seconds if nothing else is said."""
    if jitter.codec is None:
        return jitter.packets, jitter.interval_ms
    return jitter.codec_packets or _CODEC_PACKETS, jitter.interval_ms


def responder(config: Config) -> dict[str, ResponderSettings]:
    """`ip sla responder …`, if any of it is said."""
    sla = config.sla
    ports = [PermanentPort("udp-echo", *each) for each in sla.responder_udp]
    ports += [PermanentPort("tcp-connect", *each) for each in sla.responder_tcp]
    return {"": ResponderSettings(sla.responder, tuple(ports))} if sla.responder or ports else {}


def tracks(config: Config) -> dict[int, TrackSettings]:
    """Every `track N`, lists after what may be in them."""
    found = [
        TrackSettings(
            number, one.sla, one.interface, one.aspect or "state", one.delay_down_s, one.delay_up_s,
            Prefix.of(one.network, length_of(one.mask)) if one.network is not None and one.mask is not None else None,
            one.list, tuple(Member(each, *rest) for each, rest in sorted(one.objects.items())),
            one.threshold_up, one.threshold_down, one.default_state == "up" if one.stub else None,
        )
        for number, one in config.tracks.items()
    ]  # fmt: skip
    return {each.number: each for each in sorted(found, key=lambda each: each.list is not None)}


def discovery(config: Config, states: Iterable[InterfaceState]) -> dict[tuple[str, str], DiscoverySettings]:
    """CDP and LLDP on every port where they are wanted, by protocol and interface."""
    name = f"{config.hostname}.{config.domain_name}" if config.domain_name else config.hostname
    ports = [state for state in states if state.port is not None]
    chassis = Ident(lldp.CHASSIS_MAC, min((state.burnt_in for state in ports), default=bytes(6)))
    found: dict[tuple[str, str], DiscoverySettings] = {}
    for state in ports:
        interface = config.interfaces.get(state.name)
        if interface is None:
            continue
        wishes = interface.discovery
        addresses = (state.address.address,) if state.address is not None else ()
        if config.cdp.run and wishes.cdp:
            says = Cdp(
                name, state.name, config.cdp.hold_s, f"cisco {MODEL}", cdp.ROUTER, DESCRIPTION,
                addresses, addresses, full_duplex=True,
            )  # fmt: skip
            found[CDP, state.name] = DiscoverySettings(
                state.name, state.mac, says, config.cdp.timer_s, config.cdp.hold_s
            )
        if config.lldp.run and (wishes.lldp_transmit or wishes.lldp_receive):
            port = Ident(lldp.PORT_NAME, short(state.name).encode())
            told = Lldp(
                chassis, port, config.lldp.hold_s, interface.description or state.name, name, DESCRIPTION,
                (lldp.BRIDGE | lldp.ROUTER, lldp.ROUTER), addresses,
            )  # fmt: skip
            found[LLDP, state.name] = DiscoverySettings(
                state.name, state.mac, told, config.lldp.timer_s, config.lldp.hold_s,
                wishes.lldp_transmit, wishes.lldp_receive,
            )  # fmt: skip
    return found


def ntp(config: Config) -> dict[str, NtpSettings]:
    """`ntp …`, if there is anything of it to do."""
    wishes = config.ntp
    if not wishes.servers and not wishes.master:
        return {}
    servers = tuple(
        ServerSettings(
            address, one.prefer, one.source, one.version,
            one.minpoll or ServerSettings._field_defaults["min_poll"],
            max(one.maxpoll or ServerSettings._field_defaults["max_poll"], one.minpoll or 0),
        )
        for address, one in wishes.servers.items()
    )  # fmt: skip
    return {"": NtpSettings(servers, wishes.master_stratum if wishes.master else None, wishes.source)}


def zone(config: Config) -> ZoneSettings:
    """`clock timezone`, `clock summer-time`."""
    named, summer = config.clock.zone, config.clock.summer
    found = ZoneSettings()
    if named is not None:
        minutes = (named.minutes or 0) * (1 if named.hours >= 0 else -1)
        found = found._replace(name=named.name, offset_min=named.hours * 60 + minutes)
    if summer is not None:
        found = found._replace(summer=summer.zone, summer_min=summer.offset_min)
        if summer.start is not None:
            found = found._replace(starts=_turn(summer, "start"), ends=_turn(summer, "end"))
    return found


def _turn(summer: SummerTime, which: str) -> Turn:
    hour, _, minute = getattr(summer, which).partition(":")
    week, day, month = (getattr(summer, f"{which}_{part}") for part in ("week", "day", "month"))
    return Turn(week, day, month, int(hour) * 60 + int(minute))
