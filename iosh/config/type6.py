"""Type 6: a password under AES and the router's master key, as Cisco's own published encoder makes it
(github.com/CiscoDevNet/Type-6-Password-Encode).

    base 41 of:  salt (8) | password and a NUL, in counter mode under Ke | 4 bytes of HMAC-SHA1 of that under Ka
    Ka, Ke:      AES of the salt and eight bytes, 0 … 0 and 0 … 1, under the MD5 of the master key

Two bytes become three letters of `A` to `i`; the last three tell whether a byte was left over. The counter stands in
the fourth byte of its block. Without the master key nothing of it can be said.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from iosh.base.rng import Rng

_BASE: Final = 41
_FIRST: Final = ord("A")
_SALT: Final = 8
_MAC: Final = 4
_BLOCK: Final = 16


def sealed(clear: str, master: str, rng: Rng) -> str:
    """A password as it is stored; `rng` gives the salt."""
    return _sealed(clear, master, rng.bytes(_SALT))


def opened(stored: str, master: str) -> str | None:
    """The password, or None: of another form, or made under another master key."""
    data = _bytes(stored)
    if data is None or len(data) < _SALT + 1 + _MAC:
        return None
    salt, body, mac = data[:_SALT], data[_SALT:-_MAC], data[-_MAC:]
    integrity, encryption = _keys(master, salt)
    if not hmac.compare_digest(_mac(integrity, body), mac):
        return None
    text = _counter_mode(encryption, body)
    return text[:-1].decode("utf-8", "replace") if text[-1:] == b"\0" else None


def _sealed(clear: str, master: str, salt: bytes) -> str:
    integrity, encryption = _keys(master, salt)
    body = _counter_mode(encryption, clear.encode() + b"\0")
    return _letters(salt + body + _mac(integrity, body))


def _aes(key: bytes, block: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # single blocks: what the form is made of


def _keys(master: str, salt: bytes) -> tuple[bytes, bytes]:
    key = hashlib.md5(master.encode(), usedforsecurity=False).digest()
    return _aes(key, salt + bytes(8)), _aes(key, salt + bytes(7) + b"\1")


def _counter_mode(key: bytes, data: bytes) -> bytes:
    out = bytearray()
    for number, at in enumerate(range(0, len(data), _BLOCK)):
        stream = _aes(key, bytes((0, 0, 0, number & 0xFF)) + bytes(_BLOCK - 4))
        out += bytes(one ^ other for one, other in zip(data[at : at + _BLOCK], stream, strict=False))
    return bytes(out)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha1")[:_MAC]


def _letters(data: bytes) -> str:
    padded = data + (b"\0" if len(data) % 2 else b"\0\1")
    letters = []
    for at in range(0, len(padded), 2):
        rest, low = divmod(int.from_bytes(padded[at : at + 2], "big"), _BASE)
        high, middle = divmod(rest, _BASE)
        letters += [high, middle, low]
    return "".join(chr(_FIRST + letter) for letter in letters)


def _bytes(stored: str) -> bytes | None:
    if len(stored) % 3 or not all(_FIRST <= ord(letter) < _FIRST + _BASE for letter in stored):
        return None
    data = bytearray()
    for at in range(0, len(stored), 3):
        high, middle, low = (ord(letter) - _FIRST for letter in stored[at : at + 3])
        value = (high * _BASE + middle) * _BASE + low
        if value > 0xFFFF:
            return None
        data += value.to_bytes(2, "big")
    if data[-2:] == b"\0\1":
        return bytes(data[:-2])
    return bytes(data[:-1]) if data[-1:] == b"\0" else None
