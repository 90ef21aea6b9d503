"""Stateless cookies (RFC 7296 section 2.6): whoever floods with forged addresses gets nothing remembered.

cookie = version | HMAC-SHA256(secret of that version, Ni | peer address and port | SPIi), cut to 16 bytes. The secret
changes every so often; the one before it is still taken.
"""

from __future__ import annotations

import hmac
from typing import Final

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import SECOND, Instant

_SECRET_LIFE: Final = 150 * SECOND
_SIZE: Final = 16


class Cookies:
    """The secrets; a cookie is made and checked without any other memory."""

    __slots__ = ("_born", "_rng", "_secrets", "_version")

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._secrets: dict[int, bytes] = {}
        self._version = 0
        self._born: Instant = 0

    def make(self, nonce: bytes, remote: IPv4, port: int, spi: int, now: Instant) -> bytes:
        """The cookie this initiator must bring back."""
        self._renew(now)
        return self._cookie(self._version, nonce, remote, port, spi)

    def check(self, cookie: bytes, nonce: bytes, remote: IPv4, port: int, spi: int, now: Instant) -> bool:
        """Is this one of ours, made for this initiator not long ago?"""
        self._renew(now)
        version = cookie[0] if cookie else -1
        if version not in self._secrets:
            return False
        return hmac.compare_digest(cookie, self._cookie(version, nonce, remote, port, spi))

    def _renew(self, now: Instant) -> None:
        if self._secrets and now - self._born < _SECRET_LIFE:
            return
        previous = self._version
        kept = {previous: self._secrets[previous]} if previous in self._secrets else {}
        self._version = (previous + 1) % 256
        self._secrets = {**kept, self._version: self._rng.bytes(32)}
        self._born = now

    def _cookie(self, version: int, nonce: bytes, remote: IPv4, port: int, spi: int) -> bytes:
        data = nonce + remote.packed + port.to_bytes(2, "big") + spi.to_bytes(8, "big")
        return bytes((version,)) + hmac.digest(self._secrets[version], data, "sha256")[:_SIZE]
