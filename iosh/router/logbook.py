"""The logbook: syslog messages and debug lines get their time stamp, are kept in the logging buffer (bounded in
bytes, as `logging buffered N`) and are handed to whoever listens: consoles, sessions with `terminal monitor`.

Here is no judgement of which listener shows what: the listener is given the severity and decides.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from iosh.base.calendar import MONTHS, moment
from iosh.base.record import DebugLine, Syslog
from iosh.base.time import Instant
from iosh.base.time import clock as span_text
from iosh.router.civil import CivilClock

DEBUGGING: Final = 7

Listener = Callable[[str, int, bool], None]  # line, severity, is it debug output


class LogSettings(NamedTuple):
    """What the configuration says of logging. Levels: None is off."""

    timestamps_log: str | None = "datetime msec"
    timestamps_debug: str | None = "datetime msec"
    buffered_bytes: int = 4096
    buffered_level: int | None = DEBUGGING


class Logbook:
    """One router's log. `lines` is the buffer, oldest first; `logged` counts messages since boot by severity."""

    __slots__ = ("_listeners", "_size", "clock", "counts", "lines", "settings", "started")

    def __init__(self, clock: CivilClock, started: Instant, settings: LogSettings) -> None:
        self.clock = clock
        self.started = started
        self.settings = settings
        self.lines: deque[str] = deque()
        self.counts = [0] * (DEBUGGING + 1)
        self._size = 0
        self._listeners: list[Listener] = []

    def record(self, entry: Syslog | DebugLine, now: Instant) -> None:
        """Stamp an entry, keep it, tell the listeners."""
        if isinstance(entry, DebugLine):
            severity, style, is_debug = DEBUGGING, self.settings.timestamps_debug, True
        else:
            severity, style, is_debug = entry.severity, self.settings.timestamps_log, False
        line = self._stamp(style, now) + str(entry)
        self.counts[severity] += 1
        if self.settings.buffered_level is not None and severity <= self.settings.buffered_level:
            self._keep(line)
        for listener in tuple(self._listeners):
            listener(line, severity, is_debug)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(line, severity, is_debug)` for every entry from now on."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Stop calling `listener`; no harm if it never listened."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def clear(self) -> None:
        """`clear logging`."""
        self.lines.clear()
        self._size = 0

    def settle(self, settings: LogSettings) -> None:
        """New wishes: a smaller buffer drops its oldest lines."""
        self.settings = settings
        self._trim()

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        self._size += len(line) + 1
        self._trim()

    def _trim(self) -> None:
        while self._size > self.settings.buffered_bytes and self.lines:
            self._size -= len(self.lines.popleft()) + 1

    def _stamp(self, style: str | None, now: Instant) -> str:
        """`*Nov 23 04:53:53.123: `; the star says that nobody has set the clock."""
        if style is None:
            return ""
        if style.startswith("uptime"):
            return f"{span_text(now - self.started)}: "
        at, zone = self.clock.local(now) if "localtime" in style else (moment(0, self.clock.utc_ns(now)), "UTC")
        time = at.time_text if "msec" in style else at.time_text[:-4]
        year = f" {at.year}" if "year" in style else ""
        named = f" {zone}" if "show-timezone" in style else ""
        return f"{self.clock.mark}{MONTHS[at.month - 1]} {at.day:>2}{year} {time}{named}: "
