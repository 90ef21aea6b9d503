"""Many packets as one: a `Train` is an IPv4 packet whose data is cut every `size` bytes (TSO, USO; RFC 9293, 768).

Hosts on the same machine give and take TCP in trains of 64 kB, and a router that carries a train whole decides once
for 45 packets. `packets` cuts one into what it stands for; `coalesced` joins what belongs together, as Linux's GRO:
same flow, same headers, sequence numbers that follow one another, every checksum verified. Only plain IPv4 headers of
20 bytes are joined or cut here; whoever sees others takes the packets one by one.

The sums over the data are the only part that is slow in Python: with numpy (the extra `fast`, taken up by `prepare`)
they are made for all packets at once; without it one after another, with the same result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from struct import Struct
from typing import Any, Final, NamedTuple

from iosh.wire.checksum import internet_checksum
from iosh.wire.ipv4 import hopped, rewritten

TCP, UDP = 6, 17
LONGEST: Final = 65_535  # bytes of a train, as of any IPv4 packet
MOST: Final = 64  # packets in a UDP train (Linux's UDP_MAX_SEGMENTS)

_IP: Final = 20
_UDP_SIZE: Final = 8
FIN, PSH, ACK, CWR = 1, 8, 16, 128  # flags of TCP
_LITTLE: Final = sys.byteorder == "little"
_WORD: Final = Struct("!H")
_TCP_FIELDS: Final = Struct("!H4sH12sI5sB2sH")  # from the identification to the checksum
_UDP_FIELDS: Final = Struct("!H4sH12sHH")


numpy: Any = None  # the module, once `prepare` has found it
numbers: Any = None  # 0, 1, 2 ... below `MOST`


def prepare() -> None:
    """Trains are to be expected: take up numpy if it is installed. Not before, because it loads slowly."""
    global numpy, numbers
    with suppress(ImportError):
        numpy = import_module("numpy")
        numbers = numpy.arange(MOST, dtype=numpy.int64)


class Train:
    """`packet` is the whole, its length fields for all of it; its own checksums hold nothing. The data begins at
    `data`; it stands for so many `segments`.
    """

    __slots__ = ("data", "packet", "segments", "size")

    def __init__(self, packet: bytes, size: int) -> None:
        self.packet = packet
        self.size = size
        self.data = _IP + ((packet[_IP + 12] >> 4) << 2 if packet[9] == TCP else _UDP_SIZE)
        self.segments = -(-(len(packet) - self.data) // size)

    @property
    def full(self) -> int:
        """How many of them are not shorter than the others."""
        return (len(self.packet) - self.data) // self.size

    @property
    def octets(self) -> int:
        """How long they are together."""
        return len(self.packet) + (self.segments - 1) * self.data

    def after(self, count: int) -> Train:
        """What is left of it when its first packets are gone."""
        packet, at = self.packet, self.data + count * self.size
        identification = _word(packet, 4) + count & 0xFFFF
        length = len(packet) - count * self.size
        front = packet[:2] + _WORD.pack(length) + _WORD.pack(identification) + packet[6:24]
        if packet[9] == UDP:
            return Train(front + packet[24 : self.data] + packet[at:], self.size)
        sequence = int.from_bytes(packet[24:28], "big") + count * self.size & 0xFFFFFFFF
        middle = sequence.to_bytes(4, "big") + packet[28:33] + bytes((packet[33] & (~CWR if count else 0xFF),))
        return Train(b"".join((front, middle, packet[34 : self.data], packet[at:])), self.size)

    def onward(self, front: bytes) -> list[bytes]:
        """Its packets one hop later, each behind `front`."""
        return packets(Train(hopped(self.packet), self.size), front)

    @property
    def longest(self) -> int:
        """The length of its longest packet."""
        return self.data + min(self.size, len(self.packet) - self.data)


class Run:
    """Packets of one length that came one by one: one flow's, with nothing different in their IPv4 headers but what
    numbers them. It is carried like a `Train` and has what is asked of one; `packet` is the first.
    """

    __slots__ = ("full", "longest", "octets", "packet", "packets", "segments")

    def __init__(self, single: Sequence[bytes]) -> None:
        self.packets = single
        self.packet = single[0]
        self.segments = self.full = len(single)
        self.longest = len(self.packet)
        self.octets = self.full * self.longest

    def after(self, count: int) -> Run:
        return Run(self.packets[count:])

    def onward(self, front: bytes) -> list[bytes]:
        return [front + hopped(packet) for packet in self.packets]


Cargo = Train | Run


class LongFrame(NamedTuple):
    """A train on Ethernet, as ports that can (`Port.takes_trains`) give and take it beside frames of bytes."""

    head: bytes
    train: Train

    def frames(self) -> list[bytes]:
        """The frames it stands for."""
        return packets(self.train, self.head)


Frame = bytes | LongFrame


def single_frames(frames: Sequence[Frame]) -> list[bytes]:
    """The frames that these stand for."""
    single: list[bytes] = []
    for frame in frames:
        if isinstance(frame, LongFrame):
            single += frame.frames()
        else:
            single.append(frame)
    return single


def is_sound(packet: bytes, size: int) -> bool:
    """May this be a train: TCP or UDP in plain IPv4, whole, with data? Checked once where trains come in."""
    if len(packet) < _IP + _UDP_SIZE or packet[0] != 0x45 or size <= 0:
        return False
    if int.from_bytes(packet[2:4], "big") != len(packet) or packet[6] & 0x3F or packet[7]:
        return False
    if packet[9] == UDP:
        return len(packet) > _IP + _UDP_SIZE
    return packet[9] == TCP and len(packet) > _IP + 20 and len(packet) > _IP + (packet[32] >> 4 << 2) >= _IP + 20


def packets(train: Train, front: bytes = b"") -> list[bytes]:
    """What it stands for, complete with checksums, each behind `front`."""
    packet, size, data = train.packet, train.size, train.data
    sums = data_sums(packet, data, size)
    return list((_tcp if packet[9] == TCP else _udp)(packet, size, data, sums, front))


def _tcp(packet: bytes, size: int, data: int, sums: Sequence[int], front: bytes) -> Iterator[bytes]:
    pack, total = _TCP_FIELDS.pack, len(packet)
    identification, sequence = int.from_bytes(packet[4:6], "big"), int.from_bytes(packet[24:28], "big")
    flags, last = packet[33], len(sums) - 1
    begin = front + packet[:2]
    middle, ends, acknowledged, window, rest = (
        packet[6:10],
        packet[12:24],
        packet[28:33],
        packet[34:36],
        packet[38:data],
    )
    length = data + size
    ip_base, tcp_base = bases(packet, data, length, TCP)
    tcp_base -= _word(packet, 24) + _word(packet, 26) + flags + _word(packet, 36)
    for number, (at, data_sum) in enumerate(zip(range(data, total, size), sums, strict=True)):
        own = flags & (0xFF if number == last else ~(FIN | PSH)) & (~CWR if number else 0xFF)
        if number == last and total - at < size:
            shorter = size - (total - at)
            length, ip_base, tcp_base = length - shorter, ip_base - shorter, tcp_base - shorter
        ip_sum = 0xFFFF - ((ip_base + identification) % 0xFFFF or 0xFFFF)
        tcp_sum = 0xFFFF - ((tcp_base + (sequence >> 16) + (sequence & 0xFFFF) + own + data_sum) % 0xFFFF or 0xFFFF)
        fields = pack(identification, middle, ip_sum, ends, sequence, acknowledged, own, window, tcp_sum)
        yield b"".join((begin, _WORD.pack(length), fields, rest, packet[at : at + size]))
        identification = identification + 1 & 0xFFFF
        sequence = sequence + size & 0xFFFFFFFF


def _udp(packet: bytes, size: int, data: int, sums: Sequence[int], front: bytes) -> Iterator[bytes]:
    pack, total = _UDP_FIELDS.pack, len(packet)
    identification = int.from_bytes(packet[4:6], "big")
    begin, middle, ends = front + packet[:2], packet[6:10], packet[12:24]
    for at, data_sum in zip(range(data, total, size), sums, strict=True):
        length = data + min(size, total - at)
        ip_base, udp_base = bases(packet, data, length, UDP)
        udp_base += length - _IP - _word(packet, 24) - _word(packet, 26)
        ip_sum = 0xFFFF - ((ip_base + identification) % 0xFFFF or 0xFFFF)
        udp_sum = 0xFFFF - ((udp_base + data_sum) % 0xFFFF or 0xFFFF)
        fields = pack(identification, middle, ip_sum, ends, length - _IP, udp_sum or 0xFFFF)
        yield b"".join((begin, _WORD.pack(length), fields, packet[at : at + size]))
        identification = identification + 1 & 0xFFFF


def bases(packet: bytes, data: int, length: int, protocol: int) -> tuple[int, int]:
    """What goes into the IP checksum but the identification, and into the upper one but what differs and the data."""
    ip = sum(_word(packet, at) for at in (0, 6, 8, 12, 14, 16, 18)) + length
    pseudo = sum(_word(packet, at) for at in (12, 14, 16, 18)) + protocol + length - _IP
    return ip, pseudo + sum(_word(packet, at) for at in range(_IP, data, 2))


def _word(packet: bytes, at: int) -> int:
    return packet[at] << 8 | packet[at + 1]


# --- joining ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _headers(data: int) -> Struct:
    """Version and ToS, length, flags to protocol, addresses and ports, sequence number, acknowledgement and header
    size, flags, window, urgent pointer and options, of a TCP segment whose headers are that long.
    """
    return Struct(f"!2sH2x4s2x12sI5sB2s2x{data - 38}s")


class _Run:
    """Segments of one flow that follow one another, and what the next one must be like."""

    def __init__(self, packet: bytes) -> None:
        self.packets = [packet]
        self._data = _IP + (packet[32] >> 4 << 2)
        self._size = len(packet)
        self._step = self._size - self._data
        self._room = (LONGEST - self._size) // self._step  # for so many more
        self._unpack = _headers(self._data).unpack_from
        version, _, middle, ends, sequence, known, flags, window, rest = self._unpack(packet)
        self._same = version, middle, ends, known, window, rest
        self._sequence = sequence + self._step & 0xFFFFFFFF
        self._open = flags == ACK  # a pushed or shorter segment is the last

    def take(self, packet: bytes) -> bool:
        """Was it the next one?"""
        if not self._open or not self._data < len(packet) <= self._size:
            return False
        version, length, middle, ends, sequence, known, flags, window, rest = self._unpack(packet)
        if sequence != self._sequence or (version, middle, ends, known, window, rest) != self._same:
            return False
        if length != len(packet) or flags & ~PSH != ACK:
            return False
        self.packets.append(packet)
        self._sequence = sequence + self._step & 0xFFFFFFFF
        self._room -= 1
        self._open = flags == ACK and length == self._size and self._room > 0
        return True


def coalesced(arrived: Sequence[bytes]) -> Iterator[bytes | Train]:
    """The packets in their order, runs of TCP segments of one flow as trains."""
    run: _Run | None = None
    for packet in arrived:
        if run is not None:
            if run.take(packet):
                continue
            yield from _joined(run.packets)
        run = _Run(packet) if tcp_may_begin(packet) else None
        if run is None:
            yield packet
    if run is not None:
        yield from _joined(run.packets)


def extended(train: Train, packet: bytes) -> Train | None:
    """A train of TCP with one more, shorter packet, if that follows it and is sound."""
    whole, size, data = train.packet, train.size, train.data
    if whole[9] != TCP or len(whole) + size > LONGEST or not data < len(packet) < data + size:
        return None
    unpack = _headers(data).unpack_from
    version, _, middle, ends, sequence, known, flags, window, rest = unpack(whole)
    follows = sequence + len(whole) - data & 0xFFFFFFFF
    found = unpack(packet)
    if found != (version, len(packet), middle, ends, follows, known, found[6], window, rest):
        return None
    if flags != ACK or found[6] & ~PSH != ACK or internet_checksum(packet[:_IP]) or not _checksums_hold([packet]):
        return None
    longer = b"".join((whole[:33], packet[33:34], whole[34:], packet[data:]))
    return Train(rewritten(longer[:2] + _WORD.pack(len(longer)) + longer[4:_IP]) + longer[_IP:], size)


def tcp_may_begin(packet: bytes) -> bool:
    return (
        len(packet) > 40
        and packet[0] == 0x45
        and packet[9] == TCP
        and not packet[6] & 0x3F
        and not packet[7]
        and packet[33] & ~PSH == ACK
        and int.from_bytes(packet[2:4], "big") == len(packet)
        and _IP + 20 <= _IP + (packet[32] >> 4 << 2) < len(packet)
    )


def _joined(run: list[bytes]) -> Iterator[bytes | Train]:
    if len(run) == 1 or not _checksums_hold(run):
        yield from run
        return
    first = run[0]
    data = _IP + (first[32] >> 4 << 2)
    whole = b"".join((first, *(packet[data:] for packet in run[1:])))
    head = rewritten(whole[:2] + _WORD.pack(len(whole)) + whole[4:_IP])
    yield Train(b"".join((head, whole[_IP:33], run[-1][33:34], whole[34:])), len(first) - data)


def _checksums_hold(run: list[bytes]) -> bool:
    """Only what is whole is joined: the joined one's checksum will be made anew."""
    size = len(run[0]) - _IP
    sums = data_sums(b"".join(packet[_IP:] for packet in run), 0, size)
    ends = sum(_word(run[0], at) for at in (12, 14, 16, 18)) + TCP
    return all((total + ends + len(packet) - _IP) % 0xFFFF == 0 for packet, total in zip(run, sums, strict=True))


def data_sums(data: bytes, begin: int, size: int) -> list[int]:
    """The sums of 16-bit words of each `size` bytes from `begin` on, folded to 16 bits; an odd last byte is padded."""
    if numpy is None or len(data) - begin < 4 * size:
        return [word_sum(data[at : at + size]) for at in range(begin, len(data), size)]
    count = (len(data) - begin) // size
    rows = numpy.frombuffer(data, numpy.uint8, count * size, begin).reshape(count, size)
    if size & 1:
        padded = numpy.zeros((count, size + 1), numpy.uint8)
        padded[:, :size] = rows
        words = padded.view(numpy.uint16)
    elif begin & 1:
        words = rows.copy().view(numpy.uint16)
    else:
        words = rows.view(numpy.uint16)
    found = [_swapped(total % 0xFFFF) for total in words.sum(axis=1, dtype=numpy.uint64).tolist()]
    rest = data[begin + count * size :]
    return [*found, word_sum(rest)] if rest else found


def word_sum(data: bytes) -> int:
    total = int.from_bytes(data, "big")
    return (total << 8 if len(data) & 1 else total) % 0xFFFF


def _swapped(total: int) -> int:
    """A sum made in the machine's byte order, in the network's: the sum does not mind (RFC 1071, section 2B)."""
    return (total & 0xFF) << 8 | total >> 8 if _LITTLE else total
