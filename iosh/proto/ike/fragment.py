"""IKE fragmentation (RFC 7383): long encrypted messages leave in pieces, pieces come back together.

Pieces are put together only after each was authenticated. One message is collected at a time per direction; a piece of
another message id, or of a message cut into more pieces, starts afresh (section 2.6).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from iosh.base.rng import Rng
from iosh.proto.ike.suite import Seal
from iosh.wire.ikev2 import SK, SKF, Fragment
from iosh.wire.isakmp import HEADER_SIZE, Header

MOST_FRAGMENTS: Final = 64
_LEAST_MTU: Final = 136  # below that nothing but overhead would fit
_IP_UDP: Final = 28 + 4  # what a datagram adds to a message at most: IPv4, UDP, non-ESP marker
_GENERIC: Final = Struct("!BBH")
_FRAGMENT: Final = Struct("!HH")


def seal_message(header: Header, inner: int, plain: bytes, seal: Seal, mtu: int | None, rng: Rng) -> list[bytes]:
    """An encrypted message: one datagram, or several where it is longer than the path's `mtu` allows."""
    size = HEADER_SIZE + _GENERIC.size + seal.size(len(plain))
    if mtu is None or size + _IP_UDP <= mtu:
        head = header._replace(next_payload=SK, length=size).encode()
        return [seal.seal(head + _GENERIC.pack(inner, 0, size - HEADER_SIZE), plain, rng)]
    step = seal.largest(max(mtu, _LEAST_MTU) - _IP_UDP - HEADER_SIZE - _GENERIC.size - _FRAGMENT.size)
    pieces = [plain[at : at + step] for at in range(0, len(plain), step)]
    return [
        _seal_piece(header, inner if number == 1 else 0, number, len(pieces), piece, seal, rng)
        for number, piece in enumerate(pieces, 1)
    ]


def _seal_piece(header: Header, inner: int, number: int, total: int, piece: bytes, seal: Seal, rng: Rng) -> bytes:
    size = HEADER_SIZE + _GENERIC.size + _FRAGMENT.size + seal.size(len(piece))
    head = header._replace(next_payload=SKF, length=size).encode()
    return seal.seal(head + _GENERIC.pack(inner, 0, size - HEADER_SIZE) + _FRAGMENT.pack(number, total), piece, rng)


class Assembly:
    """The pieces of one message so far."""

    __slots__ = ("_inner", "_message_id", "_pieces", "_total")

    def __init__(self) -> None:
        self._message_id = -1
        self._total = 0
        self._inner = 0
        self._pieces: dict[int, bytes] = {}

    def _begin(self, message_id: int, total: int) -> None:
        self._message_id, self._total, self._pieces = message_id, total, {}

    def has(self, message_id: int, fragment: Fragment) -> bool:
        """Is this piece here already? Asked before the work of decrypting it."""
        same = message_id == self._message_id and fragment.total == self._total
        return same and fragment.number in self._pieces

    def add(self, message_id: int, fragment: Fragment, plain: bytes) -> tuple[int, bytes] | None:
        """Keep an authenticated piece; once all are here, the first payload's type and the payloads."""
        if fragment.total > MOST_FRAGMENTS:
            return None
        if message_id == self._message_id and fragment.total < self._total:
            return None
        if (message_id, fragment.total) != (self._message_id, self._total):
            self._begin(message_id, fragment.total)
        if fragment.number == 1:
            self._inner = fragment.inner
        self._pieces[fragment.number] = plain
        if len(self._pieces) < self._total:
            return None
        whole = b"".join(self._pieces[number] for number in range(1, self._total + 1))
        self._begin(-1, 0)
        return self._inner, whole
