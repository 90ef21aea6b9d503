"""Named deadlines: set, moved and stopped by name; ties ring in the order they were set."""

from __future__ import annotations

import heapq
from collections.abc import Hashable

from iosh.base.time import Instant

_COMPACT_FROM = 64


class Timers:
    """A heap of deadlines with lazy removal, compacted when stale entries outnumber live ones."""

    __slots__ = ("_at", "_count", "_heap")

    def __init__(self) -> None:
        self._at: dict[Hashable, tuple[Instant, int]] = {}
        self._heap: list[tuple[Instant, int, Hashable]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, name: Hashable, at: Instant) -> None:
        """Ring `name` at `at`; an earlier deadline of that name is replaced."""
        self._count += 1
        self._at[name] = at, self._count
        heapq.heappush(self._heap, (at, self._count, name))
        if len(self._heap) > _COMPACT_FROM and len(self._heap) > 2 * len(self._at):
            self._heap = [(when, count, key) for key, (when, count) in self._at.items()]
            heapq.heapify(self._heap)

    def stop(self, name: Hashable) -> None:
        """Forget `name`; no harm if it is not set."""
        self._at.pop(name, None)

    def when(self, name: Hashable) -> Instant | None:
        """When `name` will ring, or None."""
        entry = self._at.get(name)
        return entry[0] if entry else None

    def due(self) -> Instant | None:
        """The earliest deadline, or None."""
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][:2]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self, now: Instant) -> Hashable | None:
        """Take the next name whose deadline is not after `now`, or None."""
        at = self.due()
        if at is None or at > now:
            return None
        name = heapq.heappop(self._heap)[2]
        del self._at[name]
        return name
