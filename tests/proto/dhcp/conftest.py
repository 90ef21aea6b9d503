"""A machine's desk and the time, for DHCP's machines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

import pytest

from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant
from iosh.base.timers import Timers
from iosh.proto.machine import Desk


class Bench:
    """Time, and what a machine put into its tray."""

    def __init__(self) -> None:
        self.tray: deque[tuple[Hashable, Any]] = deque()
        self.timers = Timers()
        self.now: Instant = 0
        self.desk = Desk("dhcp", self.tray, self.timers, Rng(1))

    def run(self, machine: Any, seconds: int) -> list[tuple[int, Any]]:
        """Let time pass; effects with the second they came at."""
        end = self.now + seconds * SECOND
        found = [(self.now // SECOND, effect) for effect in self.taken()]
        while (due := self.timers.due()) is not None and due <= end:
            name = self.timers.pop(due)
            assert isinstance(name, tuple)
            self.now = due
            machine.wake(name[1], due)
            found += [(due // SECOND, effect) for effect in self.taken()]
        self.now = end
        return found

    def taken(self) -> list[Any]:
        """What the machine has asked for since."""
        effects = [effect for _, effect in self.tray]
        self.tray.clear()
        return effects


@pytest.fixture
def bench() -> Callable[[], Bench]:
    return Bench
