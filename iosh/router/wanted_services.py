"""From the configuration to what the services are told: `ip sla`, `track`, `cdp`, `lldp`, `ntp`, `clock`."""

from __future__ import annotations

from collections.abc import Iterable

from iosh.base.addr import Prefix, length_of
from iosh.base.interface_name import short
from iosh.config.model import Config
from iosh.config.model_services import SlaSchedule, SummerTime
from iosh.proto.discovery.machine import CDP, LLDP, DiscoverySettings
from iosh.proto.ntp.machine import NtpSettings, ServerSettings
from iosh.proto.sla.echo import EchoSettings
from iosh.proto.track.machine import Member, TrackSettings
from iosh.router.civil import Turn, ZoneSettings
from iosh.router.interfaces import InterfaceState
from iosh.router.product import DESCRIPTION, MODEL
from iosh.wire import cdp, lldp
from iosh.wire.cdp import Cdp
from iosh.wire.lldp import Ident, Lldp

_WAITING = SlaSchedule()


def operations(config: Config) -> dict[int, EchoSettings]:
    """Every `ip sla N` that says what it is to do."""
    found = {}
    for number, operation in config.sla.operations.items():
        echo = operation.echo
        if echo is None:
            continue
        schedule = config.sla.schedules.get(number, _WAITING)
        found[number] = EchoSettings(
            number,
            echo.destination,
            echo.source_ip,
            echo.source_interface,
            operation.request_data_size,
            operation.tos,
            operation.threshold_ms,
            operation.timeout_ms,
            operation.frequency_s,
            scheduled=schedule.start == "now",
            life_s=schedule.life_s or None,
        )
    return found


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
