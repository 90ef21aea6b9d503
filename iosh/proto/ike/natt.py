"""NAT detection and traversal (RFC 7296 section 2.23): who is behind a NAT, and the float to UDP port 4500."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.ikev2 import NAT_DETECTION_DESTINATION_IP, NAT_DETECTION_SOURCE_IP, Notify, Payload


class Nat(NamedTuple):
    """Who is behind a NAT."""

    local: bool = False
    remote: bool = False

    def __bool__(self) -> bool:
        return self.local or self.remote


def digest(spi_i: int, spi_r: int, address: IPv4, port: int) -> bytes:
    """SHA-1 over both SPIs, address and port: what both ends compare."""
    data = spi_i.to_bytes(8, "big") + spi_r.to_bytes(8, "big") + address.packed + port.to_bytes(2, "big")
    return hashlib.sha1(data, usedforsecurity=False).digest()


NOWHERE: Final = IPv4(0), 0  # where nobody is: a peer told so finds a NAT in front of us


def announce(spi_i: int, spi_r: int, local: tuple[IPv4, int], remote: tuple[IPv4, int]) -> tuple[Notify, Notify]:
    """The two notifies we send: where we think (or say) we are, where we think the peer is."""
    return (
        Notify(NAT_DETECTION_SOURCE_IP, digest(spi_i, spi_r, *local)),
        Notify(NAT_DETECTION_DESTINATION_IP, digest(spi_i, spi_r, *remote)),
    )


def detect(
    payloads: tuple[Payload, ...], spi_i: int, spi_r: int, local: tuple[IPv4, int], remote: tuple[IPv4, int]
) -> Nat | None:
    """What a peer's notifies say about the path; None if it sent none (then it knows no NAT traversal)."""
    sources = [one.data for one in payloads if isinstance(one, Notify) and one.type == NAT_DETECTION_SOURCE_IP]
    targets = [one.data for one in payloads if isinstance(one, Notify) and one.type == NAT_DETECTION_DESTINATION_IP]
    if not sources or not targets:
        return None
    return Nat(
        local=digest(spi_i, spi_r, *local) not in targets,
        remote=digest(spi_i, spi_r, *remote) not in sources,
    )
