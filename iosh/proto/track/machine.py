"""A tracked object: up or down as what it watches, after the delays of `delay up|down`.

It is told what is observed, as often as anybody likes; a change that lasts as long as its delay becomes the object's
own (`TrackChanged`, `%TRACK-6-STATE`), one that does not was never there. Not here: lists of objects, thresholds.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from iosh.base.time import SECOND, Instant
from iosh.proto.machine import Desk

_DELAY = "delay"
_WORDS = ("Down", "Up")


class TrackSettings(NamedTuple):
    """One object: what it watches (an operation of IP SLA, or an interface; which aspect of it), and the delays."""

    number: int
    sla: int | None = None
    interface: str | None = None
    aspect: str = "state"
    delay_down_s: int = 0
    delay_up_s: int = 0

    @property
    def title(self) -> str:
        """As logs name it: `ip sla 1 reachability`."""
        return (
            f"ip sla {self.sla} {self.aspect}" if self.sla is not None else f"interface {self.interface} {self.aspect}"
        )


class TrackChanged(NamedTuple):
    """The object went up or down."""

    number: int
    up: bool


class Track:
    """One object. It begins as what is observed at that moment, without a word."""

    def __init__(self, settings: TrackSettings, desk: Desk, up: bool, now: Instant) -> None:
        self.settings = settings
        self.up = up
        self.changes = int(up)
        self.changed = now
        self._desk = desk

    def settle(self, settings: TrackSettings, now: Instant) -> bool:
        """Other delays are for the next change; another thing to watch is another object."""
        had, self.settings = self.settings, settings
        return had._replace(delay_down_s=0, delay_up_s=0) == settings._replace(delay_down_s=0, delay_up_s=0)

    def observed(self, up: bool, now: Instant) -> None:
        """What it watches is up, or is not."""
        if up == self.up:
            self._desk.no_ring(_DELAY)
            return
        delay_s = self.settings.delay_up_s if up else self.settings.delay_down_s
        if not delay_s:
            self._change(now)
        elif self._desk.rings_at(_DELAY) is None:
            self._desk.ring_at(_DELAY, now + delay_s * SECOND)

    @property
    def changes_at(self) -> Instant | None:
        """When a change that waits for its delay will be true; None: none waits."""
        return self._desk.rings_at(_DELAY)

    def wake(self, name: Hashable, now: Instant) -> None:
        """The change lasted."""
        self._change(now)

    def stop(self, now: Instant) -> None:
        """No longer wanted."""
        self._desk.no_ring(_DELAY)

    def _change(self, now: Instant) -> None:
        s, before = self.settings, _WORDS[self.up]
        self.up = not self.up
        self.changes += 1
        self.changed = now
        self._desk.report("TRACK", 6, "STATE", f"{s.number} {s.title} {before} -> {_WORDS[self.up]}")
        self._desk.put(TrackChanged(s.number, self.up))
