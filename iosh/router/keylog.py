"""The keys of a router's security associations, kept for reading captures when a person asks for it.

Nothing is kept unless somebody attaches a `KeyLog` to a router; then every CHILD SA pair is noted as it is installed,
because the SAs themselves keep no raw keys, and every IKE SA at its end or when asked; of each kind the latest `KEPT`.
Lines are Wireshark's (`wire/wireshark.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosh.proto.ike.effects import InstallSa
from iosh.proto.ike.machine import Ike, IkeKeys
from iosh.wire import wireshark

if TYPE_CHECKING:
    from iosh.router.router import Router


KEPT: Final = 1 << 16  # lines: weeks of a spoke, days of a hub of hundreds


class KeyLog:
    """Lines of `esp_sa` and `ikev2_decryption_table`, each once, oldest first."""

    def __init__(self) -> None:
        self.esp: dict[str, None] = {}
        self.ike: dict[str, None] = {}

    def attach(self, router: Router) -> None:
        """Note the keys of this router from now on."""
        router.protect.witness = self.installed
        router.ike.witness_keys(self.stood)

    def installed(self, sa: InstallSa) -> None:
        """A pair of SAs was installed."""
        ways = (
            (sa.remote, sa.local, sa.inbound_spi, sa.inbound_key, sa.inbound_integrity_key),
            (sa.local, sa.remote, sa.outbound_spi, sa.outbound_key, sa.outbound_integrity_key),
        )
        for source, destination, spi, key, integrity_key in ways:
            line = wireshark.esp_sa(source, destination, spi, sa.encryption, sa.integrity, key, integrity_key)
            _note(self.esp, line)

    def stood(self, keys: IkeKeys) -> None:
        """An IKE SA with these keys stands or stood."""
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
        _note(self.ike, line)

    def collect(self, ike: Ike) -> None:
        """Note the keys of the IKE SAs that stand."""
        for keys in ike.export_keys():
            self.stood(keys)


def _note(lines: dict[str, None], line: str) -> None:
    lines[line] = None
    if len(lines) > KEPT:
        del lines[next(iter(lines))]
