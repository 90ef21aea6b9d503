"""What protects an IKE SA once it is negotiated: the pseudo-random function and the seal of one direction.

AES-CBC with HMAC (RFC 7296 section 3.14) and AES-GCM with a 16-byte tag (RFC 5282). Both work on whole messages:
`head` is everything before the IV with its lengths final, and is authenticated with the rest.
"""

from __future__ import annotations

import hmac
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iosh.base.errors import ProtocolError
from iosh.base.rng import Rng
from iosh.proto.ike import settings
from iosh.proto.ike.settings import Cipher

_BLOCK: Final = 16
_SALT: Final = 4
_IV: Final = 8
_TAG: Final = 16
_PRF_HASHES: Final = {
    settings.PRF_SHA1: ("sha1", 20),
    settings.PRF_SHA256: ("sha256", 32),
    settings.PRF_SHA384: ("sha384", 48),
    settings.PRF_SHA512: ("sha512", 64),
}
_CHECKS: Final = {
    settings.INTEG_SHA1_96: ("sha1", 20, 12),
    settings.INTEG_SHA256_128: ("sha256", 32, 16),
    settings.INTEG_SHA384_192: ("sha384", 48, 24),
    settings.INTEG_SHA512_256: ("sha512", 64, 32),
}


class IkeSuite(NamedTuple):
    """The algorithms of one IKE SA."""

    cipher: Cipher
    integrity: int
    prf: int
    group: int


class NotAuthentic(ProtocolError):
    """An encrypted message whose integrity check fails: dropped, never answered."""

    def __init__(self) -> None:
        super().__init__("integrity check failed")


def prf(algorithm: int, key: bytes, data: bytes) -> bytes:
    """The negotiated pseudo-random function: HMAC."""
    return hmac.digest(key, data, _PRF_HASHES[algorithm][0])


def prf_size(algorithm: int) -> int:
    """Preferred key length and output length of a PRF, bytes."""
    return _PRF_HASHES[algorithm][1]


def encryption_key_size(cipher: Cipher) -> int:
    """Bytes of SK_e, salt included."""
    return cipher.key_bits // 8 + (_SALT if cipher.id == settings.ENCR_AES_GCM_16 else 0)


def integrity_key_size(integrity: int) -> int:
    """Bytes of SK_a; 0 where the cipher authenticates by itself."""
    return _CHECKS[integrity][1] if integrity else 0


class Seal(Protocol):
    """One direction's protection."""

    def size(self, plain: int) -> int:
        """Bytes of IV, ciphertext and integrity check for so many bytes of payloads."""

    def largest(self, room: int) -> int:
        """How many bytes of payloads fit when IV, ciphertext and check may take `room`."""

    def seal(self, head: bytes, plain: bytes, rng: Rng) -> bytes:
        """The whole message."""

    def open(self, head: bytes, sealed: bytes) -> bytes:
        """The payloads; `NotAuthentic` otherwise."""


def make_seal(suite: IkeSuite, encryption_key: bytes, integrity_key: bytes) -> Seal:
    """The seal of one direction."""
    if suite.cipher.id == settings.ENCR_AES_GCM_16:
        return GcmSeal(encryption_key)
    return CbcSeal(encryption_key, suite.integrity, integrity_key)


class CbcSeal:
    """AES-CBC, then HMAC over header, IV and ciphertext."""

    __slots__ = ("_check", "_hash", "_integrity_key", "_key")

    def __init__(self, key: bytes, integrity: int, integrity_key: bytes) -> None:
        self._key = algorithms.AES(key)
        self._integrity_key = integrity_key
        self._hash, _, self._check = _CHECKS[integrity]

    def size(self, plain: int) -> int:
        return _BLOCK + plain + 1 + -(plain + 1) % _BLOCK + self._check

    def largest(self, room: int) -> int:
        inside = room - _BLOCK - self._check
        return inside - inside % _BLOCK - 1

    def seal(self, head: bytes, plain: bytes, rng: Rng) -> bytes:
        padding = -(len(plain) + 1) % _BLOCK
        iv = rng.bytes(_BLOCK)
        encryptor = BlockCipher(self._key, modes.CBC(iv)).encryptor()
        message = head + iv + encryptor.update(plain + bytes(padding) + bytes((padding,)))
        return message + hmac.digest(self._integrity_key, message, self._hash)[: self._check]

    def open(self, head: bytes, sealed: bytes) -> bytes:
        at = len(sealed) - self._check
        if at < 2 * _BLOCK or at % _BLOCK:
            raise NotAuthentic
        expected = hmac.digest(self._integrity_key, head + sealed[:at], self._hash)[: self._check]
        if not hmac.compare_digest(expected, sealed[at:]):
            raise NotAuthentic
        decryptor = BlockCipher(self._key, modes.CBC(sealed[:_BLOCK])).decryptor()
        return _without_padding(decryptor.update(sealed[_BLOCK:at]))


class GcmSeal:
    """AES-GCM; the header is additional data, the explicit IV counts up and never repeats under a key."""

    __slots__ = ("_aead", "_count", "_salt")

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key[:-_SALT])
        self._salt = key[-_SALT:]
        self._count = 0

    def size(self, plain: int) -> int:
        return _IV + plain + 1 + _TAG

    def largest(self, room: int) -> int:
        return room - _IV - _TAG - 1

    def seal(self, head: bytes, plain: bytes, rng: Rng) -> bytes:
        self._count += 1
        iv = self._count.to_bytes(_IV, "big")
        return head + iv + self._aead.encrypt(self._salt + iv, plain + b"\0", head)

    def open(self, head: bytes, sealed: bytes) -> bytes:
        if len(sealed) < _IV + _TAG + 1:
            raise NotAuthentic
        try:
            return _without_padding(self._aead.decrypt(self._salt + sealed[:_IV], sealed[_IV:], head))
        except InvalidTag:
            raise NotAuthentic from None


def _without_padding(padded: bytes) -> bytes:
    size = padded[-1] + 1
    if size > len(padded):
        raise NotAuthentic
    return padded[:-size]
