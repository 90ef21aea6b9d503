"""Bad frames by the seed: mutations of good ones and noise, to be thrown at what must not break.

Most mutations leave the Ethernet header alone, or a router would drop everything at its first look; some repair the
IPv4 header checksum, so that the damage reaches what lies behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from iosh.base.rng import Rng
from iosh.wire.ipv4 import rewritten

_ETHERNET: Final = 14
_IPV4: Final = b"\x08\x00"
_LONGEST: Final = 2000
_EXTREMES: Final = (b"\x00", b"\xff", b"\x7f\xff", b"\x80\x00", b"\x00\x00", b"\xff\xff", b"\xff\xff\xff\xff", bytes(4))


class FrameMutator:
    """An endless supply of frames near those of a corpus of good ones. The same dice give the same frames."""

    def __init__(self, rng: Rng, corpus: Sequence[bytes]) -> None:
        if not corpus or not all(len(frame) >= _ETHERNET for frame in corpus):
            raise ValueError("a corpus of whole Ethernet frames is needed")
        self._rng = rng
        self._corpus = tuple(corpus)
        self._mutations = self._flip, self._cut, self._grow, self._overwrite, self._repeat, self._splice

    def frames(self, count: int) -> Iterator[bytes]:
        """So many of them."""
        for _ in range(count):
            yield self.frame()

    def frame(self) -> bytes:
        """One: noise behind a good header, or a good frame with one to four things wrong with it."""
        frame = self._pick()
        if self._rng.below(8) == 0:
            return frame[:_ETHERNET] + self._rng.bytes(self._rng.below(200))
        keep = 0 if self._rng.below(16) == 0 else _ETHERNET
        for _ in range(self._rng.between(1, 4)):
            frame = self._mutations[self._rng.below(len(self._mutations))](frame, min(keep, len(frame)))
        return _repaired(frame) if self._rng.below(2) else frame

    def _pick(self) -> bytes:
        return self._corpus[self._rng.below(len(self._corpus))]

    def _place(self, frame: bytes, keep: int) -> int:
        return keep + self._rng.below(len(frame) - keep + 1)

    def _flip(self, frame: bytes, keep: int) -> bytes:
        at = self._place(frame, keep)
        return frame[:at] + bytes(byte ^ 1 << self._rng.below(8) for byte in frame[at : at + 1]) + frame[at + 1 :]

    def _cut(self, frame: bytes, keep: int) -> bytes:
        return frame[: self._place(frame, keep)]

    def _grow(self, frame: bytes, keep: int) -> bytes:
        at = self._place(frame, keep)
        return (frame[:at] + self._rng.bytes(self._rng.between(1, 64)) + frame[at:])[:_LONGEST]

    def _overwrite(self, frame: bytes, keep: int) -> bytes:
        at = self._place(frame, keep)
        value = _EXTREMES[self._rng.below(len(_EXTREMES))]
        return frame[:at] + value + frame[at + len(value) :]

    def _repeat(self, frame: bytes, keep: int) -> bytes:
        start = self._place(frame, keep)
        piece = frame[start : self._place(frame, keep)]
        return (frame[:start] + piece * self._rng.between(1, 4) + frame[start:])[:_LONGEST]

    def _splice(self, frame: bytes, keep: int) -> bytes:
        other = self._pick()
        return (frame[: self._place(frame, keep)] + other[self._place(other, _ETHERNET) :])[:_LONGEST]


def _repaired(frame: bytes) -> bytes:
    """With a right IPv4 total length and header checksum, if it looks like IPv4."""
    packet = frame[_ETHERNET:]
    if frame[12:_ETHERNET] != _IPV4 or len(packet) < 20 or packet[0] >> 4 != 4:
        return frame
    size = (packet[0] & 15) << 2
    if not 20 <= size <= len(packet):
        return frame
    head = packet[:2] + len(packet).to_bytes(2, "big") + packet[4:size]
    return frame[:_ETHERNET] + rewritten(head) + packet[size:]
