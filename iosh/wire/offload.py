"""What Linux leaves to network hardware, done here: checksums half made and super-frames to be cut (virtio 1.2, 5.1.6).

A frame that a host on the same machine sends may come with its TCP or UDP checksum unfinished, and many segments in
one. Both are told by the header of virtio-net in front of it, which AF_PACKET (`PACKET_VNET_HDR`) and TAP
(`IFF_VNET_HDR`) give with each frame. Here: that header, finishing checksums, and trains (`train.py`) of TCP over IPv4
(TSO) and UDP over IPv4 (USO), in and out. Not here: TCP over IPv6 and UDP fragmentation offload: `Malformed`.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.errors import Malformed
from iosh.wire.checksum import internet_checksum, pseudo_header
from iosh.wire.train import TCP, UDP, LongFrame, Train, is_sound

NEEDS_CHECKSUM: Final = 1
NO_CUT, CUT_TCP4, CUT_UDP = 0, 1, 5
CONGESTION: Final = 0x80  # of the kind: the first segment alone carries CWR

_HEADER: Final = Struct("=BBHHHH")  # the machine's own byte order, as the kernel has it
HEADER_SIZE: Final = _HEADER.size
PLAIN: Final = bytes(HEADER_SIZE)  # in front of a frame that lacks nothing

_IPV4: Final = b"\x08\x00"
_VLAN: Final = b"\x81\x00"
_WORD: Final = Struct("!H")


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


def whole(offload: Offload, frame: bytes) -> bytes | LongFrame:
    """What hardware would have made of it, cut or not yet. `Malformed` when header and frame do not fit together."""
    kind = offload.kind & ~CONGESTION
    if kind != NO_CUT:
        at = 18 if frame[12:14] == _VLAN else 14
        packet = frame[at:]
        protocol = {CUT_TCP4: TCP, CUT_UDP: UDP}.get(kind)
        if frame[at - 2 : at] != _IPV4 or not is_sound(packet, offload.size) or packet[9] != protocol:
            raise Malformed("offload.train", len(frame))
        return LongFrame(frame[:at], Train(packet, offload.size))
    if offload.flags & NEEDS_CHECKSUM:
        return _finished(offload, frame)
    return frame


def _finished(offload: Offload, frame: bytes) -> bytes:
    """The sum of the pseudo-header stands in the checksum's place already."""
    at = offload.start + offload.place
    if offload.start < 14 or at + 2 > len(frame):
        raise Malformed("offload.checksum", len(frame))
    checksum = internet_checksum(frame[offload.start :]) or 0xFFFF
    return frame[:at] + _WORD.pack(checksum) + frame[at + 2 :]


def unfinished(long: LongFrame) -> tuple[bytes, bytes]:
    """The header and the frame as the kernel wants a train: it cuts it, or hands it on whole."""
    head, train = long
    packet, size = train.packet, train.size
    protocol = packet[9]
    place, kind = (16, CUT_TCP4) if protocol == TCP else (6, CUT_UDP)
    source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
    half = 0xFFFF - internet_checksum(pseudo_header(source, destination, protocol, len(packet) - 20))
    at = 20 + place
    offload = Offload(NEEDS_CHECKSUM, kind, len(head) + train.data, size, len(head) + 20, place)
    length = packet[20:at] if protocol == TCP else packet[20:24] + _WORD.pack(len(packet) - 20)
    return offload.encode(), b"".join((head, packet[:20], length, _WORD.pack(half), packet[at + 2 :]))
