"""A cursor over received bytes. Every decoder reads through one, so a short message is `Malformed` and nothing else."""

from __future__ import annotations

from struct import Struct
from typing import Any

from iosh.base.errors import Malformed


class Reader:
    """Takes bytes from the front. `place` names the protocol, and goes into `Malformed` as it stands."""

    __slots__ = ("_at", "_data", "_end", "place")

    def __init__(self, data: bytes, place: str) -> None:
        self._data = data
        self._at = 0
        self._end = len(data)
        self.place = place

    @property
    def left(self) -> int:
        """How many bytes have not been taken."""
        return self._end - self._at

    def unpack(self, layout: Struct) -> tuple[Any, ...]:
        """The fields of a fixed layout."""
        at = self._at
        if at + layout.size > self._end:
            raise Malformed(self.place, self._end - at)
        self._at = at + layout.size
        return layout.unpack_from(self._data, at)

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        at = self._at
        if size < 0 or at + size > self._end:
            raise Malformed(self.place, self._end - at)
        self._at = at + size
        return self._data[at : self._at]

    def rest(self) -> bytes:
        """All that is left."""
        at = self._at
        self._at = self._end
        return self._data[at : self._end]

    def refuse(self, why: str) -> Malformed:
        """The `Malformed` to raise for bytes that are there and wrong: `raise r.refuse("version")`."""
        return Malformed(f"{self.place} {why}", self._end - self._at)
