"""What this process costs, as the host counts it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from iosh.base.time import SECOND
from iosh.underlay.linux import figures as module
from iosh.underlay.linux.figures import ProcessFigures


class Clocks:
    """Clocks that stand until told to go."""

    wall = cpu = 7 * SECOND

    def monotonic_ns(self) -> int:
        return self.wall

    def process_time_ns(self) -> int:
        return self.cpu

    def go(self, span: int, spent: int) -> None:
        self.wall += span
        self.cpu += spent


@pytest.fixture
def clocks(monkeypatch: Any) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(module, "time", made)
    return made


def test_a_load_is_what_was_spent_over_each_span(clocks: Clocks) -> None:
    figures = ProcessFigures()
    for _ in range(60):  # five minutes at a tenth
        clocks.go(5 * SECOND, SECOND // 2)
        figures.look()
    for _ in range(11):  # most of a minute at a half
        clocks.go(5 * SECOND, 5 * SECOND // 2)
        figures.look()
    clocks.go(5 * SECOND, 5 * SECOND)
    load = figures.load()
    assert load.five_s == 10_000
    assert load.one_min == (11 * 5000 + 10_000) // 12
    assert load.five_min == (48 * 1000 + 11 * 5000 + 10_000) // 60


def test_a_process_nobody_watched_has_the_load_since_it_began(clocks: Clocks) -> None:
    figures = ProcessFigures()
    clocks.go(20 * SECOND, SECOND)
    assert figures.load() == (500, 500, 500)


def test_looks_within_a_second_are_one(clocks: Clocks) -> None:
    figures = ProcessFigures()
    clocks.go(SECOND // 10, SECOND // 10)
    assert figures.load() == (0, 0, 0)  # too soon to say


def test_the_past_is_kept_by_seconds_and_minutes(clocks: Clocks) -> None:
    figures = ProcessFigures()
    for share in (1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5):  # a minute, then five seconds at the whole
        clocks.go(5 * SECOND, share * SECOND)
        figures.look()
    past = figures.history(0)
    assert past.seconds == (10_000,) * 5 + (2000,) * 50 + (4000,) * 5
    assert past.minutes == ((13 * 10_000 // 60, 4000),) and past.hours == ()


def test_memory_is_within_what_the_machine_has() -> None:
    memory = ProcessFigures().memory()
    assert 0 < memory.used <= memory.most < memory.total


def test_the_watch_looks_until_it_is_cancelled(clocks: Clocks) -> None:
    figures = ProcessFigures()

    async def story() -> None:
        clocks.go(10 * SECOND, SECOND)
        watch = asyncio.create_task(figures.watch())
        await asyncio.sleep(0)
        watch.cancel()

    asyncio.run(story())
    clocks.go(SECOND // 2, SECOND // 2)
    assert figures.load() == (1000, 1000, 1000)
