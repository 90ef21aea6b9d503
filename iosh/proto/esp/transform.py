"""How a suite turns plain bytes into protected ones and back: the cryptography inside an SA, with its keys.

A sealer gets the ESP header, the sequence number and the padded plaintext and returns the whole packet. An opener
gets the whole packet and returns the padded plaintext, or None if the ICV is wrong. Neither knows what it carries.

Cipher objects live as long as their SA, because making one costs several times what using it does:

* AES-GCM: one `AESGCM`; the nonce is salt and a 64-bit counter, here the sequence number (RFC 4106 section 3.1).
* AES-CBC: one running encryptor. The first block given for a packet is a secret 128-bit counter, whose ciphertext,
  as the chain goes on, is E(counter xor last block): an IV no observer can predict (NIST SP 800-38A, appendix C),
  followed by exactly what a receiver decrypts with it. One running decryptor is fed IV and ciphertext; its first
  block of output belongs to the packet before and is dropped. Only verified packets are fed to it.
* HMAC: a keyed object, copied per packet.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from iosh.base.rng import Rng
from iosh.proto.esp.suite import (
    AUTH_HMAC_SHA1_96,
    AUTH_HMAC_SHA2_256_128,
    AUTH_HMAC_SHA2_384_192,
    AUTH_HMAC_SHA2_512_256,
    ENCR_AES_CBC,
    ENCR_AES_GCM_16,
    HEADER,
    Keys,
    Suite,
)

_BLOCK: Final = 16
_COUNTER_MASK: Final = (1 << 128) - 1
_HASHES: Final[dict[int, type[hashes.HashAlgorithm]]] = {
    AUTH_HMAC_SHA1_96: hashes.SHA1,
    AUTH_HMAC_SHA2_256_128: hashes.SHA256,
    AUTH_HMAC_SHA2_384_192: hashes.SHA384,
    AUTH_HMAC_SHA2_512_256: hashes.SHA512,
}


class Sealer(Protocol):
    """Plaintext to packet."""

    def __call__(self, head: bytes, sequence: int, plain: bytes) -> bytes: ...


class Opener(Protocol):
    """Packet to plaintext, or None if it is not authentic."""

    def __call__(self, packet: bytes) -> bytes | None: ...


def sealer(suite: Suite, keys: Keys, rng: Rng) -> Sealer:
    """The sealing side of a suite; `rng` is drawn from here only."""
    _check(suite, keys)
    if suite.encryption == ENCR_AES_GCM_16:
        return GcmSealer(keys)
    if suite.encryption == ENCR_AES_CBC:
        return _CbcSealer(suite, keys, rng)
    return _NullSealer(suite, keys)


def opener(suite: Suite, keys: Keys) -> Opener:
    """The opening side of a suite."""
    _check(suite, keys)
    if suite.encryption == ENCR_AES_GCM_16:
        return GcmOpener(keys)
    if suite.encryption == ENCR_AES_CBC:
        return _CbcOpener(suite, keys)
    return _NullOpener(suite, keys)


def _check(suite: Suite, keys: Keys) -> None:
    if (len(keys.encryption), len(keys.integrity)) != (suite.encryption_key, suite.integrity_key):
        raise ValueError(f"keys of the wrong size for {suite.name}")


class GcmSealer:
    """`cipher` and `salt` are for many packets at once (`sheet.py`)."""

    __slots__ = ("_encrypt", "cipher", "salt")

    def __init__(self, keys: Keys) -> None:
        self.salt = keys.encryption[-4:]
        self.cipher = AESGCM(keys.encryption[:-4])
        self._encrypt = self.cipher.encrypt

    def __call__(self, head: bytes, sequence: int, plain: bytes) -> bytes:
        iv = sequence.to_bytes(8, "big")
        return head + iv + self._encrypt(self.salt + iv, plain, head)


class GcmOpener:
    """`cipher` and `salt` are for many packets at once (`sheet.py`)."""

    __slots__ = ("_decrypt", "cipher", "salt")

    def __init__(self, keys: Keys) -> None:
        self.salt = keys.encryption[-4:]
        self.cipher = AESGCM(keys.encryption[:-4])
        self._decrypt = self.cipher.decrypt

    def __call__(self, packet: bytes) -> bytes | None:
        try:
            return self._decrypt(self.salt + packet[8:16], packet[16:], packet[:8])
        except InvalidTag:
            return None


class _Hmac:
    """A keyed HMAC, cut to the suite's ICV."""

    __slots__ = ("_base", "size")

    def __init__(self, suite: Suite, keys: Keys) -> None:
        self._base = HMAC(keys.integrity, _HASHES[suite.integrity]())
        self.size = suite.icv

    def of(self, data: bytes) -> bytes:
        running = self._base.copy()
        running.update(data)
        return running.finalize()[: self.size]


class _CbcSealer:
    __slots__ = ("_counter", "_hmac", "_update")

    def __init__(self, suite: Suite, keys: Keys, rng: Rng) -> None:
        self._hmac = _Hmac(suite, keys)
        self._counter = int.from_bytes(rng.bytes(_BLOCK), "big")
        self._update = Cipher(algorithms.AES(keys.encryption), modes.CBC(rng.bytes(_BLOCK))).encryptor().update

    def __call__(self, head: bytes, sequence: int, plain: bytes) -> bytes:
        fresh = (self._counter + sequence & _COUNTER_MASK).to_bytes(_BLOCK, "big")
        packet = head + self._update(fresh + plain)
        return packet + self._hmac.of(packet)


class _CbcOpener:
    __slots__ = ("_hmac", "_update")

    def __init__(self, suite: Suite, keys: Keys) -> None:
        self._hmac = _Hmac(suite, keys)
        self._update = Cipher(algorithms.AES(keys.encryption), modes.CBC(bytes(_BLOCK))).decryptor().update

    def __call__(self, packet: bytes) -> bytes | None:
        covered = packet[: -self._hmac.size]
        if not compare_digest(self._hmac.of(covered), packet[-self._hmac.size :]):
            return None
        return self._update(covered[HEADER:])[_BLOCK:]


class _NullSealer:
    __slots__ = ("_hmac",)

    def __init__(self, suite: Suite, keys: Keys) -> None:
        self._hmac = _Hmac(suite, keys)

    def __call__(self, head: bytes, sequence: int, plain: bytes) -> bytes:
        packet = head + plain
        return packet + self._hmac.of(packet)


class _NullOpener:
    __slots__ = ("_hmac",)

    def __init__(self, suite: Suite, keys: Keys) -> None:
        self._hmac = _Hmac(suite, keys)

    def __call__(self, packet: bytes) -> bytes | None:
        covered = packet[: -self._hmac.size]
        if not compare_digest(self._hmac.of(covered), packet[-self._hmac.size :]):
            return None
        return covered[HEADER:]
