"""A console on a real router with idle ports, in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant
from iosh.cli.console import Console
from iosh.cli.load import load
from iosh.router.ports import MemoryStorage
from iosh.router.router import Router

EPOCH_S = 1_700_000_000


class IdlePort:
    """A port with a cable to nobody."""

    carrier = True

    def __init__(self, mac: bytes) -> None:
        self.mac = mac
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def send(self, frames: Sequence[bytes]) -> None:
        """Into the void."""

    def hear(self, mac: bytes) -> None:
        """Nobody speaks."""


class Desk:
    """Types at a console and remembers what it wrote."""

    def __init__(self, startup: str = "", ports: int | Sequence[str] = 3, line: str = "con0") -> None:
        names = [f"GigabitEthernet{number}" for number in range(1, ports + 1)] if isinstance(ports, int) else ports
        self._ports = {name: IdlePort(bytes([2, 0, 0, 0, 0, number])) for number, name in enumerate(names, 1)}
        self.storage = MemoryStorage()
        self.now: Instant = 0
        self.router: Any = None
        self.boot(startup)
        self.written: list[str] = []
        self.console = Console(self, line, self.written.append)

    def boot(self, startup: str) -> None:
        config, complaints = load(startup, list(self._ports))
        assert complaints == []
        self.router = Router(config, self._ports, self.storage, Rng(1), self.now, EPOCH_S)

    def type(self, line: str) -> str:
        """One line; what was written until it was done."""
        self.written.clear()
        self.now += SECOND
        self.run(self.now)
        self.taken = self.console.feed(line, self.now)
        while self.console.busy:
            due = self.router.due()
            assert due is not None
            self.run(due)
        return "".join(self.written)

    def types(self, *lines: str) -> str:
        """Several lines; what the last one wrote."""
        return [self.type(line) for line in lines][-1]

    def run(self, until: Instant) -> None:
        while (due := self.router.due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.router.wake(self.now)
        self.now = max(self.now, until)


@pytest.fixture
def desk() -> Callable[..., Desk]:
    return Desk
