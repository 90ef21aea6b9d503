"""Generic Routing Encapsulation, version 0: RFC 2784, with the key and sequence number of RFC 2890.

RFC 1701's routing (a set R bit) and version 1 (PPTP) are `Malformed`; a set strict-source-route bit or recursion
count is ignored, as RFC 2784 section 5.2 wants of the ones below the fifth.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

IPV4: Final = 0x0800
NHRP: Final = 0x2001

CHECKSUM_PRESENT: Final = 0x8000
ROUTING_PRESENT: Final = 0x4000
KEY_PRESENT: Final = 0x2000
SEQUENCE_PRESENT: Final = 0x1000
VERSION: Final = 0x0007

_HEADER = Struct("!HH")
_CHECKSUM = Struct("!HH")
_WORD = Struct("!I")


class Gre(NamedTuple):
    """One packet.

     0                   1                   2                   3
    |C|R|K|S|   reserved   |ver 0|       protocol type              |
    |     checksum (if C)        |        reserved (if C)           |
    |                          key (if K)                           |
    |                    sequence number (if S)                     |
    |  payload ...
    """

    protocol_type: int
    payload: bytes
    key: int | None = None
    sequence: int | None = None
    checksum: bool = False

    @classmethod
    def decode(cls, data: bytes) -> Gre:
        r = Reader(data, "gre")
        flags, protocol_type = r.unpack(_HEADER)
        if flags & (VERSION | ROUTING_PRESENT):
            raise r.refuse("version")
        if flags & CHECKSUM_PRESENT:
            r.unpack(_CHECKSUM)
            if internet_checksum(data):
                raise r.refuse("checksum")
        key = r.unpack(_WORD)[0] if flags & KEY_PRESENT else None
        sequence = r.unpack(_WORD)[0] if flags & SEQUENCE_PRESENT else None
        return cls(protocol_type, r.rest(), key, sequence, bool(flags & CHECKSUM_PRESENT))

    def encode(self) -> bytes:
        data = header(self.protocol_type, self.key, self.sequence, self.checksum) + self.payload
        if not self.checksum:
            return data
        return data[:4] + internet_checksum(data).to_bytes(2, "big") + data[6:]


def header(protocol_type: int, key: int | None = None, sequence: int | None = None, checksum: bool = False) -> bytes:
    """The header alone, its checksum, if there is one, still zero."""
    flags = checksum * CHECKSUM_PRESENT | (key is not None) * KEY_PRESENT | (sequence is not None) * SEQUENCE_PRESENT
    return b"".join(
        (
            _HEADER.pack(flags, protocol_type),
            _CHECKSUM.pack(0, 0) if checksum else b"",
            b"" if key is None else _WORD.pack(key),
            b"" if sequence is None else _WORD.pack(sequence),
        )
    )
