"""Key derivation (RFC 7296 sections 2.13 to 2.18) and the PSK proof (2.15)."""

from __future__ import annotations

from typing import Final, NamedTuple

from iosh.proto.ike.suite import IkeSuite, encryption_key_size, integrity_key_size, prf, prf_size

_KEY_PAD: Final = b"Key Pad for IKEv2"


class SaKeys(NamedTuple):
    """The seven keys of an IKE SA. Never printed."""

    d: bytes
    ai: bytes
    ar: bytes
    ei: bytes
    er: bytes
    pi: bytes
    pr: bytes

    def __repr__(self) -> str:
        return "SaKeys(...)"


class IkeKeys(NamedTuple):
    """What it takes to read an IKE SA's messages: for Wireshark's `ikev2_decryption_table`, on request only."""

    initiator_spi: int
    responder_spi: int
    encryption: int
    key_bits: int
    integrity: int
    sk_ei: bytes
    sk_er: bytes
    sk_ai: bytes
    sk_ar: bytes

    def __repr__(self) -> str:
        return f"IkeKeys({self.initiator_spi:016x})"


class ChildKeys(NamedTuple):
    """KEYMAT of a CHILD SA, split: initiator to responder, then back. Never printed."""

    encryption_i: bytes
    integrity_i: bytes
    encryption_r: bytes
    integrity_r: bytes

    def __repr__(self) -> str:
        return "ChildKeys(...)"


def prf_plus(algorithm: int, key: bytes, seed: bytes, size: int) -> bytes:
    """T1 | T2 | …, cut to `size`."""
    found = block = b""
    count = 1
    while len(found) < size:
        block = prf(algorithm, key, block + seed + bytes((count,)))
        found += block
        count += 1
    return found[:size]


def skeyseed(algorithm: int, shared: bytes, nonces: bytes) -> bytes:
    """SKEYSEED of a new IKE SA; `nonces` is Ni | Nr."""
    return prf(algorithm, nonces, shared)


def skeyseed_of_rekey(old_prf: int, old_d: bytes, shared: bytes, nonces: bytes) -> bytes:
    """SKEYSEED of an IKE SA that replaces another one."""
    return prf(old_prf, old_d, shared + nonces)


def ike_keys(suite: IkeSuite, seed: bytes, nonces: bytes, spi_i: int, spi_r: int) -> SaKeys:
    """SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr."""
    d = prf_size(suite.prf)
    a = integrity_key_size(suite.integrity)
    e = encryption_key_size(suite.cipher)
    sizes = (d, a, a, e, e, d, d)
    spis = spi_i.to_bytes(8, "big") + spi_r.to_bytes(8, "big")
    return SaKeys(*_split(prf_plus(suite.prf, seed, nonces + spis, sum(sizes)), sizes))


def child_keys(algorithm: int, d: bytes, shared: bytes, nonces: bytes, encryption: int, integrity: int) -> ChildKeys:
    """KEYMAT for keys of these sizes; `shared` is empty without PFS."""
    sizes = (encryption, integrity, encryption, integrity)
    return ChildKeys(*_split(prf_plus(algorithm, d, shared + nonces, sum(sizes)), sizes))


def psk_proof(algorithm: int, psk: bytes, message: bytes, nonce: bytes, sk_p: bytes, identification: bytes) -> bytes:
    """AUTH data: over a side's first message, the other side's nonce and its own identification payload."""
    octets = message + nonce + prf(algorithm, sk_p, identification)
    return prf(algorithm, prf(algorithm, psk, _KEY_PAD), octets)


def _split(material: bytes, sizes: tuple[int, ...]) -> list[bytes]:
    parts, at = [], 0
    for size in sizes:
        parts.append(material[at : at + size])
        at += size
    return parts
