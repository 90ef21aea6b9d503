"""Who holds configuration mode for himself: `configuration mode exclusive auto`, or `configure terminal lock`. Whoever
leaves the mode, or the line, gives it back.
"""

from __future__ import annotations

from iosh.base.time import Instant
from iosh.router.lines import Seat


class ConfigLock:
    """The lock of one router's configuration mode."""

    __slots__ = ("holder", "since")

    def __init__(self) -> None:
        self.holder: Seat | None = None
        self.since: Instant = 0

    def take(self, seat: Seat, now: Instant) -> None:
        """Nobody but this one may configure."""
        self.holder, self.since = seat, now

    def release(self, seat: Seat) -> None:
        """Give it back, if it is his."""
        if self.holder is seat:
            self.holder = None

    def held_from(self, seat: Seat) -> Seat | None:
        """Who holds it, if it is another."""
        return None if self.holder is seat else self.holder
