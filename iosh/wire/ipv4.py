"""The Internet Protocol, version 4 (RFC 791).

`Ipv4` reads and writes whole packets for control traffic. The forwarding path works on bytes with the functions
below it: a rewritten time-to-live patches the header checksum instead of summing it again. Options are carried as
bytes; none is interpreted but for which kinds there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

ICMP: Final = 1
IPIP: Final = 4
TCP: Final = 6
UDP: Final = 17
GRE: Final = 47
ESP: Final = 50
EIGRP: Final = 88

HEADER_SIZE: Final = 20
MAXIMUM: Final = 65535
DF: Final = 0x4000
MF: Final = 0x2000
OFFSET: Final = 0x1FFF

HEADER: Final = Struct("!BBHHHBBHII")
_TTL_WORD = Struct("!BBH")
_VERSION_4_NO_OPTIONS = 0x45


class Ipv4(NamedTuple):
    """One packet.

     0                   1                   2                   3
    |ver 4| ihl |     tos        |          total length            |
    |       identification       |0|D|M|     fragment offset / 8    |
    |    ttl    |    protocol    |        header checksum           |
    |                        source address                         |
    |                      destination address                      |
    |                     options, padded to 4 ...                  |
    """

    source: IPv4
    destination: IPv4
    protocol: int
    payload: bytes
    ttl: int = 255
    tos: int = 0
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    offset: int = 0  # bytes, a multiple of 8
    options: bytes = b""

    @classmethod
    def decode(cls, data: bytes) -> Ipv4:
        """A packet; bytes after its total length are padding and cut off."""
        r = Reader(data, "ipv4")
        first, tos, total, identification, flags, ttl, protocol, _, source, destination = r.unpack(HEADER)
        size = (first & 15) << 2
        if first >> 4 != 4 or size < HEADER_SIZE:
            raise r.refuse("version")
        if not size <= total <= len(data):
            raise r.refuse("length")
        if internet_checksum(data[:size]):
            raise r.refuse("checksum")
        return cls(
            IPv4(source), IPv4(destination), protocol, data[size:total], ttl, tos, identification,
            bool(flags & DF), bool(flags & MF), (flags & OFFSET) << 3, data[HEADER_SIZE:size],
        )  # fmt: skip

    def encode(self) -> bytes:
        options = self.options + bytes(-len(self.options) % 4)
        size = HEADER_SIZE + len(options)
        flags = self.dont_fragment * DF | self.more_fragments * MF | self.offset >> 3
        head = HEADER.pack(
            0x40 | size >> 2, self.tos, size + len(self.payload), self.identification, flags,
            self.ttl, self.protocol, 0, self.source, self.destination,
        ) + options  # fmt: skip
        return head[:10] + internet_checksum(head).to_bytes(2, "big") + head[12:] + self.payload


def packet(
    source: int, destination: int, protocol: int, payload: bytes,
    ttl: int = 255, tos: int = 0, identification: int = 0, flags: int = 0,
) -> bytes:  # fmt: skip
    """A packet without options, quickly. `flags` is the whole flags and offset word."""
    total = HEADER_SIZE + len(payload)
    word = ttl << 8 | protocol
    total_sum = (
        0x4500 + tos + total + identification + flags + word
        + (source >> 16) + (source & 0xFFFF) + (destination >> 16) + (destination & 0xFFFF)
    )  # fmt: skip
    checksum = 0xFFFF - (total_sum % 0xFFFF or 0xFFFF)
    return (
        HEADER.pack(
            _VERSION_4_NO_OPTIONS, tos, total, identification, flags, ttl, protocol, checksum, source, destination
        )
        + payload
    )


def hopped(data: bytes) -> bytes:
    """The packet one hop later: time-to-live less one, checksum patched (RFC 1624)."""
    ttl, protocol, checksum = _TTL_WORD.unpack_from(data, 8)
    checksum += 0x100
    if checksum >= 0xFFFF:
        checksum -= 0xFFFF
    return b"".join((data[:8], _TTL_WORD.pack(ttl - 1, protocol, checksum), data[12:]))


def rewritten(head: bytes) -> bytes:
    """A header (20 bytes or more, options included) with its checksum computed anew."""
    bare = head[:10] + b"\0\0" + head[12:]
    return bare[:10] + internet_checksum(bare).to_bytes(2, "big") + bare[12:]


def option_kinds(options: bytes) -> Iterator[int]:
    """The kinds of a header's options, up to one that is cut short; the end of the list is one too."""
    at = 0
    while at < len(options):
        kind = options[at]
        yield kind
        if kind == 0:
            return
        length = 1 if kind == 1 else options[at + 1] if at + 1 < len(options) else 0
        if length < 1 + (kind != 1):
            return
        at += length
