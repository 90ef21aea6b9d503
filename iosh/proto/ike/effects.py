"""What IKE asks of the router besides the common effects: SAs put in and taken out, sessions up and down."""

from __future__ import annotations

from typing import NamedTuple

from iosh.base.addr import IPv4


class InstallSa(NamedTuple):
    """A CHILD SA pair stands. Both halves go in at once; whether the outbound half is used says `use`.

    Numbers are IANA's IKEv2 transform ids. Encryption keys end with the salt where the cipher has one (AES-GCM).
    `encap` are the UDP ports (ours, the peer's) where a NAT is in the way. Seconds are watched by IKE; bytes by
    whoever carries packets, told back through `sa_expired(inbound_spi, hard, now)`.
    """

    interface: str
    local: IPv4
    remote: IPv4
    inbound_spi: int
    outbound_spi: int
    encryption: int
    key_bits: int
    integrity: int
    inbound_key: bytes
    inbound_integrity_key: bytes
    outbound_key: bytes
    outbound_integrity_key: bytes
    mode: str  # "transport" | "tunnel"
    encap: tuple[int, int] | None
    soft_bytes: int | None
    hard_bytes: int | None
    replay_window: int
    use: bool  # False: keep sending on the pair in use until `UseSa`

    def __repr__(self) -> str:
        return f"InstallSa({self.interface} {self.remote} in 0x{self.inbound_spi:08X} out 0x{self.outbound_spi:08X})"


class UseSa(NamedTuple):
    """From now on what goes to `remote` over `interface` is sealed with this outbound SA."""

    interface: str
    remote: IPv4
    outbound_spi: int


class MoveSa(NamedTuple):
    """The peer's NAT gave it another port: both halves of this pair use these UDP ports from now on."""

    interface: str
    remote: IPv4
    inbound_spi: int
    outbound_spi: int
    encap: tuple[int, int]


class RemoveSa(NamedTuple):
    """A CHILD SA pair is gone. If its outbound half was in use, a `UseSa` of a survivor came before this."""

    interface: str
    remote: IPv4
    inbound_spi: int
    outbound_spi: int


class SessionUp(NamedTuple):
    """The first CHILD SA with this peer stands (also when the peer asked for it)."""

    interface: str
    local: IPv4
    remote: IPv4


class SessionDown(NamedTuple):
    """No CHILD SA with this peer is left, or one that was wanted did not come about; `reason` is for people."""

    interface: str
    local: IPv4
    remote: IPv4
    reason: str
