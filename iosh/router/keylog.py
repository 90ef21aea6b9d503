"""The keys of a router's security associations, kept for reading captures when a person asks for it.

Nothing is kept unless somebody hangs a `KeyLog` onto `Protect.witness`; then every CHILD SA pair is noted as it is
installed, because the SAs themselves keep no raw keys. Lines are Wireshark's (`wire/wireshark.py`).
"""

from __future__ import annotations

from iosh.proto.ike.effects import InstallSa
from iosh.proto.ike.machine import Ike
from iosh.wire import wireshark


class KeyLog:
    """Lines of `esp_sa` and `ikev2_decryption_table`, each once, oldest first."""

    def __init__(self) -> None:
        self.esp: dict[str, None] = {}
        self.ike: dict[str, None] = {}

    def installed(self, sa: InstallSa) -> None:
        """A pair of SAs was installed."""
        ways = (
            (sa.remote, sa.local, sa.inbound_spi, sa.inbound_key, sa.inbound_integrity_key),
            (sa.local, sa.remote, sa.outbound_spi, sa.outbound_key, sa.outbound_integrity_key),
        )
        for source, destination, spi, key, integrity_key in ways:
            line = wireshark.esp_sa(source, destination, spi, sa.encryption, sa.integrity, key, integrity_key)
            self.esp[line] = None

    def collect(self, ike: Ike) -> None:
        """Note the keys of the IKE SAs that stand or stood."""
        for keys in ike.export_keys():
            line = wireshark.ikev2_decryption(
                keys.initiator_spi.to_bytes(8, "big"),
                keys.responder_spi.to_bytes(8, "big"),
                keys.encryption,
                keys.key_bits,
                keys.integrity,
                keys.sk_ei,
                keys.sk_er,
                keys.sk_ai,
                keys.sk_ar,
            )
            self.ike[line] = None
