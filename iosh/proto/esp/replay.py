"""The anti-replay window of an inbound SA (RFC 4303 section 3.4.3), as a ring of sequence numbers.

Slot `n % size` holds the last accepted number with that remainder. Inside the window every remainder occurs once, so
"seen" is one comparison, and moving the window forward moves nothing. `size` is a power of two, as IOS's 64 to 1024.
"""

from __future__ import annotations

from array import array
from typing import Final

SIZES: Final = (64, 128, 256, 512, 1024)


class ReplayWindow:
    """Which sequence numbers were accepted. Ask `is_fresh`, verify the packet, then `accept`."""

    __slots__ = ("_mask", "_ring", "size", "top")

    def __init__(self, size: int = 64) -> None:
        if size not in SIZES:
            raise ValueError(f"no such replay window: {size}")
        self.size = size
        self.top = 0
        self._mask = size - 1
        self._ring = array("I", [0]) * size

    def is_fresh(self, sequence: int) -> bool:
        """Is it neither seen, nor left of the window, nor zero? An unverified number may be asked about."""
        return sequence > self.top - self.size and self._ring[sequence & self._mask] != sequence

    def accept(self, sequence: int) -> None:
        """The packet was verified: remember the number, move the window if it leads."""
        self._ring[sequence & self._mask] = sequence
        if sequence > self.top:
            self.top = sequence

    def accept_run(self, first: int, count: int) -> None:
        """The packets with numbers from `first` on, all beyond the window, were verified."""
        size, end = self.size, first + count
        start = max(first, end - size)
        ring, at = array("I", range(start, end)), start & self._mask
        before = min(end - start, size - at)
        self._ring[at : at + before] = ring[:before]
        self._ring[: len(ring) - before] = ring[before:]
        self.top = end - 1
