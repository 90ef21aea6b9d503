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
from iosh.router.ports import Load, Memory

_EVERY: Final = 5 * SECOND
_SPANS: Final = (5 * SECOND, 60 * SECOND, 300 * SECOND)
_STATM: Final = Path("/proc/self/statm")


class ProcessFigures:
    """The figures of the process we run in, however many routers it carries."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, int]] = deque([(time.monotonic_ns(), time.process_time_ns())], maxlen=301)

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
        if now - self._looks[-1][0] >= SECOND:
            self._looks.append((now, time.process_time_ns()))

    async def watch(self) -> None:
        """Look again and again; cancelled by whoever started it."""
        import asyncio  # with the event loop, not before the first prompt

        while True:
            self.look()
            await asyncio.sleep(_EVERY / SECOND)
