"""Private keys of RSA and of elliptic curves as bytes (PKCS #8, DER), and their making from dice that repeat.

Such keys protect nothing: they are for simulated runs. Real ones are made by `underlay/linux/smith.py`. Nothing is
signed or opened here.
"""

from __future__ import annotations

import math
from typing import Any, Final

from iosh.base.rng import Rng

RSA: Final = "rsa"
EC: Final = "ec"
EXPONENT: Final = 65537
_SMALL: Final = math.prod(
    one for one in range(3, 2000, 2) if all(one % other for other in range(3, 45, 2) if other < one)
)
_CURVES: Final = {256: "SECP256R1", 384: "SECP384R1", 521: "SECP521R1"}


def on_paper(kind: str, bits: int, rng: Rng) -> bytes:
    """A key of these dice."""
    return _rsa(bits, rng) if kind == RSA else _curve(bits, rng)


def public_of(private: bytes) -> bytes:
    """The public key, as X.509 writes it (SubjectPublicKeyInfo, DER)."""
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_der_private_key(private, None).public_key()
    return key.public_bytes(form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo)


def curve_of(bits: int) -> Any:
    """The curve of that size, as `cryptography` names it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return getattr(ec, _CURVES[bits])()


def _curve(bits: int, rng: Rng) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    return der(ec.derive_private_key(1 + rng.below(1 << bits - 2), curve_of(bits)))


def _rsa(bits: int, rng: Rng) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import rsa

    p = _prime(bits - bits // 2, rng)
    q = _prime(bits // 2, rng)
    while p == q:
        q = _prime(bits // 2, rng)
    p, q = max(p, q), min(p, q)
    d = rsa.rsa_recover_private_exponent(EXPONENT, p, q)
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return der(rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key())


def der(key: Any) -> bytes:
    """A private key of `cryptography`'s in the form in which it is kept."""
    from cryptography.hazmat.primitives import serialization as form

    return bytes(key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()))


def _prime(bits: int, rng: Rng) -> int:
    """A prime of so many bits, fit for the exponent; the upper two are set, so that a product has all of theirs."""
    while True:
        one = rng.below(1 << bits) | 3 << bits - 2 | 1
        if math.gcd(one, _SMALL) == 1 and (one - 1) % EXPONENT and _is_prime(one, rng):
            return one


def _is_prime(one: int, rng: Rng) -> bool:
    """Miller and Rabin's test, with odds of 4 to the -32 at worst that it errs."""
    twos = (one - 1 & 1 - one).bit_length() - 1
    for _ in range(32):
        power = pow(rng.between(2, one - 2), one - 1 >> twos, one)
        if power in (1, one - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % one
            if power == one - 1:
                break
        else:
            return False
    return True
