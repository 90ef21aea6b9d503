"""Keys as text (RFC 7468), private ones under a passphrase the way OpenSSL's old form has it, as IOS prints them:

DEK-Info names the cipher and its IV (hexadecimal); the first 8 bytes of the IV are the salt
key:  MD5(salt after passphrase), MD5(that, passphrase, salt), …, as many bytes as the cipher takes
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any, Final

from iosh.base.keys import EC, RSA, der, public_of
from iosh.base.rng import Rng

AES: Final = "aes"
DES3: Final = "3des"
_ROW: Final = 64
_SALT: Final = 8
_BLOCKS: Final = {AES: ("AES-256-CBC", 32, 16), DES3: ("DES-EDE3-CBC", 24, 8)}  # name, bytes of the key, of a block
_LABELS: Final = {RSA: "RSA PRIVATE KEY", EC: "EC PRIVATE KEY"}


def public_text(private: bytes) -> list[str]:
    """The public half of a key (PKCS #8, DER)."""
    return _framed("PUBLIC KEY", [], public_of(private))


def private_text(private: bytes, kind: str, passphrase: str, cipher: str, rng: Rng) -> list[str]:
    """The key, to be read with the passphrase; `rng` gives the IV."""
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_der_private_key(private, None)
    plain = key.private_bytes(form.Encoding.DER, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption())
    name, size, block = _BLOCKS[cipher]
    iv = rng.bytes(block)
    sealer = _cipher(cipher, _stretched(passphrase, iv[:_SALT], size), iv).encryptor()
    missing = block - len(plain) % block
    body = sealer.update(plain + bytes([missing]) * missing) + sealer.finalize()
    return _framed(_LABELS[kind], ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {name},{iv.hex().upper()}", ""], body)


def private_of(text: str, passphrase: str) -> bytes | None:
    """The key in a text (PKCS #8, DER); None: there is none, or the passphrase is another."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as form

    secret = passphrase.encode() if "ENCRYPTED" in text else None
    try:
        return der(form.load_pem_private_key(text.encode(), secret))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def kind_of(private: bytes) -> tuple[str, int]:
    """What kind of key it is, and its size in bits; ("", 0) for one that is neither RSA nor of a curve."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = form.load_der_private_key(private, None)
    kind = RSA if isinstance(key, rsa.RSAPrivateKey) else EC if isinstance(key, ec.EllipticCurvePrivateKey) else ""
    return kind, getattr(key, "key_size", 0) if kind else 0


def _framed(label: str, head: list[str], body: bytes) -> list[str]:
    text = b64encode(body).decode()
    rows = [text[at : at + _ROW] for at in range(0, len(text), _ROW)]
    return [f"-----BEGIN {label}-----", *head, *rows, f"-----END {label}-----"]


def _stretched(passphrase: str, salt: bytes, size: int) -> bytes:
    key = last = b""
    while len(key) < size:
        last = hashlib.md5(last + passphrase.encode() + salt, usedforsecurity=False).digest()
        key += last
    return key[:size]


def _cipher(cipher: str, key: bytes, iv: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if cipher == AES:
        return Cipher(algorithms.AES(key), modes.CBC(iv))
    try:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    except ImportError:  # older than 43
        from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
    return Cipher(TripleDES(key), modes.CBC(iv))
