"""OSPFv2 on the wire: RFC 2328 appendix A.3, packets of IP protocol 89.

In: all five packets, what the header says of authentication (what is made of it is for the machine). What follows the
packet (a digest, link-local signalling) is not part of it. LSAs are `ospf_lsa`'s. An LSA in an update that is damaged
or not understood is left out and counted there: the others stand.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |  version (2)  |     type      |         packet length         |
    |                           router ID                           |
    |                            area ID                            |
    |           checksum            |     authentication type       |
    |                        authentication …                       |
    |                        … eight bytes                          |
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import UNSPECIFIED, IPv4
from iosh.base.errors import Malformed
from iosh.wire import ospf_lsa
from iosh.wire.checksum import internet_checksum
from iosh.wire.ospf_lsa import Aged, Header, Key
from iosh.wire.reader import Reader

PROTOCOL: Final = 89
ALL_ROUTERS: Final = IPv4(0xE0000005)
ALL_DESIGNATED: Final = IPv4(0xE0000006)
VERSION: Final = 2
HEADER_SIZE: Final = 24

_HEADER: Final = Struct("!BBHIIHH8s")
_HELLO: Final = Struct("!IHBBIII")
_DESCRIPTION: Final = Struct("!HBBI")
_REQUEST: Final = Struct("!III")
_COUNT: Final = Struct("!I")
_CHECKSUM_AT: Final = 12
_AUTHENTICATION_AT: Final = 16


class PacketType(IntEnum):
    """What a packet is for."""

    HELLO = 1
    DESCRIPTION = 2
    REQUEST = 3
    UPDATE = 4
    ACKNOWLEDGMENT = 5


class AuthType:
    """Types of authentication; RFC 5709 keeps the number of MD5 for HMAC."""

    NONE = 0
    PLAIN = 1
    CRYPTOGRAPHIC = 2


class DescriptionFlag:
    """Flags of a database description."""

    MASTER = 0x1
    MORE = 0x2
    INIT = 0x4


class Hello(NamedTuple):
    """
    |                        network mask                           |
    |        hello interval         |    options    |   priority    |
    |                     router dead interval                      |
    |                      designated router                        |
    |                   backup designated router                    |
    |                         neighbors …                           |
    """

    mask: IPv4
    hello_s: int
    options: int
    priority: int
    dead_s: int
    designated: IPv4 = UNSPECIFIED
    backup: IPv4 = UNSPECIFIED
    neighbors: tuple[IPv4, ...] = ()

    @property
    def type(self) -> int:
        return PacketType.HELLO

    def encode(self) -> bytes:
        head = _HELLO.pack(
            self.mask, self.hello_s, self.options, self.priority, self.dead_s, self.designated, self.backup
        )
        return b"".join((head, *(neighbor.packed for neighbor in self.neighbors)))

    @classmethod
    def decode(cls, r: Reader) -> Hello:
        mask, hello_s, options, priority, dead_s, designated, backup = r.unpack(_HELLO)
        neighbors = []
        while r.left:
            neighbors.append(IPv4(r.unpack(_COUNT)[0]))
        return cls(IPv4(mask), hello_s, options, priority, dead_s, IPv4(designated), IPv4(backup), tuple(neighbors))


class Description(NamedTuple):
    """
    |         interface MTU         |    options    |     flags     |
    |                        sequence number                        |
    |                        heads of LSAs …                        |
    """

    mtu: int
    options: int
    flags: int
    sequence: int
    headers: tuple[Header, ...] = ()

    @property
    def type(self) -> int:
        return PacketType.DESCRIPTION

    def encode(self) -> bytes:
        head = _DESCRIPTION.pack(self.mtu, self.options, self.flags, self.sequence)
        return b"".join((head, *(header.encode() for header in self.headers)))

    @classmethod
    def decode(cls, r: Reader) -> Description:
        mtu, options, flags, sequence = r.unpack(_DESCRIPTION)
        return cls(mtu, options, flags, sequence, _read_headers(r))


class Request(NamedTuple):
    """LSAs by name: | LS type | link state ID | advertising router | …"""

    keys: tuple[Key, ...]

    @property
    def type(self) -> int:
        return PacketType.REQUEST

    def encode(self) -> bytes:
        return b"".join(_REQUEST.pack(*key) for key in self.keys)

    @classmethod
    def decode(cls, r: Reader) -> Request:
        keys = []
        while r.left:
            kind, link_id, router = r.unpack(_REQUEST)
            keys.append(Key(kind, IPv4(link_id), IPv4(router)))
        return cls(tuple(keys))


class Update(NamedTuple):
    """| number of LSAs | LSAs … |; `damaged`: how many of those that came were left out."""

    lsas: tuple[Aged, ...]
    damaged: int = 0

    @property
    def type(self) -> int:
        return PacketType.UPDATE

    def encode(self) -> bytes:
        return b"".join((_COUNT.pack(len(self.lsas)), *(lsa.encode(age) for age, lsa in self.lsas)))

    @classmethod
    def decode(cls, r: Reader) -> Update:
        (count,) = r.unpack(_COUNT)
        found, damaged = [], 0
        for _ in range(count):
            head = r.take(ospf_lsa.HEADER_SIZE)
            size = int.from_bytes(head[-2:], "big")
            if size < ospf_lsa.HEADER_SIZE:
                raise r.refuse("LSA length")
            whole = head + r.take(size - ospf_lsa.HEADER_SIZE)
            age = min(int.from_bytes(whole[:2], "big"), ospf_lsa.MAX_AGE)
            try:
                found.append(Aged(age, ospf_lsa.read(whole[2:])))
            except Malformed:
                damaged += 1
        return cls(tuple(found), damaged)


class Acknowledgment(NamedTuple):
    """Heads of LSAs."""

    headers: tuple[Header, ...]

    @property
    def type(self) -> int:
        return PacketType.ACKNOWLEDGMENT

    def encode(self) -> bytes:
        return b"".join(header.encode() for header in self.headers)

    @classmethod
    def decode(cls, r: Reader) -> Acknowledgment:
        return cls(_read_headers(r))


Body = Hello | Description | Request | Update | Acknowledgment
_BODIES: Final[dict[int, type[Body]]] = {
    PacketType.HELLO: Hello,
    PacketType.DESCRIPTION: Description,
    PacketType.REQUEST: Request,
    PacketType.UPDATE: Update,
    PacketType.ACKNOWLEDGMENT: Acknowledgment,
}


class Ospf(NamedTuple):
    """A packet."""

    router: IPv4
    area: IPv4
    body: Body
    auth_type: int = AuthType.NONE
    authentication: bytes = bytes(8)

    def encode(self) -> bytes:
        return packet(self.body.type, self.router, self.area, self.body.encode(), self.auth_type, self.authentication)

    @classmethod
    def decode(cls, data: bytes) -> Ospf:
        r = Reader(data, "OSPF")
        version, kind, size, router, area, _, auth_type, authentication = r.unpack(_HEADER)
        if version != VERSION:
            raise r.refuse("version")
        if not HEADER_SIZE <= size <= len(data):
            raise r.refuse("length")
        if auth_type != AuthType.CRYPTOGRAPHIC and internet_checksum(_summed_part(data[:size])):
            raise r.refuse("checksum")
        if kind not in _BODIES:
            raise r.refuse("type")
        body = _BODIES[kind].decode(Reader(data[HEADER_SIZE:size], "OSPF"))
        return cls(IPv4(router), IPv4(area), body, auth_type, authentication)


def packet(
    kind: int, router: IPv4, area: IPv4, body: bytes, auth_type: int = AuthType.NONE, authentication: bytes = bytes(8)
) -> bytes:
    """The bytes of a packet. One that is to have a digest has no checksum."""
    size = HEADER_SIZE + len(body)
    blank = _HEADER.pack(VERSION, kind, size, router, area, 0, auth_type, authentication) + body
    if auth_type == AuthType.CRYPTOGRAPHIC:
        return blank
    checksum = internet_checksum(_summed_part(blank))
    return blank[:_CHECKSUM_AT] + checksum.to_bytes(2, "big") + blank[_CHECKSUM_AT + 2 :]


def length(data: bytes) -> int:
    """How many bytes of a received packet its header claims; a digest follows them."""
    return int.from_bytes(data[2:4], "big")


def _summed_part(data: bytes) -> bytes:
    return data[:_AUTHENTICATION_AT] + data[HEADER_SIZE:]


def _read_headers(r: Reader) -> tuple[Header, ...]:
    headers = []
    while r.left:
        headers.append(Header.decode(r))
    return tuple(headers)
