"""Keys in the form Wireshark reads, so that it can decrypt what was captured: lines for the files `esp_sa` and
`ikev2_decryption_table` of its profile folder (Preferences, Protocols, ESP and ISAKMP; "uat" files).

Whoever calls this hands out secrets, because a person asked for them. The names of algorithms are Wireshark's own;
numbers are the IANA IKEv2 transform ids. For an AES-GCM key the salt follows the key, in both files.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import IPv4

_ESP_ENCRYPTIONS: Final = {11: "NULL", 12: "AES-CBC [RFC3602]", 20: "AES-GCM with 16 octet ICV [RFC4106]"}
_ESP_INTEGRITIES: Final = {
    0: "NULL",
    2: "HMAC-SHA-1-96 [RFC2404]",
    12: "HMAC-SHA-256-128 [RFC4868]",
    13: "HMAC-SHA-384-192 [RFC4868]",
    14: "HMAC-SHA-512-256 [RFC4868]",
}
_IKE_ENCRYPTIONS: Final = {
    (12, 128): "AES-CBC-128 [RFC3602]",
    (12, 192): "AES-CBC-192 [RFC3602]",
    (12, 256): "AES-CBC-256 [RFC3602]",
    (20, 128): "AES-GCM-128 with 16 octet ICV [RFC5282]",
    (20, 192): "AES-GCM-192 with 16 octet ICV [RFC5282]",
    (20, 256): "AES-GCM-256 with 16 octet ICV [RFC5282]",
}
_IKE_INTEGRITIES: Final = {
    0: "NONE [RFC4306]",
    2: "HMAC_SHA1_96 [RFC2404]",
    12: "HMAC_SHA2_256_128 [RFC4868]",
    13: "HMAC_SHA2_384_192 [RFC4868]",
    14: "HMAC_SHA2_512_256 [RFC4868]",
}


def esp_sa(
    source: IPv4,
    destination: IPv4,
    spi: int,
    encryption: int,
    integrity: int,
    encryption_key: bytes,
    integrity_key: bytes = b"",
) -> str:
    """A line of `esp_sa`: the keys of what `source` sends to `destination` under `spi`."""
    authentication = f"0x{integrity_key.hex()}" if integrity_key else ""
    cipher = f"0x{encryption_key.hex()}" if encryption_key else ""
    fields = (
        "IPv4",
        str(source),
        str(destination),
        f"0x{spi:08x}",
        _ESP_ENCRYPTIONS[encryption],
        cipher,
        _ESP_INTEGRITIES[integrity],
        authentication,
    )
    return ",".join(f'"{field}"' for field in fields)


def ikev2_decryption(
    initiator_spi: bytes,
    responder_spi: bytes,
    encryption: int,
    key_bits: int,
    integrity: int,
    sk_ei: bytes,
    sk_er: bytes,
    sk_ai: bytes = b"",
    sk_ar: bytes = b"",
) -> str:
    """A line of `ikev2_decryption_table`: the keys of one IKE SA, named as in RFC 7296 section 2.14."""
    cipher = _IKE_ENCRYPTIONS[encryption, key_bits]
    return (
        f"{initiator_spi.hex()},{responder_spi.hex()},{sk_ei.hex()},{sk_er.hex()},"
        f'"{cipher}",{sk_ai.hex()},{sk_ar.hex()},"{_IKE_INTEGRITIES[integrity]}"'
    )
