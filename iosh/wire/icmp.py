"""The Internet Control Message Protocol (RFC 792), with the next-hop MTU of RFC 1191 and the codes of RFC 1812.

Errors quote the offending packet as IOS does: its IP header and eight bytes. Extensions (RFC 4884) are read over.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
SOURCE_QUENCH: Final = 4
REDIRECT: Final = 5
ECHO: Final = 8
TIME_EXCEEDED: Final = 11
PARAMETER_PROBLEM: Final = 12

NET_UNREACHABLE: Final = 0
HOST_UNREACHABLE: Final = 1
PROTOCOL_UNREACHABLE: Final = 2
PORT_UNREACHABLE: Final = 3
FRAGMENTATION_NEEDED: Final = 4
ADMINISTRATIVELY_PROHIBITED: Final = 13

TTL_EXCEEDED: Final = 0
REASSEMBLY_EXCEEDED: Final = 1
HOST_REDIRECT: Final = 1

ERRORS: Final = frozenset((UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM))

_HEADER = Struct("!BBHI")
_QUOTED_BYTES = 8


class Icmp(NamedTuple):
    """One message. `rest` is the second word: identifier and sequence, next-hop MTU, or gateway.

     0                   1                   2                   3
    |   type   |      code       |            checksum              |
    |                      rest of the header                       |
    |  data, or the packet an error is about ...
    """

    type: int
    code: int
    rest: int
    data: bytes

    @classmethod
    def decode(cls, data: bytes) -> Icmp:
        r = Reader(data, "icmp")
        kind, code, _, rest = r.unpack(_HEADER)
        if internet_checksum(data):
            raise r.refuse("checksum")
        return cls(kind, code, rest, r.rest())

    def encode(self) -> bytes:
        head = _HEADER.pack(self.type, self.code, 0, self.rest)
        checksum = internet_checksum(head + self.data)
        return head[:2] + checksum.to_bytes(2, "big") + head[4:] + self.data

    @property
    def identifier(self) -> int:
        """Of an echo."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """Of an echo."""
        return self.rest & 0xFFFF

    @property
    def next_hop_mtu(self) -> int:
        """Of a fragmentation needed; 0 from a router older than RFC 1191."""
        return self.rest & 0xFFFF

    @property
    def gateway(self) -> IPv4:
        """Of a redirect."""
        return IPv4(self.rest)


class Quoted(NamedTuple):
    """What an error says of the packet it is about; `data` is what follows its header, eight bytes or more."""

    source: IPv4
    destination: IPv4
    protocol: int
    data: bytes

    @classmethod
    def decode(cls, data: bytes) -> Quoted:
        """From the data of an error. The quoted total length is the original's and the checksum may be stale."""
        r = Reader(data, "icmp quotation")
        head = r.take(20)
        size = (head[0] & 15) << 2
        if head[0] >> 4 != 4 or size < 20:
            raise r.refuse("version")
        r.take(size - 20)
        return cls(IPv4.unpack(head[12:16]), IPv4.unpack(head[16:20]), head[9], r.rest())


def quotation(packet: bytes) -> bytes:
    """What an error carries of the packet that caused it."""
    return packet[: ((packet[0] & 15) << 2) + _QUOTED_BYTES]


def may_be_answered(packet: bytes) -> bool:
    """May an error be sent about this packet at all (RFC 1812 section 4.3.2.7)? Addresses are the caller's to judge."""
    if int.from_bytes(packet[6:8], "big") & 0x1FFF:
        return False
    if packet[9] != 1:
        return True
    at = (packet[0] & 15) << 2
    return at < len(packet) and packet[at] not in ERRORS
