"""From the configuration to what the services are told: `ip sla`, `track`."""

from __future__ import annotations

from iosh.config.model import Config
from iosh.config.model_services import SlaSchedule
from iosh.proto.sla.echo import EchoSettings
from iosh.proto.track.machine import TrackSettings

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
