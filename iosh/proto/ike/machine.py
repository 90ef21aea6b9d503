"""IKE of one router: the door where datagrams, wishes and deadlines come in."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.time import Instant
from iosh.proto.ike.settings import IkeSettings
from iosh.proto.machine import Desk, Path


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


class Ike:
    """One per router. Effects: SendDatagram, Compute, Report, Debug and those of `effects.py`."""

    def __init__(self, desk: Desk, settings: IkeSettings) -> None:
        self.desk = desk
        self.settings = settings

    def wanted(self, interface: str, local: IPv4, remote: IPv4, now: Instant) -> None:
        """The router wants a session with `remote` on this tunnel. Said again, a session that failed is tried again.

        Answered by `SessionUp` (again, if it is up already) or `SessionDown`.
        """

    def unwanted(self, interface: str, local: IPv4, remote: IPv4, now: Instant) -> None:
        """The router no longer needs it: told to the peer, and taken down without `SessionDown`."""

    def receive(self, data: bytes, path: Path, now: Instant) -> None:
        """A UDP payload from port 500, or from 4500 with its non-ESP marker."""

    def wake(self, name: Hashable, now: Instant) -> None:
        """A deadline of ours came."""

    def computed(self, name: Hashable, result: Any, now: Instant) -> None:
        """A `Compute` is done."""

    def sa_expired(self, spi: int, hard: bool, now: Instant) -> None:
        """The pair with this inbound SPI carried as many bytes as it was allowed to (softly or hard)."""

    def traffic_seen(self, spi: int, now: Instant) -> None:
        """The pair with this inbound SPI received something: the peer is alive."""

    def traffic_sent(self, spi: int, now: Instant) -> None:
        """The pair with this inbound SPI sent something: on-demand DPD asks if nothing comes back."""

    def invalid_spi_seen(self, spi: int, local: IPv4, remote: IPv4, now: Instant) -> None:
        """ESP came from `remote` with an SPI nobody here knows: the peer has an SA we lost."""

    def settle(self, settings: IkeSettings, now: Instant) -> bool:
        """New wishes. Sessions of gates that are gone or differ in address or profile go down; always True."""
        self.settings = settings
        return True

    def stop(self, now: Instant) -> None:
        """Delete every SA, telling the peers."""

    def phase(self, interface: str, nbma: IPv4) -> str:
        """How far the session with `nbma` is, as `show dmvpn` says: `IKE`, `IPSEC` or `UP`."""
        return "IKE"

    def clear(self, now: Instant, remote: IPv4 | None = None) -> None:
        """`clear crypto ikev2 sa [remote A]`, `clear crypto session [remote A]`: IKE SAs with all their children."""

    def clear_children(self, now: Instant, remote: IPv4 | None = None) -> None:
        """`clear crypto sa [peer A]`: CHILD SAs only."""

    def export_keys(self) -> list[IkeKeys]:
        """Keys of every IKE SA that stands or stood, for reading captures."""
        return []
