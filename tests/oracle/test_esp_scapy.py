"""ESP against an implementation that is not ours: scapy's, both ways, for every suite."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.rng import Rng
from iosh.proto.esp.sa import InboundSa, OutboundSa
from iosh.proto.esp.suite import Keys, Suite, suite

SPI = 0x1D0BE115
ENCRYPTION = {11: "NULL", 12: "AES-CBC", 20: "AES-GCM"}
INTEGRITY = {0: "NULL", 2: "HMAC-SHA1-96", 12: "SHA2-256-128", 13: "SHA2-384-192", 14: "SHA2-512-256"}
SUITES = [
    *(suite(20, bits, 0) for bits in (128, 192, 256)),
    *(suite(12, bits, check) for bits in (128, 192, 256) for check in (2, 12, 13, 14)),
    *(suite(11, 0, check) for check in (2, 12, 13, 14)),
]


def keys_of(chosen: Suite) -> Keys:
    rng = Rng(chosen.name)
    return Keys(rng.bytes(chosen.encryption_key), rng.bytes(chosen.integrity_key))


def scapy_sa(chosen: Suite, keys: Keys) -> Any:
    from scapy.layers.ipsec import ESP, SecurityAssociation

    return SecurityAssociation(
        ESP,
        spi=SPI,
        crypt_algo=ENCRYPTION[chosen.encryption],
        crypt_key=keys.encryption,
        auth_algo=INTEGRITY[chosen.integrity],
        auth_key=keys.integrity,
    )


@pytest.mark.parametrize("chosen", SUITES, ids=str)
@pytest.mark.parametrize("size", [0, 1, 13, 14, 64, 1400])
def test_scapy_opens_what_we_seal(chosen: Suite, size: int) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.ipsec import ESP

    keys = keys_of(chosen)
    outbound = OutboundSa(SPI, chosen, keys, Rng(5))
    for n in range(3):  # running contexts: not only the first packet
        payload = bytes([n]) * size
        packet = IP(src="192.0.2.1", dst="192.0.2.2", proto=50) / ESP(outbound.seal(payload, 253))
        clear = scapy_sa(chosen, keys).decrypt(IP(bytes(packet)))
        assert clear.proto == 253
        assert bytes(clear.payload) == payload


@pytest.mark.parametrize("chosen", SUITES, ids=str)
def test_we_open_what_scapy_seals(chosen: Suite) -> None:
    from scapy.layers.inet import IP
    from scapy.packet import Raw

    keys = keys_of(chosen)
    inbound = InboundSa(SPI, chosen, keys)
    sealing = scapy_sa(chosen, keys)
    for size in (0, 1, 13, 14, 64, 1400):
        clear = IP(src="192.0.2.1", dst="192.0.2.2", proto=253) / Raw(b"x" * size)
        sealed = sealing.encrypt(IP(bytes(clear)))
        assert inbound.open(bytes(sealed.payload)) == (253, b"x" * size)
