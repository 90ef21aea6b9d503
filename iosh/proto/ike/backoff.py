"""How long to leave a peer alone that refused us: 1, 2, 4 … 32 seconds after one, two, three … failures in a row."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from iosh.base.time import SECOND, Instant

_MOST_S: Final = 32
_FORGOTTEN: Final = 300 * SECOND  # a failure so long ago no longer counts
_KEPT: Final = 4096


class Backoff:
    """Failures in a row by peer. What nobody asked about for long is dropped when the table is full."""

    __slots__ = ("_failures",)

    def __init__(self) -> None:
        self._failures: dict[Hashable, tuple[int, Instant]] = {}

    def failed(self, key: Hashable, now: Instant) -> None:
        """Once more in vain."""
        count, until = self._failures.pop(key, (0, now))
        count = 1 if now - until > _FORGOTTEN else count + 1
        self._failures[key] = count, now + min(1 << min(count - 1, 16), _MOST_S) * SECOND
        if len(self._failures) > _KEPT:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, key: Hashable) -> None:
        """The next failure is the first again."""
        self._failures.pop(key, None)

    def until(self, key: Hashable) -> Instant:
        """When another try may begin."""
        return self._failures[key][1] if key in self._failures else 0

    def clear(self) -> None:
        """Something changed that may help: everybody may try at once."""
        self._failures.clear()
