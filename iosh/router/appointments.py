"""What is to be done at a time the operator named: a reload at midnight, taking a change back in ten minutes.

An appointment is a named deadline of the router, as those of its machines are; making one again moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from iosh.base.time import Instant
from iosh.proto.machine import Desk

Errand = Callable[[Instant], None]


class ReloadPlan(NamedTuple):
    """A reload the operator ordered for later."""

    at: Instant
    by: str
    reason: str


class Appointments:
    """One router's appointments, by name; forgotten at a reload."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._errands: dict[Hashable, Errand] = {}

    def make(self, name: str, at: Instant, errand: Errand) -> None:
        """Have `errand(now)` done at `at`."""
        self._errands[name] = errand
        self._desk.ring_at(name, at)

    def cancel(self, name: str) -> None:
        """Forget one; no harm if there is none."""
        self._errands.pop(name, None)
        self._desk.no_ring(name)

    def when(self, name: str) -> Instant | None:
        """When it is due, or None."""
        return self._desk.rings_at(name)

    def wake(self, name: Hashable, now: Instant) -> None:
        """It is due."""
        self._errands.pop(name)(now)
