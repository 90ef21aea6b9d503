"""Diffie-Hellman groups of IKEv2: MODP 2, 5, 14, 15, 16 (RFC 2409, RFC 3526) and ECP 19, 20, 21 (RFC 5903).

Work happens in three plain functions that the router runs as `Compute` (16th decision): `begin` makes our public
value, `finish` the shared secret, `agree` both at once for whoever answers. Private keys come from the machine's dice:
an ECP scalar is `1 + seed mod (n - 1)` of a seed 64 bits longer than n, a MODP exponent is the seed itself (320 bits
and more: twice the strength of the group, RFC 3526 section 8). Peer values are checked: a point must be on its curve,
a MODP value within 2..p-2.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import dh, ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# cryptography warns, at each look at these names, that it will drop finite field DH one day; IKE cannot.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _ParameterNumbers, _PublicNumbers, _PrivateNumbers = dh.DHParameterNumbers, dh.DHPublicNumbers, dh.DHPrivateNumbers
    _ModpKey = dh.DHPrivateKey

_CURVES: Final = {19: ec.SECP256R1(), 20: ec.SECP384R1(), 21: ec.SECP521R1()}
_ORDERS: Final = {
    19: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    20: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    21: int(
        "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA"
        "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409",
        16,
    ),
}
_EXPONENT: Final = {2: 40, 5: 40, 14: 40, 15: 40, 16: 48}  # bytes
# RFC 2409 section 6.2 and RFC 3526: p = 2^bits - 2^(bits-64) - 1 + 2^64 * (floor(2^(bits-130) * pi) + offset).
_MODP: Final = {2: (1024, 129093), 5: (1536, 741804), 14: (2048, 124476), 15: (3072, 1690314), 16: (4096, 240904)}
NAMES: Final = {
    2: "1024_MODP", 5: "1536_MODP", 14: "2048_MODP", 15: "3072_MODP", 16: "4096_MODP",
    19: "256_ECP", 20: "384_ECP", 21: "521_ECP",
}  # fmt: skip


class BadPublicValue(ValueError):
    """The peer's KE payload is no element of its group."""


class Begun(NamedTuple):
    """Our half of an exchange: the public value to send and what `finish` needs. Never printed."""

    group: int
    public: bytes
    private: ec.EllipticCurvePrivateKey | dh.DHPrivateKey

    def __repr__(self) -> str:
        return f"Begun(group {self.group})"


class Agreed(NamedTuple):
    """Both halves: our public value and the shared secret. Never printed."""

    public: bytes
    shared: bytes

    def __repr__(self) -> str:
        return "Agreed(...)"


def seed_size(group: int) -> int:
    """How many random bytes a private key of this group takes."""
    if group in _EXPONENT:
        return _EXPONENT[group]
    return (_ORDERS[group].bit_length() + 7) // 8 + 8


def public_size(group: int) -> int:
    """How many bytes a public value of this group has."""
    if group in _MODP:
        return _MODP[group][0] // 8
    return 2 * ((_CURVES[group].key_size + 7) // 8)


def begin(group: int, seed: bytes) -> Begun:
    """Our private key from a seed, and its public value."""
    if group in _MODP:
        numbers = _modp(group)
        generator = _PublicNumbers(2, numbers)
        private = _PrivateNumbers(int.from_bytes(seed, "big"), generator).private_key()
        # g^x is the shared secret with somebody whose public value is g: one modular power, in C.
        return Begun(group, private.exchange(generator.public_key()).rjust(public_size(group), b"\0"), private)
    scalar = 1 + int.from_bytes(seed, "big") % (_ORDERS[group] - 1)
    key = ec.derive_private_key(scalar, _CURVES[group])
    return Begun(group, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:], key)


def finish(begun: Begun, peer: bytes) -> bytes | BadPublicValue:
    """The shared secret; a `BadPublicValue` is returned, not raised, since the answer travels as a value."""
    if len(peer) != public_size(begun.group):
        return BadPublicValue("length")
    try:
        if isinstance(begun.private, _ModpKey):
            return _finish_modp(begun.group, begun.private, peer)
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[begun.group], b"\x04" + peer)
        return begun.private.exchange(ec.ECDH(), point)
    except ValueError:
        return BadPublicValue("not in the group")


def agree(group: int, seed: bytes, peer: bytes) -> Agreed | BadPublicValue:
    """Both halves at once: what a responder needs."""
    begun = begin(group, seed)
    shared = finish(begun, peer)
    return shared if isinstance(shared, BadPublicValue) else Agreed(begun.public, shared)


def _finish_modp(group: int, private: dh.DHPrivateKey, peer: bytes) -> bytes | BadPublicValue:
    numbers = _modp(group)
    value = int.from_bytes(peer, "big")
    if not 2 <= value <= numbers.p - 2:
        return BadPublicValue("out of range")
    return private.exchange(_PublicNumbers(value, numbers).public_key()).rjust(public_size(group), b"\0")


@lru_cache(maxsize=8)
def _modp(group: int) -> dh.DHParameterNumbers:
    bits, offset = _MODP[group]
    prime = 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (_pi_bits(bits - 130) + offset)
    return _ParameterNumbers(prime, 2)


def _pi_bits(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula with guard bits."""
    one = 1 << (bits + 64)
    return (4 * (4 * _arctan_of_inverse(5, one) - _arctan_of_inverse(239, one))) >> 64


def _arctan_of_inverse(x: int, one: int) -> int:
    power = total = one // x
    divisor, sign = 1, 1
    while power:
        power //= x * x
        divisor += 2
        sign = -sign
        total += sign * (power // divisor)
    return total
