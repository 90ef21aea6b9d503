"""The ISAKMP header and payload chain that IKEv1 and IKEv2 share (RFC 7296 sections 3.1 and 3.2), and the
non-ESP marker of UDP port 4500 (RFC 3948 section 2.2).

What a payload holds is said in `wire/ikev2.py`. Here lengths are checked, nothing else.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.errors import Malformed
from iosh.wire.reader import Reader

IKE_PORT: Final = 500
NAT_PORT: Final = 4500
NON_ESP_MARKER: Final = b"\0\0\0\0"
NAT_KEEPALIVE: Final = b"\xff"

VERSION_1: Final = 0x10
VERSION_2: Final = 0x20

FLAG_INITIATOR: Final = 0x08
FLAG_VERSION: Final = 0x10
FLAG_RESPONSE: Final = 0x20

HEADER_SIZE: Final = 28
_HEADER: Final = Struct("!QQBBBBII")
_GENERIC: Final = Struct("!BBH")


class Header(NamedTuple):
    """The fixed header of every message.

     0                   1                   2                   3
    |                    IKE SA Initiator's SPI                     |
    |                                                               |
    |                    IKE SA Responder's SPI                     |
    |                                                               |
    |  next payload | major | minor | exchange type |     flags     |
    |                          message id                           |
    |                            length                             |
    """

    initiator_spi: int
    responder_spi: int
    next_payload: int
    version: int
    exchange: int
    flags: int
    message_id: int
    length: int

    @classmethod
    def decode(cls, r: Reader) -> Header:
        header = cls(*r.unpack(_HEADER))
        if header.length < HEADER_SIZE or header.length - HEADER_SIZE > r.left:
            raise r.refuse("length")
        return header

    def encode(self) -> bytes:
        return _HEADER.pack(*self)

    @property
    def is_response(self) -> bool:
        return bool(self.flags & FLAG_RESPONSE)

    @property
    def from_initiator(self) -> bool:
        """Sent by whoever began this IKE SA."""
        return bool(self.flags & FLAG_INITIATOR)


class Raw(NamedTuple):
    """A payload with its generic header read and its body not.

    | next payload  |C|  reserved   |        payload length         |
    """

    type: int
    critical: bool
    body: bytes


def decode_chain(
    first: int, data: bytes, place: str = "ISAKMP payload", last: tuple[int, ...] = ()
) -> tuple[list[Raw], int]:
    """The payloads of a chain that begins with type `first`, and the next-payload field of the final one.

    The chain ends at type 0, or after a payload whose type is in `last` (Encrypted: its next-payload field
    names what is inside it). Bytes after the end are refused.
    """
    found: list[Raw] = []
    at, end, kind = 0, len(data), first
    while kind:
        if at + 4 > end:
            raise Malformed(place, end - at)
        following, flags, size = _GENERIC.unpack_from(data, at)
        if size < 4 or at + size > end:
            raise Malformed(place, end - at)
        found.append(Raw(kind, bool(flags & 0x80), data[at + 4 : at + size]))
        at += size
        if kind in last:
            kind = following
            break
        kind = following
    if at != end:
        raise Malformed(f"{place} end", end - at)
    return found, kind


def encode_chain(payloads: list[Raw], final: int = 0) -> bytes:
    """The payloads one after the other; `final` is the next-payload field of the last one."""
    following = [payload.type for payload in payloads[1:]] + [final]
    return b"".join(
        _GENERIC.pack(then, 0x80 if payload.critical else 0, 4 + len(payload.body)) + payload.body
        for payload, then in zip(payloads, following)
    )
