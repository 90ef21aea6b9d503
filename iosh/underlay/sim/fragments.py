"""Fragments as an end station makes and mends them (RFC 791 section 3.2, RFC 815 in spirit).

A packet is whole when its pieces leave no hole. Pieces that overlap or run past 65 535 bytes spoil their packet, as
RFC 5722 has it for IPv6; of unfinished packets the oldest make room for new ones, and age takes the rest.
"""

from __future__ import annotations

from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.wire.ipv4 import HEADER_SIZE, MAXIMUM, Ipv4

_PATIENCE: Final = 30 * SECOND
_UNFINISHED: Final = 64

_Key = tuple[int, int, int, int]


def fragmented(packet: Ipv4, mtu: int) -> list[bytes]:
    """The packet as it fits a link of that MTU, in one piece or more."""
    room = (mtu - HEADER_SIZE - len(packet.options)) & ~7
    if HEADER_SIZE + len(packet.options) + len(packet.payload) <= mtu or room <= 0:
        return [packet.encode()]
    payload = packet.payload
    return [
        packet._replace(
            payload=payload[at : at + room],
            offset=packet.offset + at,
            more_fragments=packet.more_fragments or at + room < len(payload),
        ).encode()
        for at in range(0, len(payload), room)
    ]


class Reassembly:
    """Packets in pieces, until they are whole."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: dict[_Key, tuple[Instant, list[Ipv4]]] = {}

    def add(self, piece: Ipv4, now: Instant) -> Ipv4 | None:
        """One more fragment; the packet if that was the last one missing."""
        key = (piece.source, piece.destination, piece.protocol, piece.identification)
        begun, pieces = self._pieces.pop(key, (now, []))
        if now - begun > _PATIENCE:
            begun, pieces = now, []
        pieces.append(piece)
        pieces.sort(key=lambda each: each.offset)
        end = 0
        for each in pieces:
            if each.offset < end or each.offset + len(each.payload) > MAXIMUM:
                return None  # overlapping or too long: all of it is thrown away
            if each.offset > end:
                break
            end = each.offset + len(each.payload)
        else:
            if not pieces[-1].more_fragments:
                whole = b"".join(each.payload for each in pieces)
                return pieces[0]._replace(payload=whole, more_fragments=False)
        if len(self._pieces) >= _UNFINISHED:
            del self._pieces[next(iter(self._pieces))]
        self._pieces[key] = begun, pieces
        return None
