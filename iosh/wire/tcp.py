"""TCP segments (RFC 9293): what a router needs of them. The header, the reset of RFC 9293 section 3.10.7.1, and the
maximum segment size option (section 3.7.1), which `ip tcp adjust-mss` lowers in passing. Other options are carried
as bytes.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.wire.checksum import internet_checksum, pseudo_header, updated
from iosh.wire.ipv4 import TCP
from iosh.wire.reader import Reader

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

_HEADER = Struct("!HHIIBBHHH")
_END, _NOP, _MSS = 0, 1, 2
_HEADER_SIZE = 20


class Tcp(NamedTuple):
    """One segment.

     0                   1                   2                   3
    |        source port         |        destination port          |
    |                        sequence number                        |
    |                     acknowledgment number                     |
    | offset | 0 |     flags     |             window               |
    |         checksum           |         urgent pointer           |
    |  options, padded to 4 ...  |  payload ...
    """

    source: int
    destination: int
    sequence: int
    acknowledgment: int
    flags: int
    window: int = 0
    options: bytes = b""
    payload: bytes = b""

    @classmethod
    def decode(cls, data: bytes, source: int, destination: int) -> Tcp:
        """A segment between two addresses, which the checksum covers."""
        r = Reader(data, "tcp")
        source_port, destination_port, sequence, acknowledgment, offset, flags, window, _, _ = r.unpack(_HEADER)
        size = offset >> 4 << 2
        if not _HEADER_SIZE <= size <= len(data):
            raise r.refuse("offset")
        if internet_checksum(pseudo_header(source, destination, TCP, len(data)) + data):
            raise r.refuse("checksum")
        options = r.take(size - _HEADER_SIZE)
        return cls(source_port, destination_port, sequence, acknowledgment, flags, window, options, r.rest())

    def encode(self, source: int, destination: int) -> bytes:
        options = self.options + bytes(-len(self.options) % 4)
        offset = (_HEADER_SIZE + len(options)) << 2
        head = _HEADER.pack(
            self.source, self.destination, self.sequence, self.acknowledgment, offset, self.flags, self.window, 0, 0
        )
        data = head + options + self.payload
        checksum = internet_checksum(pseudo_header(source, destination, TCP, len(data)) + data)
        return data[:16] + checksum.to_bytes(2, "big") + data[18:]

    def reset(self) -> Tcp | None:
        """The answer to a segment nobody listens for; a reset gets none."""
        if self.flags & RST:
            return None
        if self.flags & ACK:
            return Tcp(self.destination, self.source, self.acknowledgment, 0, RST)
        end = self.sequence + len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)
        return Tcp(self.destination, self.source, 0, end & 0xFFFFFFFF, RST | ACK)


def clamped(segment: bytes, mss: int) -> bytes:
    """A segment whose MSS option, if it is a SYN with a larger one, says `mss`. Anything odd passes untouched."""
    if len(segment) < _HEADER_SIZE or not segment[13] & SYN:
        return segment
    end = min(segment[12] >> 4 << 2, len(segment))
    at = _HEADER_SIZE
    while at + 1 < end:
        kind = segment[at]
        if kind == _END:
            break
        if kind == _NOP:
            at += 1
            continue
        size = segment[at + 1]
        if kind == _MSS and size == 4 and at + 4 <= end:
            return _with_mss(segment, at + 2, mss)
        if size < 2:
            break
        at += size
    return segment


def _with_mss(segment: bytes, at: int, mss: int) -> bytes:
    old = int.from_bytes(segment[at : at + 2], "big")
    if old <= mss:
        return segment
    patched = bytearray(segment)
    patched[at : at + 2] = mss.to_bytes(2, "big")
    first = at & ~1  # the option may sit on an odd offset: then it spans two of the words that are summed
    checksum = int.from_bytes(segment[16:18], "big")
    for word in range(first, at + 2, 2):
        before, after = segment[word : word + 2], patched[word : word + 2]
        checksum = updated(checksum, int.from_bytes(before, "big"), int.from_bytes(after, "big"))
    patched[16:18] = checksum.to_bytes(2, "big")
    return bytes(patched)
