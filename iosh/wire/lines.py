"""Packets of one length as the lines of a matrix: what `train.py` does packet by packet, done by numpy for all at once.

`cut` writes the packets of a train into lines, `joined` makes trains of lines. The bytes are those of `packets` and
`coalesced` in `train.py`. UDP is joined as well, where the identifications follow one another, as cutting will number
them. What is not taken is answered with None and goes the other way, as everything does without numpy.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from iosh.wire import train as trains
from iosh.wire.ipv4 import hopped, rewritten
from iosh.wire.train import ACK, CWR, FIN, LONGEST, MOST, PSH, TCP, UDP, Cargo, Train, bases, tcp_may_begin, word_sum

Matrix = Any  # a two-dimensional numpy array of bytes
FEWEST: Final = 6  # below that, one by one is quicker

_IP: Final = 20
_UDP_SIZE: Final = 8
_LITTLE: Final = sys.byteorder == "little"
_ACKS: Final = bytes((ACK,)) * MOST


def _fixed(*differ: int) -> tuple[int, ...]:
    alike = bytes(at not in differ for at in range(80))
    return tuple(int.from_bytes(alike[:size], "big") for size in range(81))


# By the length of the headers, a byte of 1 for each that is alike in packets that are joined: all but identification
# and checksums, and TCP's sequence number and flags.
_TCP_FIXED: Final = _fixed(4, 5, 10, 11, 24, 25, 26, 27, 33, 36, 37)
_UDP_FIXED: Final = _fixed(4, 5, 10, 11, 26, 27)


def matrix(block: bytes, begin: int, size: int, count: int) -> Matrix:
    """Packets that stand one after another, for reading."""
    numpy = trains.numpy
    return numpy.frombuffer(block, numpy.uint8, count * size, begin).reshape(count, size)


def numbers(count: int) -> Any:
    """0, 1, 2 ..."""
    return trains.numbers[:count]


def column(lines: Matrix, at: int, size: int = 2) -> Any:
    """A field of all lines as numbers; assigning to it (`[:]`) writes the field."""
    return lines[:, at : at + size].view(f">u{size}")[:, 0]


def word_sums(lines: Matrix) -> Any:
    """The sum of the 16-bit words of each line, modulo 65535. A line's length is a multiple of four.

    A sum made in the machine's byte order is that of the network with its bytes exchanged (RFC 1071, section 2B).
    """
    numpy = trains.numpy
    sums = lines.view(numpy.uint32).sum(axis=1, dtype=numpy.uint64).astype(numpy.int64) % 0xFFFF
    return (sums & 0xFF) << 8 | sums >> 8 if _LITTLE else sums


def lay(cargo: Cargo, front: bytes, lines: Matrix) -> None:
    """A cargo's first packets, as many as there are lines, one hop later; each behind `front`, with zeros after it.

    The lengths of `front` and of the lines are multiples of four, and of a train these packets are all full.
    """
    if isinstance(cargo, Train):
        _cut(cargo, front, lines)
        return
    at, size = len(front), cargo.longest
    lines[:, :at] = trains.numpy.frombuffer(front, trains.numpy.uint8)
    lines[:, at : at + size] = matrix(b"".join(cargo.packets), 0, size, len(lines))
    lines[:, at + size :] = 0
    lines[:, at + 8] -= 1
    checksums = column(lines, at + 10)
    patched = checksums.astype(trains.numpy.int64) + 0x100
    checksums[:] = patched - 0xFFFF * (patched >= 0xFFFF)


def _cut(train: Train, front: bytes, lines: Matrix) -> None:
    packet, size, data = train.packet, train.size, train.data
    count, at = len(lines), len(front)
    body = at + data
    head = hopped(packet[:data])
    numpy = trains.numpy
    lines[:, :body] = numpy.frombuffer(front + head, numpy.uint8)
    lines[:, body : body + size] = matrix(packet, data, size, count)
    lines[:, body + size :] = 0
    ip_base, base = bases(head, data, data + size, packet[9])
    column(lines, at + 2)[:] = data + size
    identifications = int.from_bytes(packet[4:6], "big") + numbers(count) & 0xFFFF
    column(lines, at + 4)[:] = identifications
    column(lines, at + 10)[:] = _finished(identifications + ip_base)
    sums = word_sums(lines[:, body:]) + base
    if packet[9] == UDP:
        sums += data + size - _IP - _word(packet, 24) - _word(packet, 26)
        column(lines, at + 24)[:] = data + size - _IP
        column(lines, at + 26)[:] = 0xFFFF - sums % 0xFFFF  # never 0, which would say that there is none
        return
    sequence = int.from_bytes(packet[24:28], "big") + numbers(count) * size & 0xFFFFFFFF
    flags = numpy.full(count, packet[33] & ~(FIN | PSH | CWR), numpy.int64)
    flags[0] |= packet[33] & CWR
    if len(packet) == data + count * size:
        flags[-1] |= packet[33] & (FIN | PSH)
    sums += (sequence >> 16) + (sequence & 0xFFFF) + flags
    sums -= sum(_word(packet, field) for field in (24, 26, 36)) + packet[33]
    column(lines, at + 24, 4)[:] = sequence
    lines[:, at + 33] = flags
    column(lines, at + 36)[:] = _finished(sums)


def number_packets(lines: Matrix, at: int, first: int) -> None:
    """Identifications from `first` on into IPv4 headers, else alike, that begin at `at`, and their checksums."""
    identifications = first + numbers(len(lines)) & 0xFFFF
    column(lines, at + 4)[:] = identifications
    alike = word_sum(
        lines[0, at : at + 4].tobytes() + lines[0, at + 6 : at + 10].tobytes() + lines[0, at + 12 : at + _IP].tobytes()
    )
    column(lines, at + 10)[:] = _finished(identifications + alike)


def stand_alike(lines: Matrix, begin: int, front: bytes) -> bool:
    """Does `front` stand there in all lines?"""
    return not (lines[:, begin : begin + len(front)] != trains.numpy.frombuffer(front, trains.numpy.uint8)).any()


def are_inner(lines: Matrix, end: int, protocol: int) -> bool:
    """Do all lines begin with a plain IPv4 header, whole and sound, of a packet that ends at `end`?"""
    first, heads = lines[0, :_IP].tobytes(), lines[:, :_IP]
    if first[0] != 0x45 or first[9] != protocol or first[6] & 0x3F or first[7] or _word(first, 2) != end:
        return False
    differs = int.from_bytes((heads != heads[0]).any(axis=0).tobytes(), "big")
    return not differs & _UDP_FIXED[_IP] and not word_sums(heads).any()


def joined(lines: Matrix, begin: int, end: int) -> list[Train] | None:
    """Trains of the packets that stand from `begin` to `end` in lines, if they are one flow's, in order and whole.

    `begin` and the lines' length are multiples of four, and what stands after the packets is alike in all.
    """
    first, count = lines[0, begin:end].tobytes(), len(lines)
    protocol = first[9] if len(first) > _IP else 0
    if protocol == TCP and tcp_may_begin(first):
        data, fixed = _IP + (first[32] >> 4 << 2), _TCP_FIXED
    elif protocol == UDP and _udp_may_begin(first):
        data, fixed = _IP + _UDP_SIZE, _UDP_FIXED
    else:
        return None
    heads, step = lines[:, begin : begin + data], end - begin - data
    differs = int.from_bytes((heads != heads[0]).any(axis=0).tobytes(), "big")
    if differs & fixed[data] or not _follow(heads, step, protocol) or not _sums_hold(lines, begin, end, first):
        return None
    most = min(MOST, (LONGEST - data) // step)
    pieces = [lines[at : at + most] for at in range(0, count, most)]
    return [Train(_whole(piece, begin, begin + data, end), step) for piece in pieces]


def _follow(heads: Matrix, step: int, protocol: int) -> bool:
    """Are they in order? TCP by its sequence numbers, only the last one pushed; UDP by the identifications, as cutting
    will number them, and it must have checksums.
    """
    count = len(heads)
    if protocol == UDP:
        ordered = column(heads, 4) == (int(column(heads, 4)[0]) + numbers(count) & 0xFFFF)
        return bool(ordered.all() and column(heads, 26).all())
    ordered = column(heads, 24, 4) == (int(column(heads, 24, 4)[0]) + numbers(count) * step & 0xFFFFFFFF)
    return (
        bool(ordered.all()) and heads[:-1, 33].tobytes() == _ACKS[: count - 1] and int(heads[-1, 33]) | PSH == ACK | PSH
    )


def _sums_hold(lines: Matrix, begin: int, end: int, first: bytes) -> bool:
    """Are all checksums right? Those of a train are made anew, so nothing damaged may get into it."""
    size = len(first)
    after = bytes(size & 1) + lines[0, end:].tobytes()
    constant = sum(_word(first, at) for at in (12, 14, 16, 18)) + first[9] + size - _IP - word_sum(after)
    upper = (word_sums(lines[:, begin + _IP :]) + constant) % 0xFFFF
    return not upper.any() and not word_sums(lines[:, begin : begin + _IP]).any()


def _whole(lines: Matrix, begin: int, data: int, end: int) -> bytes:
    """One packet with the data of all, and the last one's flags."""
    head, body = lines[0, begin:data].tobytes(), lines[:, data:end].tobytes()
    front = rewritten(head[:2] + (len(head) + len(body)).to_bytes(2, "big") + head[4:_IP])
    upper = head[_IP:]
    if head[9] == TCP:
        upper = head[_IP:33] + lines[-1:, begin + 33].tobytes() + head[34:]
    return b"".join((front, upper, body))


def _finished(sums: Any) -> Any:
    """As in `internet_checksum`: 0 where the words' sum is 0 modulo 65535."""
    return 0xFFFE - (sums - 1) % 0xFFFF


def _word(packet: bytes, at: int) -> int:
    return packet[at] << 8 | packet[at + 1]


def _udp_may_begin(packet: bytes) -> bool:
    size = len(packet)
    return (
        size > _IP + _UDP_SIZE
        and packet[0] == 0x45
        and packet[9] == UDP
        and not packet[6] & 0x3F
        and not packet[7]
        and _word(packet, 2) == size
        and _word(packet, 24) == size - _IP
    )
