"""Passwords as a configuration keeps them: made at entry, printed only so, held against what is typed.

Kinds: 0 clear text; 4 SHA-256 without salt; 5 MD5 crypt, `$1$salt$…`; 7 an obfuscation that anybody can undo; 8 PBKDF2
with SHA-256, 20 000 rounds, `$8$salt$…`; 9 scrypt with N=16384, r=1, p=1, `$9$salt$…`. Types 4, 8 and 9 write base 64
in the order of crypt's alphabet. Type 6 is AES under the router's master key, and can be undone by who has that; it
stands in `type6.py`. Text here is a secret, or opens one: it goes into no message.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from typing import Final

from iosh.base.rng import Rng

CLEAR: Final = 0
MD5: Final = 5
ENCRYPTED: Final = 6
REVERSIBLE: Final = 7
SCRYPT: Final = 9
SLOW: Final = (8, SCRYPT)  # some 50 ms each, which is their point

_ALPHABET: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_STANDARD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_CRYPT: Final = str.maketrans(_STANDARD, _ALPHABET, "=")
_SALT_SIZE: Final = {5: 4, 8: 14, 9: 14}

# What type 7 is laid over: published with the first program that undid it.
_PAD: Final = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
_PAD_STARTS: Final = 16


def verify(kind: int, stored: str, typed: str) -> bool:
    """Is `typed` the password that is stored so? Of type 6 nobody can say without the master key."""
    if kind == CLEAR:
        return _same(stored, typed)
    if kind == REVERSIBLE:
        clear = revealed(stored)
        return clear is not None and _same(clear, typed)
    if kind == 4:
        return _same(stored, _sha256(typed))
    grains = _salt_of(kind, stored)
    return grains is not None and _same(stored, _MAKERS[kind](typed, grains))


def hashed(kind: int, typed: str, rng: Rng) -> str:
    """`typed` as it is to be stored; `rng` gives the salt."""
    if kind == CLEAR:
        return typed
    if kind == REVERSIBLE:
        return obscured(typed, rng.below(_PAD_STARTS))
    return salted(kind, typed, salt(kind, rng))


def salt(kind: int, rng: Rng) -> str:
    """A salt for a kind that has one."""
    return "".join(_ALPHABET[rng.below(64)] for _ in range(_SALT_SIZE[kind]))


def salted(kind: int, typed: str, grains: str) -> str:
    """`typed` as it is to be stored under this salt. Values only: it may be made in a thread."""
    return _MAKERS[kind](typed, grains)


def acceptable(kind: int, stored: str) -> bool:
    """Has text typed as encrypted the form of its kind? Lengths are not judged: published configs mask hashes."""
    if kind == REVERSIBLE:
        return revealed(stored) is not None
    if kind in _MAKERS:
        return _salt_of(kind, stored) is not None and all(mark in _ALPHABET for mark in stored.rpartition("$")[2])
    return bool(stored)


def obscured(clear: str, start: int) -> str:
    """Type 7."""
    mixed = (byte ^ _PAD[(start + index) % len(_PAD)] for index, byte in enumerate(clear.encode()))
    return f"{start:02d}" + "".join(f"{byte:02X}" for byte in mixed)


def revealed(stored: str) -> str | None:
    """Type 7 undone; None for what is not type 7."""
    if len(stored) < 2 or not stored[:2].isdecimal():
        return None
    start = int(stored[:2])
    try:
        mixed = bytes.fromhex(stored[2:])
        return bytes(byte ^ _PAD[(start + index) % len(_PAD)] for index, byte in enumerate(mixed)).decode()
    except ValueError:
        return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _salt_of(kind: int, stored: str) -> str | None:
    """The salt of `$KIND$SALT$HASH`."""
    parts = stored.split("$")
    marks = {5: "1", 8: "8", 9: "9"}
    if len(parts) != 4 or parts[0] or parts[1] != marks.get(kind) or not parts[2] or not parts[3]:
        return None
    return parts[2]


def _crypt_base64(data: bytes) -> str:
    return b64encode(data).decode().translate(_TO_CRYPT)


def _sha256(typed: str) -> str:
    return _crypt_base64(hashlib.sha256(typed.encode()).digest())


def _pbkdf2(typed: str, grains: str) -> str:
    return f"$8${grains}${_crypt_base64(hashlib.pbkdf2_hmac('sha256', typed.encode(), grains.encode(), 20000))}"


def _scrypt(typed: str, grains: str) -> str:
    key = hashlib.scrypt(typed.encode(), salt=grains.encode(), n=16384, r=1, p=1, dklen=32)
    return f"$9${grains}${_crypt_base64(key)}"


# --- MD5 crypt (Poul-Henning Kamp, FreeBSD 2.0): its own way of stirring, kept as it is -----------------------------

_STIRS: Final = 1000
_TRIPLES: Final = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))


def _md5_crypt(typed: str, grains: str) -> str:
    key, grain = typed.encode(), grains[:8].encode()
    inner = hashlib.md5(key + grain + key, usedforsecurity=False).digest()
    first = key + b"$1$" + grain + (inner * (len(key) // 16 + 1))[: len(key)]
    length = len(key)
    while length:
        first += b"\0" if length & 1 else key[:1]
        length >>= 1
    digest = hashlib.md5(first, usedforsecurity=False).digest()
    for turn in range(_STIRS):
        text = key if turn & 1 else digest
        text += grain if turn % 3 else b""
        text += key if turn % 7 else b""
        text += digest if turn & 1 else key
        digest = hashlib.md5(text, usedforsecurity=False).digest()
    groups = [digest[high] << 16 | digest[middle] << 8 | digest[low] for high, middle, low in _TRIPLES]
    written = "".join(_backwards(group, 4) for group in groups) + _backwards(digest[11], 2)
    return f"$1${grain.decode()}${written}"


def _backwards(value: int, count: int) -> str:
    return "".join(_ALPHABET[value >> 6 * place & 63] for place in range(count))


_MAKERS: Final[dict[int, Callable[[str, str], str]]] = {5: _md5_crypt, 8: _pbkdf2, 9: _scrypt}
