"""The one place randomness comes from. An `Rng` is forked by label, so that an extra draw in one part of a
router never disturbs another; a seeded one repeats exactly, one on the operating system's entropy never does.
"""

from __future__ import annotations

import hashlib
import os


class Rng:
    """Deterministic bytes from a seed: BLAKE2b in counter mode. A few hundred bytes of memory each."""

    __slots__ = ("_count", "_key", "_rest")

    seeded = True

    def __init__(self, seed: bytes | int | str = 0) -> None:
        self._key = hashlib.blake2b(repr(seed).encode(), digest_size=32, person=b"iosh-rng").digest()
        self._count = 0
        self._rest = b""

    def fork(self, label: str) -> Rng:
        """An independent stream named `label`; the same label always gives the same stream."""
        child = Rng.__new__(Rng)
        child._key = hashlib.blake2b(label.encode(), digest_size=32, key=self._key).digest()
        child._count = 0
        child._rest = b""
        return child

    def bytes(self, size: int) -> bytes:
        """`size` random bytes."""
        have = self._rest
        while len(have) < size:
            have += hashlib.blake2b(self._count.to_bytes(8, "big"), key=self._key).digest()
            self._count += 1
        self._rest = have[size:]
        return have[:size]

    def below(self, bound: int) -> int:
        """A number in `range(bound)`, unbiased beyond 2**-64."""
        return int.from_bytes(self.bytes(bound.bit_length() // 8 + 9), "big") % bound

    def between(self, low: int, high: int) -> int:
        """A number in `low..high`, both included."""
        return low + self.below(high - low + 1)


class OsRng(Rng):
    """The operating system's entropy, for routers on real wires. Forks are independent by nature."""

    __slots__ = ()

    seeded = False

    def __init__(self) -> None:
        super().__init__(0)

    def fork(self, label: str) -> Rng:
        return self

    def bytes(self, size: int) -> bytes:
        return os.urandom(size)
