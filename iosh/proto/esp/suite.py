"""ESP suites by the numbers IKEv2 negotiates (IANA: transform types 1 and 3), and the arithmetic of their sizes."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

ENCR_NULL: Final = 11
ENCR_AES_CBC: Final = 12
ENCR_AES_GCM_16: Final = 20

AUTH_NONE: Final = 0
AUTH_HMAC_SHA1_96: Final = 2
AUTH_HMAC_SHA2_256_128: Final = 12
AUTH_HMAC_SHA2_384_192: Final = 13
AUTH_HMAC_SHA2_512_256: Final = 14

HEADER: Final = 8  # SPI and sequence number
TRAILER: Final = 2  # pad length and next header


class _Encryption(NamedTuple):
    name: str
    key_bits: tuple[int, ...]
    salt: int
    iv: int
    align: int
    icv: int


class _Integrity(NamedTuple):
    name: str
    key: int
    icv: int


_ENCRYPTIONS: Final = {
    ENCR_NULL: _Encryption("NULL", (0,), salt=0, iv=0, align=4, icv=0),
    ENCR_AES_CBC: _Encryption("AES-CBC", (128, 192, 256), salt=0, iv=16, align=16, icv=0),
    ENCR_AES_GCM_16: _Encryption("AES-GCM-16", (128, 192, 256), salt=4, iv=8, align=4, icv=16),
}
_INTEGRITIES: Final = {
    AUTH_NONE: _Integrity("", key=0, icv=0),
    AUTH_HMAC_SHA1_96: _Integrity("HMAC-SHA1-96", key=20, icv=12),
    AUTH_HMAC_SHA2_256_128: _Integrity("HMAC-SHA256-128", key=32, icv=16),
    AUTH_HMAC_SHA2_384_192: _Integrity("HMAC-SHA384-192", key=48, icv=24),
    AUTH_HMAC_SHA2_512_256: _Integrity("HMAC-SHA512-256", key=64, icv=32),
}


class Suite(NamedTuple):
    """One way to protect packets. Sizes are bytes.

    `encryption_key` is what IKE must take from KEYMAT for the cipher, salt included (RFC 4106 section 8.1);
    `integrity_key` what it takes for the HMAC after that, 0 with AES-GCM.
    """

    encryption: int
    key_bits: int
    integrity: int
    name: str
    encryption_key: int
    integrity_key: int
    salt: int
    iv: int
    align: int
    icv: int

    def padding(self, size: int) -> int:
        """Padding bytes after a payload of `size`."""
        return -(size + TRAILER) % self.align

    def overhead(self, size: int) -> int:
        """What ESP adds to a payload of `size`: header, IV, padding, trailer and ICV."""
        return HEADER + self.iv + self.padding(size) + TRAILER + self.icv

    def largest(self, room: int) -> int:
        """The largest payload whose ESP packet fits into `room` bytes; negative if none does."""
        inside = room - HEADER - self.iv - self.icv
        return inside - inside % self.align - TRAILER

    def __str__(self) -> str:
        return self.name


class Keys(NamedTuple):
    """The keys of one direction. `encryption` ends with the salt where the suite has one. Never printed."""

    encryption: bytes
    integrity: bytes = b""

    def __repr__(self) -> str:
        return "Keys(...)"


@lru_cache(maxsize=64)
def suite(encryption: int, key_bits: int, integrity: int) -> Suite:
    """The suite of these transform ids; `ValueError` if there is none or it would protect nothing."""
    cipher, check = _ENCRYPTIONS.get(encryption), _INTEGRITIES.get(integrity)
    if cipher is None or check is None or key_bits not in cipher.key_bits:
        raise ValueError(f"no ESP suite ENCR {encryption} with {key_bits} bits and AUTH {integrity}")
    if bool(cipher.icv) == bool(check.icv):
        raise ValueError(f"ESP must be authenticated exactly once: ENCR {encryption} and AUTH {integrity}")
    return Suite(
        encryption,
        key_bits,
        integrity,
        "/".join(filter(None, (cipher.name + (f"-{key_bits}" if key_bits else ""), check.name))),
        key_bits // 8 + cipher.salt,
        check.key,
        cipher.salt,
        cipher.iv,
        cipher.align,
        cipher.icv + check.icv,
    )
