"""Many packets of one length sealed or opened at once with AES-GCM: numpy lays out what the cipher is called with.

A `Sheet` has room for `MOST` packets whose padded plaintext is of one length. Sheets are kept by that length and shared
by all SAs: what is in one is good until the next packets of that length are sealed or opened.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iosh.wire import train
from iosh.wire.lines import Matrix, column, numbers
from iosh.wire.train import MOST

_HEADER: Final = 8  # SPI and sequence number
_IV: Final = 8
_ICV: Final = 16
_SALT: Final = 4
FRAME: Final = _HEADER + _IV + _ICV


class Sheet:
    """`plain` are padded plaintexts with their trailers, `sealed` the ESP packets."""

    def __init__(self, width: int) -> None:
        numpy = train.numpy
        self.plain: Matrix = numpy.zeros((MOST, width), numpy.uint8)
        self.sealed: Matrix = numpy.zeros((MOST, FRAME + width), numpy.uint8)
        self._nonces: Matrix = numpy.zeros((MOST, _SALT + _IV), numpy.uint8)
        self._plain_views = [memoryview(line) for line in self.plain]
        self._heads = [memoryview(line[:_HEADER]) for line in self.sealed]
        self._bodies = [memoryview(line[_HEADER + _IV :]) for line in self.sealed]
        self._nonce_views = [memoryview(line) for line in self._nonces]

    def seal(self, cipher: Any, salt: bytes, spi: int, first: int, count: int, trailer: bytes) -> bytes:
        """The first plaintexts as ESP packets, one after another, with sequence numbers from `first` on."""
        self.plain[:count, -len(trailer) :] = _bytes(trailer)
        sealed = self.sealed[:count]
        sealed[:, :4] = _bytes(spi.to_bytes(4, "big"))
        sealed[:, 8:12] = 0
        column(sealed, 4, 4)[:] = column(sealed, 12, 4)[:] = first + numbers(count)
        self._take_nonces(salt, count)
        nonces = self._nonce_views[:count]
        deque(map(cipher.encrypt_into, nonces, self._plain_views, self._heads, self._bodies), 0)
        packets: bytes = sealed.tobytes()
        return packets

    def open(self, cipher: Any, salt: bytes, packets: Matrix) -> None:
        """The plaintexts of ESP packets into `plain`; raises `InvalidTag` if one is not authentic."""
        count = len(packets)
        self.sealed[:count] = packets
        self._take_nonces(salt, count)
        nonces = self._nonce_views[:count]
        deque(map(cipher.decrypt_into, nonces, self._bodies, self._heads, self._plain_views), 0)

    def _take_nonces(self, salt: bytes, count: int) -> None:
        self._nonces[:count, :_SALT] = _bytes(salt)
        self._nonces[:count, _SALT:] = self.sealed[:count, _HEADER : _HEADER + _IV]


def can_have_sheets() -> bool:
    """Is numpy here, and a cipher that writes where it is told (cryptography 47)?"""
    return train.numpy is not None and hasattr(AESGCM, "encrypt_into")


@lru_cache(maxsize=16)
def sheet(width: int) -> Sheet:
    """The sheet for padded plaintexts of that length."""
    return Sheet(width)


def _bytes(data: bytes) -> Any:
    return train.numpy.frombuffer(data, train.numpy.uint8)
