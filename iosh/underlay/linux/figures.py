"""What this process costs: processor time and memory, as Linux counts them.

A load is reckoned between two looks, at least a second apart: the one that is at least as old as the span asked for
and the newest. `watch` looks every five seconds; without it a load is that since whoever last asked. A process that
uses two processors whole has a load of 200 %.
"""

from __future__ import annotations

import os
import resource
import time
from collections import deque
from pathlib import Path
from typing import Final

from iosh.base.time import SECOND, Span
from iosh.router.ports import History, Load, Memory, Peak

_EVERY: Final = 5 * SECOND
_SPANS: Final = (5 * SECOND, 60 * SECOND, 300 * SECOND)
_STATM: Final = Path("/proc/self/statm")


class _Record:
    """Minutes or hours that are over, the latest first: how busy on average, how busy at most."""

    def __init__(self, every: Span, most: int, now: int, spent: int) -> None:
        self.past: deque[Peak] = deque(maxlen=most)
        self._every = every
        self._began, self._had = now, spent
        self._highest = 0

    def note(self, now: int, spent: int, share: int) -> None:
        """`share`: how busy since the last look."""
        self._highest = max(self._highest, share)
        if now - self._began >= self._every:
            average = (spent - self._had) * 10_000 // (now - self._began)
            self.past.appendleft(Peak(average, self._highest))
            self._began, self._had, self._highest = now, spent, 0


class ProcessFigures:
    """The figures of the process we run in, however many routers it carries."""

    def __init__(self) -> None:
        now, spent = time.monotonic_ns(), time.process_time_ns()
        self._looks: deque[tuple[int, int]] = deque([(now, spent)], maxlen=301)
        self._minutes = _Record(60 * SECOND, 60, now, spent)
        self._hours = _Record(3600 * SECOND, 72, now, spent)

    def cpu_ns(self, uptime: Span) -> int:
        return time.process_time_ns()

    def load(self) -> Load:
        self.look()
        newest, spent = self._looks[-1]
        shares = []
        for span in _SPANS:
            then, had = next((look for look in reversed(self._looks) if newest - look[0] >= span), self._looks[0])
            shares.append((spent - had) * 10_000 // max(1, newest - then))
        return Load(*shares)

    def memory(self) -> Memory:
        page = os.sysconf("SC_PAGE_SIZE")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        try:
            used = int(_STATM.read_text().split()[1]) * page
        except OSError:  # no /proc: the most there ever was is what we know
            used = most
        return Memory(os.sysconf("SC_PHYS_PAGES") * page, used, max(most, used))

    def look(self) -> None:
        """Note how much was spent until now, unless that was done within a second."""
        now = time.monotonic_ns()
        then, had = self._looks[-1]
        if now - then >= SECOND:
            spent = time.process_time_ns()
            self._looks.append((now, spent))
            share = (spent - had) * 10_000 // (now - then)
            self._minutes.note(now, spent, share)
            self._hours.note(now, spent, share)

    def history(self, uptime: Span) -> History:
        """The last minute second by second: each as busy as the time between the looks around it."""
        self.look()
        looks, newest = list(self._looks), self._looks[-1][0]
        seconds: list[int] = []
        for (then, had), (now, spent) in zip(reversed(looks[:-1]), reversed(looks[1:]), strict=True):
            until = min(60, (newest - then) // SECOND)
            seconds += [(spent - had) * 10_000 // (now - then)] * (until - len(seconds))
        return History(tuple(seconds), tuple(self._minutes.past), tuple(self._hours.past))

    async def watch(self) -> None:
        """Look again and again; cancelled by whoever started it."""
        import asyncio  # with the event loop, not before the first prompt

        while True:
            self.look()
            await asyncio.sleep(_EVERY / SECOND)
