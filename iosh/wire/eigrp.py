"""EIGRP on the wire: RFC 7868 section 6, packets of IP protocol 88 to one neighbour or to 224.0.0.10.

In: the header, every general TLV, IPv4 routes in the classic (0x01nn) and the wide, multiprotocol form (0x06nn), and
authentication by MD5 and HMAC-SHA-256. A route TLV may name several destinations; they are read as one route each.
What is unknown is kept as it came (`Unknown`), community TLVs too. Out: IPv6, AppleTalk, IPX, service families.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |  version (2)  |    opcode     |           checksum            |
    |                             flags                             |
    |                        sequence number                        |
    |                     acknowledgment number                     |
    |       virtual router ID       |   autonomous system number    |
    -- TLVs: type, length with these four bytes, value … ------------

Delay is kept in picoseconds and bandwidth in kbit/s, as wide routes carry them; classic ones scale both by 256.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, Prefix
from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

PROTOCOL: Final = 88
GROUP: Final = IPv4(0xE000000A)
VERSION: Final = 2
HEADER_SIZE: Final = 20
INFINITE_DELAY: Final = 0xFFFFFFFFFFFF  # of a wide route: the destination cannot be reached
GOODBYE: Final = (255,) * 6  # K values of a hello that says farewell

_HEADER: Final = Struct("!BBHIIIHH")
_TLV: Final = Struct("!HH")
_PARAMETER: Final = Struct("!6BH")
_AUTHENTICATION: Final = Struct("!HHII8x")
_VERSION: Final = Struct("!4B")
_WORD: Final = Struct("!I")
_FLAGS: Final = Struct("!H")
_CLASSIC: Final = Struct("!IIHBBBBBB")
_EXTERIOR: Final = Struct("!IIIIHBB")
_WIDE_HEAD: Final = Struct("!HHI")
_WIDE: Final = Struct("!BBBBHBBHIHIHH")
_CHECKSUM_AT: Final = 2
_AFI_IPV4: Final = 1
_CLASSIC_INFINITE: Final = 0xFFFFFFFF
_CLASSIC_BANDWIDTH: Final = 2_560_000_000  # scaled, of 1 kbit/s
_CLASSIC_DELAY: Final = 10_000_000  # picoseconds in ten microseconds
_LARGEST_BANDWIDTH: Final = 0xFFFFFFFFFFFF


class Opcode(IntEnum):
    """What a packet is for."""

    UPDATE = 1
    REQUEST = 2
    QUERY = 3
    REPLY = 4
    HELLO = 5  # with an acknowledgment number and nothing in it: an acknowledgment
    SIA_QUERY = 10
    SIA_REPLY = 11


class Flag:
    """Flags of the header."""

    INIT = 0x1  # to a new neighbour: begin
    CONDITIONAL_RECEIVE = 0x2  # only for those a sequence TLV did not name
    RESTART = 0x4
    END_OF_TABLE = 0x8


class Tlv:
    """TLV types."""

    PARAMETER = 0x0001
    AUTHENTICATION = 0x0002
    SEQUENCE = 0x0003
    SOFTWARE_VERSION = 0x0004
    MULTICAST_SEQUENCE = 0x0005
    STUB = 0x0006
    PEER_TERMINATION = 0x0007
    TID_LIST = 0x0008
    INTERNAL = 0x0102
    EXTERNAL = 0x0103
    WIDE_INTERNAL = 0x0602
    WIDE_EXTERNAL = 0x0603


class Stub:
    """What a stub router advertises: flags of the stub TLV."""

    CONNECTED = 0x01
    STATIC = 0x02
    SUMMARY = 0x04
    REDISTRIBUTED = 0x08
    LEAK_MAP = 0x10
    RECEIVE_ONLY = 0x20


class Parameter(NamedTuple):
    """K values and hold time, of every hello.

    |      K1       |      K2       |      K3       |      K4       |
    |      K5       |      K6       |        hold time              |
    """

    k: tuple[int, ...]
    hold_s: int

    def encode(self) -> bytes:
        return _tlv(Tlv.PARAMETER, _PARAMETER.pack(*self.k, self.hold_s))


class Authentication(NamedTuple):
    """A digest of the packet; the first TLV of one that has it.

    | authentication type (2: MD5,  |        digest length          |
    | 3: HMAC-SHA-256)              |                               |
    |                            key ID                             |
    |                      key sequence number                      |
    |                     padding (eight bytes)                     |
    |                            digest …                           |
    """

    kind: int
    key_id: int
    sequence: int
    digest: bytes

    def encode(self) -> bytes:
        head = _AUTHENTICATION.pack(self.kind, len(self.digest), self.key_id, self.sequence)
        return _tlv(Tlv.AUTHENTICATION, head + self.digest)


class Sequence(NamedTuple):
    """Those who shall not take the next multicast: each an address, one byte of length before it."""

    addresses: tuple[IPv4, ...]

    def encode(self) -> bytes:
        return _tlv(Tlv.SEQUENCE, b"".join(b"\x04" + address.packed for address in self.addresses))


class SoftwareVersion(NamedTuple):
    """| OS major | OS minor | TLV major | TLV minor |; TLV version 2.0 and later understands wide metrics."""

    os: tuple[int, int]
    tlv: tuple[int, int]

    def encode(self) -> bytes:
        return _tlv(Tlv.SOFTWARE_VERSION, _VERSION.pack(*self.os, *self.tlv))


class MulticastSequence(NamedTuple):
    """The sequence number of the next multicast, beside a sequence TLV."""

    number: int

    def encode(self) -> bytes:
        return _tlv(Tlv.MULTICAST_SEQUENCE, _WORD.pack(self.number))


class StubInfo(NamedTuple):
    """The sender is a stub router: 16 flags of `Stub`."""

    flags: int

    def encode(self) -> bytes:
        return _tlv(Tlv.STUB, _FLAGS.pack(self.flags))


class PeerTermination(NamedTuple):
    """The sender has taken these off its table: addresses as in a sequence TLV."""

    addresses: tuple[IPv4, ...] = ()

    def encode(self) -> bytes:
        return _tlv(Tlv.PEER_TERMINATION, b"".join(b"\x04" + address.packed for address in self.addresses))


class Unknown(NamedTuple):
    """A TLV as it came."""

    type: int
    value: bytes

    def encode(self) -> bytes:
        return _tlv(self.type, self.value)


class Metric(NamedTuple):
    """What a path is made of. Delay in picoseconds, bandwidth in kbit/s, the least MTU on the way.

    Classic:                                            Wide:
    |            delay, 10 us * 256 (~0: none)      |   | ext. length (words) |priority |reliability| load |
    |         10^7 / bandwidth in kbit/s * 256      |   |             MTU               |   hop count      |
    |            MTU            |     hop count     |   |           delay, ps (48 bits, ~0: none)          |
    | reliability | load | internal tag |   flags   |   |           bandwidth, kbit/s (48 bits)            |
                                                        |        reserved        |     opaque flags        |
    """

    delay_ps: int
    bandwidth_kbit: int
    mtu: int = 1500
    hops: int = 0
    reliability: int = 255
    load: int = 1

    @property
    def is_infinite(self) -> bool:
        return self.delay_ps >= INFINITE_DELAY

    def classic(self) -> bytes:
        """Sixteen bytes. A part of a unit counts as a whole one."""
        delay = _CLASSIC_INFINITE
        if not self.is_infinite:
            delay = min(-(-self.delay_ps * 256 // _CLASSIC_DELAY), _CLASSIC_INFINITE - 1)
        bandwidth = min(_CLASSIC_BANDWIDTH // 256 // max(self.bandwidth_kbit, 1) * 256, _CLASSIC_INFINITE)
        mtu = min(self.mtu, 0xFFFFFF)
        return _CLASSIC.pack(delay, bandwidth, mtu >> 8, mtu & 0xFF, self.hops, self.reliability, self.load, 0, 0)

    @classmethod
    def read_classic(cls, r: Reader) -> Metric:
        delay, bandwidth, mtu_high, mtu_low, hops, reliability, load, _, _ = r.unpack(_CLASSIC)
        delay_ps = INFINITE_DELAY if delay == _CLASSIC_INFINITE else delay * _CLASSIC_DELAY // 256
        kbit = _CLASSIC_BANDWIDTH // bandwidth if bandwidth else _CLASSIC_BANDWIDTH
        return cls(delay_ps, kbit, mtu_high << 8 | mtu_low, hops, reliability, load)

    def wide(self) -> bytes:
        """Twenty-four bytes, no extended attributes."""
        delay = min(self.delay_ps, INFINITE_DELAY)
        kbit = min(self.bandwidth_kbit, _LARGEST_BANDWIDTH)
        mtu = min(self.mtu, 0xFFFFFF)
        return _WIDE.pack(
            0, 0, self.reliability, self.load, mtu >> 8, mtu & 0xFF, self.hops,
            delay >> 32, delay & 0xFFFFFFFF, kbit >> 32, kbit & 0xFFFFFFFF, 0, 0,
        )  # fmt: skip

    @classmethod
    def read_wide(cls, r: Reader) -> Metric:
        """The metric, past its extended attributes, which add nothing while K6 is 0."""
        words, _, reliability, load, mtu_high, mtu_low, hops, high, low, kbit_high, kbit_low, _, _ = r.unpack(_WIDE)
        r.take(2 * words)
        return cls(high << 32 | low, kbit_high << 32 | kbit_low, mtu_high << 8 | mtu_low, hops, reliability, load)


class Exterior(NamedTuple):
    """Where an external route came from.

    |                    originating router (its ID)                |
    |                 originating autonomous system                 |
    |                      administrative tag                       |
    |                metric of the external protocol                |
    |           reserved            | ext. protocol |     flags     |
    """

    router: IPv4
    autonomous_system: int
    tag: int
    metric: int
    protocol: int
    flags: int = 0

    def encode(self) -> bytes:
        return _EXTERIOR.pack(self.router, self.autonomous_system, self.tag, self.metric, 0, self.protocol, self.flags)

    @classmethod
    def decode(cls, r: Reader) -> Exterior:
        router, autonomous_system, tag, metric, _, protocol, flags = r.unpack(_EXTERIOR)
        return cls(IPv4(router), autonomous_system, tag, metric, protocol, flags)


class ExternalProtocol:
    """Numbers of external protocols (RFC 7868 section 6.7.2)."""

    IGRP = 1
    EIGRP = 2
    STATIC = 3
    RIP = 4
    HELLO = 5
    OSPF = 6
    ISIS = 7
    EGP = 8
    BGP = 9
    IDRP = 10
    CONNECTED = 11


class Route(NamedTuple):
    """One destination. `next_hop` 0 is the sender itself; `wide` says how it is written.

    Classic:  | next hop | (external: exterior) | metric | destination … |
    Wide:     | TID | address family | router ID | metric | next hop | (external: exterior) | destination … |
    A destination: one byte of prefix length, then the bytes of the network that it needs, at least one.
    """

    prefix: Prefix
    metric: Metric
    next_hop: IPv4 = IPv4(0)
    exterior: Exterior | None = None
    wide: bool = False
    router: IPv4 = IPv4(0)  # wide: the ID of who brought it into this autonomous system

    def encode(self) -> bytes:
        outside = self.exterior.encode() if self.exterior is not None else b""
        if self.wide:
            kind = Tlv.WIDE_EXTERNAL if outside else Tlv.WIDE_INTERNAL
            head = _WIDE_HEAD.pack(0, _AFI_IPV4, self.router) + self.metric.wide() + self.next_hop.packed + outside
        else:
            kind = Tlv.EXTERNAL if outside else Tlv.INTERNAL
            head = self.next_hop.packed + outside + self.metric.classic()
        return _tlv(kind, head + _destination(self.prefix))


General = (
    Parameter | Authentication | Sequence | SoftwareVersion | MulticastSequence | StubInfo | PeerTermination | Unknown
)


class Eigrp(NamedTuple):
    """A packet. `virtual_router` is 0 but for multicast and service families, which are not spoken here."""

    opcode: int
    autonomous_system: int
    flags: int = 0
    sequence: int = 0
    acknowledgment: int = 0
    tlvs: tuple[General | Route, ...] = ()
    virtual_router: int = 0

    def encode(self) -> bytes:
        return packet(self, b"".join(tlv.encode() for tlv in self.tlvs))

    @classmethod
    def decode(cls, data: bytes) -> Eigrp:
        r = Reader(data, "EIGRP")
        version, opcode, _, flags, sequence, acknowledgment, virtual, autonomous_system = r.unpack(_HEADER)
        if version != VERSION:
            raise r.refuse("version")
        if internet_checksum(data):
            raise r.refuse("checksum")
        tlvs: list[General | Route] = []
        while r.left:
            kind, size = r.unpack(_TLV)
            if size < _TLV.size:
                raise r.refuse("TLV length")
            value = Reader(r.take(size - _TLV.size), "EIGRP TLV")
            tlvs.extend(_read(kind, value))
        return cls(opcode, autonomous_system, flags, sequence, acknowledgment, tuple(tlvs), virtual)

    @property
    def routes(self) -> tuple[Route, ...]:
        return tuple(tlv for tlv in self.tlvs if isinstance(tlv, Route))

    @property
    def is_acknowledgment(self) -> bool:
        return self.opcode == Opcode.HELLO and self.acknowledgment != 0


def packet(head: Eigrp, body: bytes) -> bytes:
    """The bytes of a packet whose TLVs are encoded already."""
    front = _HEADER.pack(
        VERSION, head.opcode, 0, head.flags, head.sequence, head.acknowledgment,
        head.virtual_router, head.autonomous_system,
    )  # fmt: skip
    return summed(front + body)


def unsummed(data: bytes) -> bytes:
    """A packet with its checksum 0, as digests are reckoned."""
    return data[:_CHECKSUM_AT] + bytes(2) + data[_CHECKSUM_AT + 2 :]


def summed(data: bytes) -> bytes:
    """A packet whose checksum is 0, with its checksum."""
    return data[:_CHECKSUM_AT] + internet_checksum(data).to_bytes(2, "big") + data[_CHECKSUM_AT + 2 :]


def _tlv(kind: int, value: bytes) -> bytes:
    return _TLV.pack(kind, len(value) + _TLV.size) + value


def _destination(prefix: Prefix) -> bytes:
    size = max(1, (prefix.length + 7) // 8)
    return bytes((prefix.length,)) + prefix.network.packed[:size]


def _destinations(r: Reader) -> Iterable[Prefix]:
    while r.left:
        length = r.take(1)[0]
        if length > 32:
            raise r.refuse("prefix length")
        size = min(1, r.left) if length == 0 else (length + 7) // 8
        yield Prefix.of(int.from_bytes(r.take(size).ljust(4, b"\0"), "big"), length)


def _addresses(r: Reader) -> tuple[IPv4, ...]:
    found = []
    while r.left:
        size = r.take(1)[0]
        if size != 4:
            raise r.refuse("address length")
        found.append(IPv4.unpack(r.take(size)))
    return tuple(found)


def _read(kind: int, r: Reader) -> Iterable[General | Route]:
    """What one TLV holds: one value, or a route for each destination."""
    match kind:
        case Tlv.INTERNAL | Tlv.EXTERNAL:
            next_hop = IPv4.unpack(r.take(4))
            outside = Exterior.decode(r) if kind == Tlv.EXTERNAL else None
            metric = Metric.read_classic(r)
            return [Route(prefix, metric, next_hop, outside) for prefix in _destinations(r)]
        case Tlv.WIDE_INTERNAL | Tlv.WIDE_EXTERNAL:
            return _read_wide(kind, r)
        case Tlv.PARAMETER:
            *k, hold_s = r.unpack(_PARAMETER)
            return (Parameter(tuple(k), hold_s),)
        case Tlv.AUTHENTICATION:
            form, size, key_id, sequence = r.unpack(_AUTHENTICATION)
            return (Authentication(form, key_id, sequence, r.take(size)),)
        case Tlv.SEQUENCE:
            return (Sequence(_addresses(r)),)
        case Tlv.SOFTWARE_VERSION:
            a, b, c, d = r.unpack(_VERSION)
            return (SoftwareVersion((a, b), (c, d)),)
        case Tlv.MULTICAST_SEQUENCE:
            return (MulticastSequence(r.unpack(_WORD)[0]),)
        case Tlv.STUB:
            return (StubInfo(r.unpack(_FLAGS)[0]),)
        case Tlv.PEER_TERMINATION:
            return (PeerTermination(_addresses(r)),)
    return (Unknown(kind, r.rest()),)


def _read_wide(kind: int, r: Reader) -> list[General | Route]:
    whole = r.rest()
    r = Reader(whole, r.place)
    topology, family, router = r.unpack(_WIDE_HEAD)
    if family != _AFI_IPV4 or topology:
        return [Unknown(kind, whole)]
    metric = Metric.read_wide(r)
    next_hop = IPv4.unpack(r.take(4))
    outside = Exterior.decode(r) if kind == Tlv.WIDE_EXTERNAL else None
    return [Route(prefix, metric, next_hop, outside, True, IPv4(router)) for prefix in _destinations(r)]
