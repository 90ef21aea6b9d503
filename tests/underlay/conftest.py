"""Nodes to look at a simulated world with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from iosh.base.time import Instant
from iosh.underlay.sim.world import SimPort, World


class Witness:
    """A node that writes down what it is told, and wakes when asked to."""

    def __init__(self) -> None:
        self.heard: list[tuple[Instant, str, bytes]] = []
        self.batches: list[int] = []
        self.carriers: list[tuple[Instant, str, bool]] = []
        self.woken: list[Instant] = []
        self.alarms: list[Instant] = []

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        self.batches.append(len(frames))
        self.heard += [(now, port, frame) for frame in frames]

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        self.carriers.append((now, port, up))

    def wake(self, now: Instant) -> None:
        self.woken.append(now)
        self.alarms = [alarm for alarm in self.alarms if alarm > now]

    def due(self) -> Instant | None:
        return min(self.alarms, default=None)


Placed = Callable[[World, str], tuple[SimPort, Witness]]


@pytest.fixture
def witness() -> Placed:
    """A world and a name to a port `e0` and the witness behind it."""

    def place(world: World, name: str) -> tuple[SimPort, Witness]:
        node = Witness()
        world.place(name, node)
        return world.port(name, "e0"), node

    return place
