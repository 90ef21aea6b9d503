"""Link state advertisements of OSPFv2: RFC 2328 appendix A.4, NSSA's type 7 (RFC 3101), opaque ones (RFC 5250).

In: router, network, both summaries, AS external, NSSA external; opaque LSAs are carried with what is in them unread,
and so is any other type. TOS metrics are passed over. Out: what is inside opaque LSAs.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |            LS age             |    options    |    LS type    |
    |                        link state ID                          |
    |                      advertising router                       |
    |                      LS sequence number                       |
    |         LS checksum           |            length             |

All but the age never changes, so an `Lsa` is everything but the age: read once, and then the same object for every
router of this process that has it. Where an age belongs to it, it is `Aged`.
"""

from __future__ import annotations

from functools import lru_cache
from operator import mul
from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import UNSPECIFIED, IPv4
from iosh.wire.reader import Reader

HEADER_SIZE: Final = 20
INITIAL_SEQUENCE: Final = -0x7FFFFFFF  # 0x80000001: sequence numbers are signed
MAX_SEQUENCE: Final = 0x7FFFFFFF
MAX_AGE: Final = 3600
INFINITY: Final = 0xFFFFFF
SHARED: Final = 1 << 16  # LSAs kept to be shared

_AGE_SIZE: Final = 2
_HEADER: Final = Struct("!HBBIIiHH")
_BARE: Final = Struct("!BBIIiHH")  # without the age
_CHECKSUM_AT: Final = 14  # in what follows the age
_ROUTER: Final = Struct("!BxH")
_LINK: Final = Struct("!IIBBH")
_WORD: Final = Struct("!I")
_SUMMARY: Final = Struct("!II")
_EXTERNAL: Final = Struct("!IIII")
_TYPE_2: Final = 0x80000000


class LsType:
    """LS types."""

    ROUTER = 1
    NETWORK = 2
    SUMMARY = 3
    ASBR_SUMMARY = 4
    EXTERNAL = 5
    NSSA = 7
    OPAQUE_LINK = 9
    OPAQUE_AREA = 10
    OPAQUE_AS = 11


class RouterFlag:
    """Flags of a router LSA."""

    BORDER = 0x01  # of areas
    EXTERNAL = 0x02  # AS boundary
    VIRTUAL = 0x04  # end of a virtual link
    TRANSLATOR = 0x10  # of NSSA routes, always


class LinkType:
    """What a link of a router LSA leads to."""

    POINT_TO_POINT = 1
    TRANSIT = 2
    STUB = 3
    VIRTUAL = 4


class Option:
    """The options field: of hellos, descriptions and LSAs."""

    EXTERNAL = 0x02
    NSSA = 0x08  # in an NSSA LSA: P, translate me
    DEMAND = 0x20
    OPAQUE = 0x40


class Key(NamedTuple):
    """What tells one LSA from another; its instances have sequence numbers."""

    type: int
    id: IPv4
    router: IPv4


class RouterLink(NamedTuple):
    """| link ID | link data | type | number of TOS metrics | metric |"""

    type: int
    id: IPv4
    data: IPv4
    metric: int


class RouterBody(NamedTuple):
    """| flags | 0 | number of links | links … |"""

    flags: int
    links: tuple[RouterLink, ...]

    def encode(self) -> bytes:
        links = [_LINK.pack(link.id, link.data, link.type, 0, link.metric) for link in self.links]
        return b"".join((_ROUTER.pack(self.flags, len(links)), *links))


class NetworkBody(NamedTuple):
    """| network mask | attached routers … |"""

    mask: IPv4
    routers: tuple[IPv4, ...]

    def encode(self) -> bytes:
        return b"".join((self.mask.packed, *(router.packed for router in self.routers)))


class SummaryBody(NamedTuple):
    """| network mask | 0 | metric (24 bits) |; of type 4 the mask is 0."""

    mask: IPv4
    metric: int

    def encode(self) -> bytes:
        return _SUMMARY.pack(self.mask, self.metric)


class ExternalBody(NamedTuple):
    """| network mask | E, 0 | metric (24 bits) | forwarding address | external route tag |"""

    mask: IPv4
    metric: int
    type_2: bool = True
    forwarding: IPv4 = UNSPECIFIED
    tag: int = 0

    def encode(self) -> bytes:
        return _EXTERNAL.pack(self.mask, self.metric | (_TYPE_2 if self.type_2 else 0), self.forwarding, self.tag)


class OpaqueBody(NamedTuple):
    """Bytes as they came."""

    data: bytes

    def encode(self) -> bytes:
        return self.data


Body = RouterBody | NetworkBody | SummaryBody | ExternalBody | OpaqueBody


class Header(NamedTuple):
    """The head of an LSA, as descriptions and acknowledgments list it."""

    age: int
    options: int
    key: Key
    sequence: int
    checksum: int
    length: int

    def encode(self) -> bytes:
        return _HEADER.pack(self.age, self.options, *self.key, self.sequence, self.checksum, self.length)

    @classmethod
    def decode(cls, r: Reader) -> Header:
        age, options, kind, link_id, router, sequence, checksum, length = r.unpack(_HEADER)
        return cls(age, options, Key(kind, IPv4(link_id), IPv4(router)), sequence, checksum, length)


class Lsa(NamedTuple):
    """One instance of an LSA. `data` is all of it but its age; build with `make` or `read`."""

    key: Key
    options: int
    sequence: int
    checksum: int
    body: Body
    data: bytes

    @property
    def length(self) -> int:
        """With the age."""
        return len(self.data) + _AGE_SIZE

    def header(self, age: int) -> Header:
        return Header(age, self.options, self.key, self.sequence, self.checksum, self.length)

    def encode(self, age: int) -> bytes:
        return age.to_bytes(_AGE_SIZE, "big") + self.data


class Aged(NamedTuple):
    """An LSA on its way."""

    age: int
    lsa: Lsa

    @property
    def header(self) -> Header:
        return self.lsa.header(self.age)


def make(key: Key, options: int, sequence: int, body: Body) -> Lsa:
    """An instance of our own."""
    content = body.encode()
    size = HEADER_SIZE + len(content)
    bare = _BARE.pack(options, *key, sequence, 0, size) + content
    return read(bare[:_CHECKSUM_AT] + fletcher(bare).to_bytes(2, "big") + bare[_CHECKSUM_AT + 2 :])


@lru_cache(maxsize=SHARED)
def read(data: bytes) -> Lsa:
    """An LSA from its bytes behind the age; the same object for the same bytes. The checksum must be right."""
    r = Reader(data, "OSPF LSA")
    options, kind, link_id, router, sequence, checksum, size = r.unpack(_BARE)
    if size != len(data) + _AGE_SIZE:
        raise r.refuse("length")
    if not checksum or not is_sound(data):
        raise r.refuse("checksum")
    body = _read_body(kind, r)
    return Lsa(Key(kind, IPv4(link_id), IPv4(router)), options, sequence, checksum, body, data)


def fletcher(bare: bytes) -> int:
    """The checksum (RFC 905 annex B) of an LSA without its age, whose checksum field is 0."""
    size = len(bare)
    plain, weighted = sum(bare), sum(map(mul, bare, range(size, 0, -1)))
    high = ((size - _CHECKSUM_AT - 1) * plain - weighted) % 255 or 255
    low = (-plain - high) % 255 or 255
    return high << 8 | low


def is_sound(bare: bytes) -> bool:
    """Is the checksum of an LSA without its age right?"""
    return sum(bare) % 255 == 0 and sum(map(mul, bare, range(len(bare), 0, -1))) % 255 == 0


def _read_body(kind: int, r: Reader) -> Body:
    match kind:
        case LsType.ROUTER:
            flags, count = r.unpack(_ROUTER)
            return RouterBody(flags, tuple(_read_link(r) for _ in range(count)))
        case LsType.NETWORK:
            mask = IPv4(r.unpack(_WORD)[0])
            routers = []
            while r.left:
                routers.append(IPv4(r.unpack(_WORD)[0]))
            return NetworkBody(mask, tuple(routers))
        case LsType.SUMMARY | LsType.ASBR_SUMMARY:
            mask, metric = r.unpack(_SUMMARY)
            return SummaryBody(IPv4(mask), metric & INFINITY)
        case LsType.EXTERNAL | LsType.NSSA:
            mask, metric, forwarding, tag = r.unpack(_EXTERNAL)
            return ExternalBody(IPv4(mask), metric & INFINITY, bool(metric & _TYPE_2), IPv4(forwarding), tag)
    return OpaqueBody(r.rest())


def _read_link(r: Reader) -> RouterLink:
    link_id, data, kind, others, metric = r.unpack(_LINK)
    r.take(4 * others)
    return RouterLink(kind, IPv4(link_id), IPv4(data), metric)
