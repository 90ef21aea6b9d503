"""The User Datagram Protocol (RFC 768) over IPv4: the checksum may be absent on receipt and is always sent."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from iosh.wire.checksum import internet_checksum, pseudo_header
from iosh.wire.ipv4 import UDP
from iosh.wire.reader import Reader

_HEADER = Struct("!HHHH")


class Udp(NamedTuple):
    """One datagram.

     0                   1                   2                   3
    |        source port         |        destination port          |
    |          length            |            checksum              |
    |  payload ...
    """

    source: int
    destination: int
    payload: bytes

    @classmethod
    def decode(cls, data: bytes, source: int, destination: int) -> Udp:
        """A datagram between two addresses, which the checksum covers; bytes after its length are cut off."""
        r = Reader(data, "udp")
        source_port, destination_port, length, checksum = r.unpack(_HEADER)
        if not _HEADER.size <= length <= len(data):
            raise r.refuse("length")
        if checksum and internet_checksum(pseudo_header(source, destination, UDP, length) + data[:length]):
            raise r.refuse("checksum")
        return cls(source_port, destination_port, data[_HEADER.size : length])

    def encode(self, source: int, destination: int) -> bytes:
        length = _HEADER.size + len(self.payload)
        head = _HEADER.pack(self.source, self.destination, length, 0)
        checksum = internet_checksum(pseudo_header(source, destination, UDP, length) + head + self.payload)
        return head[:6] + (checksum or 0xFFFF).to_bytes(2, "big") + self.payload
