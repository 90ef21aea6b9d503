"""The keys of a router's security associations, kept for reading captures when a person asks for it.

Nothing is kept unless somebody attaches a `KeyLog` to a router; then every CHILD SA pair is noted as it is installed,
because the SAs themselves keep no raw keys, and every IKE SA as it gets its keys; of each kind the latest `KEPT`.
Lines are Wireshark's (`wire/wireshark.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from iosh.proto.ike.effects import InstallSa
from iosh.proto.ike.machine import Ike, IkeKeys
from iosh.wire import wireshark

if TYPE_CHECKING:
    from iosh.router.router import Router


ESP, IKE = "esp_sa", "ikev2_decryption_table"  # Wireshark's names of its tables
KEPT: Final = 1 << 16  # lines: weeks of a spoke, days of a hub of hundreds


class KeyLog:
    """Lines of `esp_sa` and `ikev2_decryption_table`, each once, oldest first. `follower` is told table and line."""

    def __init__(self) -> None:
        self.esp: dict[str, None] = {}
        self.ike: dict[str, None] = {}
        self.follower: Callable[[str, str], None] | None = None

    def attach(self, router: Router) -> None:
        """Note the keys of this router from now on."""
        router.protect.witness = self.installed
        router.ike.witness_keys(self.keyed)

    def installed(self, sa: InstallSa) -> None:
        """A pair of SAs was installed."""
        ways = (
            (sa.remote, sa.local, sa.inbound_spi, sa.inbound_key, sa.inbound_integrity_key),
            (sa.local, sa.remote, sa.outbound_spi, sa.outbound_key, sa.outbound_integrity_key),
        )
        for source, destination, spi, key, integrity_key in ways:
            line = wireshark.esp_sa(source, destination, spi, sa.encryption, sa.integrity, key, integrity_key)
            self._note(ESP, self.esp, line)

    def keyed(self, keys: IkeKeys) -> None:
        """An IKE SA has these keys."""
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
        self._note(IKE, self.ike, line)

    def collect(self, ike: Ike) -> None:
        """Note the keys of the IKE SAs that stand."""
        for keys in ike.export_keys():
            self.keyed(keys)

    def _note(self, table: str, lines: dict[str, None], line: str) -> None:
        if self.follower is not None and line not in lines:
            self.follower(table, line)
        lines[line] = None
        if len(lines) > KEPT:
            del lines[next(iter(lines))]
