"""What Linux leaves to network hardware, done here: checksums half made and super-frames to be cut (virtio 1.2, 5.1.6).

A frame that a host on the same machine sends may come with its TCP or UDP checksum unfinished, and many segments in
one. Both are told by the header of virtio-net in front of it, which AF_PACKET (`PACKET_VNET_HDR`) and TAP
(`IFF_VNET_HDR`) give with each frame. Here: finishing checksums, cutting TCP over IPv4 (TSO) and UDP over IPv4 (USO).
Not here: TCP over IPv6 and UDP fragmentation offload, which nobody asks Linux for; such frames are `Malformed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.errors import Malformed
from iosh.wire.checksum import internet_checksum, pseudo_header

NEEDS_CHECKSUM: Final = 1
NO_CUT, CUT_TCP4, CUT_UDP = 0, 1, 5
CONGESTION: Final = 0x80  # of the kind: the first segment alone carries CWR

_HEADER: Final = Struct("=BBHHHH")  # the machine's own byte order, as the kernel has it
HEADER_SIZE: Final = _HEADER.size
PLAIN: Final = bytes(HEADER_SIZE)  # in front of a frame that lacks nothing

_IPV4: Final = b"\x08\x00"
_VLAN: Final = b"\x81\x00"
_TCP, _UDP = 6, 17
_FIN, _PSH, _CWR = 1, 8, 0x80
_WORD: Final = Struct("!H")
_LONG: Final = Struct("!I")


class Offload(NamedTuple):
    """`struct virtio_net_hdr`.

     0                   1                   2                   3
    |     flags     |     kind      |         size of headers       |
    |   size of each segment's data |  where checksumming starts    |
    |  the checksum's place there   |
    """

    flags: int
    kind: int
    headers: int
    size: int
    start: int
    place: int

    @classmethod
    def decode(cls, data: bytes) -> Offload:
        if len(data) < HEADER_SIZE:
            raise Malformed("offload.header", len(data))
        return cls._make(_HEADER.unpack_from(data))

    def encode(self) -> bytes:
        return _HEADER.pack(*self)


def whole(offload: Offload, frame: bytes) -> list[bytes]:
    """The frames that hardware would have put on the wire. `Malformed` when header and frame do not fit together."""
    if offload.kind & ~CONGESTION != NO_CUT:
        return list(_cut(offload, frame))
    if offload.flags & NEEDS_CHECKSUM:
        return [_finished(offload, frame)]
    return [frame]


def _finished(offload: Offload, frame: bytes) -> bytes:
    """The sum of the pseudo-header stands in the checksum's place already."""
    at = offload.start + offload.place
    if offload.start < 14 or at + 2 > len(frame):
        raise Malformed("offload.checksum", len(frame))
    checksum = internet_checksum(frame[offload.start :]) or 0xFFFF
    return frame[:at] + _WORD.pack(checksum) + frame[at + 2 :]


def _cut(offload: Offload, frame: bytes) -> Iterator[bytes]:
    at = 18 if frame[12:14] == _VLAN else 14
    if frame[at - 2 : at] != _IPV4 or len(frame) < at + 20 or frame[at] >> 4 != 4:
        raise Malformed("offload.ipv4", len(frame))
    inner = at + ((frame[at] & 15) << 2)
    protocol = frame[at + 9]
    kind = offload.kind & ~CONGESTION
    if inner < at + 20 or not offload.size or (kind, protocol) not in ((CUT_TCP4, _TCP), (CUT_UDP, _UDP)):
        raise Malformed("offload.kind", len(frame))
    if protocol == _TCP:
        data = inner + (frame[inner + 12] >> 4 << 2) if len(frame) > inner + 12 else 0
        smallest = inner + 20
    else:
        data = smallest = inner + 8
    if not smallest <= data <= len(frame):
        raise Malformed("offload.headers", len(frame))
    segment = _tcp_segment if protocol == _TCP else _udp_segment
    head, ip, layer4 = frame[:at], frame[at:inner], frame[inner:data]
    for number, begin in enumerate(range(data, max(len(frame), data + 1), offload.size)):
        payload = frame[begin : begin + offload.size]
        is_last = begin + offload.size >= len(frame)
        packet = _ip_header(ip, number, len(layer4) + len(payload))
        upper = segment(layer4, begin - data, is_last, payload)
        yield head + packet + _with_checksum(packet, upper, protocol)


def _ip_header(ip: bytes, number: int, length: int) -> bytes:
    """Its own length, identification and checksum."""
    identification = (int.from_bytes(ip[4:6], "big") + number) & 0xFFFF
    header = bytearray(ip)
    header[2:6] = _WORD.pack(len(ip) + length) + _WORD.pack(identification)
    header[10:12] = b"\0\0"
    header[10:12] = _WORD.pack(internet_checksum(bytes(header)))
    return bytes(header)


def _tcp_segment(header: bytes, offset: int, is_last: bool, payload: bytes) -> bytes:
    segment = bytearray(header)
    sequence = (int.from_bytes(header[4:8], "big") + offset) & 0xFFFFFFFF
    segment[4:8] = _LONG.pack(sequence)
    if not is_last:
        segment[13] &= ~(_FIN | _PSH) & 0xFF
    if offset:
        segment[13] &= ~_CWR & 0xFF
    segment[16:18] = b"\0\0"
    return bytes(segment) + payload


def _udp_segment(header: bytes, offset: int, is_last: bool, payload: bytes) -> bytes:
    return header[:4] + _WORD.pack(len(header) + len(payload)) + b"\0\0" + payload


def _with_checksum(ip: bytes, upper: bytes, protocol: int) -> bytes:
    place = 16 if protocol == _TCP else 6
    source, destination = int.from_bytes(ip[12:16], "big"), int.from_bytes(ip[16:20], "big")
    checksum = internet_checksum(pseudo_header(source, destination, protocol, len(upper)) + upper) or 0xFFFF
    return upper[:place] + _WORD.pack(checksum) + upper[place + 2 :]
