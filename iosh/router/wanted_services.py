"""From the configuration to what the services are told: `ip sla`, `track`, `cdp`, `lldp`."""

from __future__ import annotations

from collections.abc import Iterable

from iosh.base.interface_name import short
from iosh.config.model import Config
from iosh.config.model_services import SlaSchedule
from iosh.proto.discovery.machine import CDP, LLDP, DiscoverySettings
from iosh.proto.sla.echo import EchoSettings
from iosh.proto.track.machine import TrackSettings
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
    """Every `track N`."""
    return {
        number: TrackSettings(number, one.sla, one.interface, one.aspect or "state", one.delay_down_s, one.delay_up_s)
        for number, one in config.tracks.items()
        if one.sla is not None or one.interface is not None
    }


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
