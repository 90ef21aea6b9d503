"""`show logging`: where messages go, how many there were, and the buffer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from iosh.base.time import Instant
from iosh.show.registry import Show

LEVELS: Final = (
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
)


@dataclass(frozen=True, slots=True)
class Destination:
    """One place messages go to: the level that passes, None when off."""

    level: int | None
    messages: int


@dataclass(frozen=True, slots=True)
class Log:
    """The state of logging."""

    on: bool
    console: Destination
    monitor: Destination
    buffer: Destination
    buffer_bytes: int
    lines: tuple[str, ...]


def view(router: Any, now: Instant) -> Log:
    """Levels from the configuration, counts and lines from the logbook."""
    wanted = router.config.logging
    counts: list[int] = router.logbook.counts

    def passed(level: int | None) -> Destination:
        return Destination(level, 0 if level is None else sum(counts[: level + 1]))

    return Log(
        on=wanted.on,
        console=passed(wanted.console_level),
        monitor=Destination(wanted.monitor_level, 0),
        buffer=passed(wanted.buffered_level if wanted.buffered else None),
        buffer_bytes=wanted.buffered_bytes,
        lines=tuple(router.logbook.lines),
    )


def text(value: Log) -> Iterator[str]:
    """As IOS prints it."""
    yield (
        f"Syslog logging: {'enabled' if value.on else 'disabled'} (0 messages dropped, 0 messages rate-limited, "
        "0 flushes, 0 overruns, xml disabled, filtering disabled)"
    )
    yield ""
    yield "No Active Message Discriminator."
    yield from ("", "", "")
    yield "No Inactive Message Discriminator."
    yield from ("", "")
    for name, where in (("Console", value.console), ("Monitor", value.monitor)):
        if where.level is None:
            yield f"    {name} logging: disabled"
            continue
        yield f"    {name} logging: {_destination(where)}, xml disabled,"
        yield "                     filtering disabled"
    yield f"    Buffer logging:  {_destination(value.buffer)}, xml disabled,"
    yield "                    filtering disabled"
    yield "    Exception Logging: size (4096 bytes)"
    yield "    Count and timestamp logging messages: disabled"
    yield "    Persistent logging: disabled"
    yield ""
    yield "No active filter modules."
    yield ""
    yield "    Trap logging: level informational, 0 message lines logged"
    yield "        Logging Source-Interface:       VRF Name:"
    yield ""
    yield f"Log Buffer ({value.buffer_bytes} bytes):"
    yield ""
    for entry in value.lines:
        yield from entry.split("\n")


def _destination(value: Destination) -> str:
    if value.level is None:
        return "disabled"
    return f"level {LEVELS[value.level]}, {value.messages} messages logged"


SHOWS: Final = {"": Show(view, text)}
