"""Fragmentation (RFC 791) and the reassembly of what is addressed to this router (RFC 815's holes, kept as a list).

Reassembly is bounded in datagrams, fragments and bytes, and in time. Fragments that overlap are never merged: the
whole datagram is given up, as RFC 5722 demands for IPv6; an exact repetition is ignored.
"""

from __future__ import annotations

from collections import Counter
from struct import Struct
from typing import Final

from iosh.base.time import SECOND, Instant
from iosh.wire import ipv4

TIMEOUT: Final = 30 * SECOND
DATAGRAM_LIMIT: Final = 256
FRAGMENT_LIMIT: Final = 64

_LENGTH_TO_OFFSET = Struct("!HHH")
_COPIED = 0x80


def fragments(packet: bytes, mtu: int) -> list[bytes]:
    """A packet in pieces of at most `mtu` bytes; none if not even eight bytes of it fit. DF is the caller's to see."""
    size = (packet[0] & 15) << 2
    _, identification, flags = _LENGTH_TO_OFFSET.unpack_from(packet, 2)
    first, later = packet[:size], _later_header(packet[:size])
    body = packet[size:]
    offset = (flags & ipv4.OFFSET) << 3
    pieces = []
    at = 0
    head = first
    while at < len(body):
        room = mtu - len(head)
        if room < 8:
            return []
        data = body[at:] if len(body) - at <= room else body[at : at + (room & ~7)]
        more = at + len(data) < len(body) or flags & ipv4.MF
        word = (flags & ~(ipv4.OFFSET | ipv4.MF)) | (ipv4.MF if more else 0) | (offset + at) >> 3
        middle = _LENGTH_TO_OFFSET.pack(len(head) + len(data), identification, word)
        pieces.append(ipv4.rewritten(head[:2] + middle + head[8:]) + data)
        at += len(data)
        head = later
    return pieces


def _later_header(head: bytes) -> bytes:
    """The header of all fragments but the first: only options with the copied bit stay."""
    kept = b""
    at = ipv4.HEADER_SIZE
    while at < len(head) and head[at] != 0:
        size = 1 if head[at] == 1 else head[at + 1] if at + 1 < len(head) else 0
        if size < 1 or at + size > len(head) or (head[at] != 1 and size < 2):
            break
        if head[at] & _COPIED:
            kept += head[at : at + size]
        at += size
    kept += bytes(-len(kept) % 4)
    return bytes((0x40 | (ipv4.HEADER_SIZE + len(kept)) >> 2,)) + head[1 : ipv4.HEADER_SIZE] + kept


class _Datagram:
    """The fragments of one datagram so far, as (offset, end) to data; `total` once the last came."""

    __slots__ = ("deadline", "first", "head", "pieces", "total", "vrf")

    def __init__(self, vrf: str, deadline: Instant) -> None:
        self.vrf = vrf
        self.deadline = deadline
        self.pieces: dict[tuple[int, int], bytes] = {}
        self.total: int | None = None
        self.head = b""
        self.first = b""  # the first fragment whole, to quote if time runs out


class Reassembly:
    """Datagrams being put together. `counters` are the router's; names begin with `reassembly.`."""

    def __init__(self, count: Counter[str]) -> None:
        self._datagrams: dict[tuple[str, bytes], _Datagram] = {}
        self._count = count

    def __len__(self) -> int:
        return len(self._datagrams)

    def due(self) -> Instant | None:
        """When the oldest runs out of time."""
        return next((datagram.deadline for datagram in self._datagrams.values()), None)

    def add(self, packet: bytes, now: Instant, vrf: str = "") -> bytes | None:
        """One fragment, its header already judged; the whole packet once nothing is missing. Those of different VRFs
        have nothing to do with each other.
        """
        size = (packet[0] & 15) << 2
        flags = int.from_bytes(packet[6:8], "big")
        start = (flags & ipv4.OFFSET) << 3
        end = start + len(packet) - size
        more = bool(flags & ipv4.MF)
        self._note("fragments")
        if end + ipv4.HEADER_SIZE > ipv4.MAXIMUM or start == end or (more and (end - start) & 7):
            self._note("bad")
            return None
        key = vrf, packet[4:6] + packet[9:10] + packet[12:20]
        datagram = self._datagrams.get(key)
        if datagram is None:
            datagram = self._open(key, now)
        if (start, end) in datagram.pieces:
            self._note("repeated")
            return None
        overlaps = any(start < other_end and other < end for other, other_end in datagram.pieces)
        beyond = datagram.total is not None and (end > datagram.total or not more)
        before_known = not more and any(other_end > end for _, other_end in datagram.pieces)
        if overlaps or beyond or before_known or len(datagram.pieces) >= FRAGMENT_LIMIT:
            del self._datagrams[key]
            self._note("overlapped" if overlaps else "inconsistent")
            return None
        datagram.pieces[start, end] = packet[size:]
        if not more:
            datagram.total = end
        if start == 0:
            datagram.head, datagram.first = packet[:size], packet
        return self._finished(key, datagram)

    def expire(self, now: Instant) -> list[tuple[str, bytes]]:
        """Give up what is too old; of each the VRF and the first fragment, if it ever came, to send an error about."""
        old = [key for key, datagram in self._datagrams.items() if datagram.deadline <= now]
        gone = [self._datagrams.pop(key) for key in old]
        for _ in gone:
            self._note("timeout")
        return [(datagram.vrf, datagram.first) for datagram in gone if datagram.first]

    def _open(self, key: tuple[str, bytes], now: Instant) -> _Datagram:
        if len(self._datagrams) >= DATAGRAM_LIMIT:
            del self._datagrams[next(iter(self._datagrams))]
            self._note("overflow")
        datagram = self._datagrams[key] = _Datagram(key[0], now + TIMEOUT)
        return datagram

    def _finished(self, key: tuple[str, bytes], datagram: _Datagram) -> bytes | None:
        if datagram.total is None or sum(end - start for start, end in datagram.pieces) != datagram.total:
            return None
        del self._datagrams[key]
        body = b"".join(datagram.pieces[place] for place in sorted(datagram.pieces))
        total = len(datagram.head) + len(body)
        if total > ipv4.MAXIMUM:
            self._note("bad")
            return None
        self._note("reassembled")
        head = datagram.head[:2] + total.to_bytes(2, "big") + datagram.head[4:6] + b"\0\0" + datagram.head[8:]
        return ipv4.rewritten(head) + body

    def _note(self, name: str) -> None:
        self._count[f"reassembly.{name}"] += 1
