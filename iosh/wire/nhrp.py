"""NHRP: the Next Hop Resolution Protocol on the wire, RFC 2332, in the dialect DMVPN speaks.

In: the fixed header, the mandatory parts of packet types 1-8 (8 is Cisco's traffic indication), Client Information
Entries, extensions in any order, the checksum. Extensions keep their order, so that what is read is written back
byte for byte; `canonical` puts them into the order Cisco sends. Out: NBMA and protocol addresses other than IPv4
(`ar$afn` 1, `ar$pro.type` 0x0800); NBMA subaddresses are skipped; compressed or long-form protocol types.

     0                   1                   2                   3
     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    |          ar$afn               |          ar$pro.type          |
    |                          ar$pro.snap                          |
    |  ar$pro.snap  |   ar$hopcnt   |            ar$pktsz           |
    |           ar$chksum           |            ar$extoff          |
    | ar$op.version |   ar$op.type  |    ar$shtl    |    ar$sstl    |
    -- mandatory part -----------------------------------------------
    | src proto len | dst proto len |  flags (7, 8: unused)         |
    |  request id   (7, 8: error code, error offset)                |
    |  source NBMA address, subaddress, source and destination      |
    |  protocol addresses; then CIEs (7, 8: the packet spoken of)   |
    -- extensions: type (compulsory bit first), length, value … -----
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

PROTOCOL_TYPE: Final = 0x2001  # GRE protocol type of NHRP
HOPS: Final = 255  # what we originate; FRR originates 1, Cisco refuses 0
LARGEST: Final = 16384  # bytes; what is read grows by records and answers before it is written again

_FIXED: Final = struct.Struct("!HH5sBHHHBBBB")
_MANDATORY: Final = struct.Struct("!BBHI")
_CIE: Final = struct.Struct("!BBHHHBBBB")
_EXTENSION: Final = struct.Struct("!HH")
_CHECKSUM_AT: Final = 12
_AFN_IPV4: Final = 1
_PROTOCOL_IPV4: Final = 0x0800
_COMPULSORY: Final = 0x8000
_END: Final = b"\x80\x00\x00\x00"


class Kind(IntEnum):
    """ar$op.type."""

    RESOLUTION_REQUEST = 1
    RESOLUTION_REPLY = 2
    REGISTRATION_REQUEST = 3
    REGISTRATION_REPLY = 4
    PURGE_REQUEST = 5
    PURGE_REPLY = 6
    ERROR_INDICATION = 7
    TRAFFIC_INDICATION = 8  # Cisco


class Flag:
    """Flags of the mandatory part. Which mean what depends on the packet type."""

    ROUTER = 0x8000  # resolution: the source is a router
    AUTHORITATIVE = 0x4000  # resolution: only the owner may answer, or has answered
    DESTINATION_STABLE = 0x2000  # resolution reply
    RESOLUTION_UNIQUE = 0x1000
    SOURCE_STABLE = 0x0800  # resolution
    UNIQUE = 0x8000  # registration
    NO_REPLY = 0x8000  # purge
    NAT = 0x0002  # Cisco: the NAT extension is understood


class Code:
    """Codes of a CIE."""

    SUCCESS = 0
    PROHIBITED = 4
    INSUFFICIENT_RESOURCES = 5
    NO_BINDING_FRR = 11  # FRR's number for NO_BINDING: accepted, never sent
    NO_BINDING = 12
    NOT_UNIQUE = 13
    ALREADY_REGISTERED = 14


class ErrorCode:
    """Codes of an error indication; a traffic indication's only code is 0, redirect."""

    UNRECOGNIZED_EXTENSION = 1
    LOOP_DETECTED_FRR = 2  # FRR's number for LOOP_DETECTED: accepted, never sent
    LOOP_DETECTED = 3
    UNREACHABLE = 6
    PROTOCOL_ERROR = 7
    SDU_SIZE_EXCEEDED = 8
    INVALID_EXTENSION = 9
    INVALID_RESOLUTION_REPLY = 10
    AUTHENTICATION_FAILURE = 11
    HOP_COUNT_EXCEEDED = 15


class ExtensionKind:
    """Extension types, without the compulsory bit."""

    END = 0
    RESPONDER = 3
    FORWARD_TRANSIT = 4
    REVERSE_TRANSIT = 5
    AUTHENTICATION = 7
    VENDOR = 8
    NAT = 9  # Cisco's NAT address extension; RFC 2735 uses the number with eight bytes


KNOWN_EXTENSIONS: Final = (3, 4, 5, 7, 8, 9)
_CANONICAL_ORDER: Final = (3, 4, 5, 7, 9)
_DEVICE_CAPABILITIES_SIZE: Final = 8  # RFC 2735's extension 9


class Cie(NamedTuple):
    """Client Information Entry, RFC 2332 section 5.2.0.1. An address not given is the header's source.

     0                   1                   2                   3
    |      code     | prefix length |            unused             |
    |              mtu              |         holding time          |
    | nbma addr len | nbma sub len  | proto addr len|  preference   |
    |  nbma address ... nbma subaddress ... protocol address ...    |
    """

    code: int = Code.SUCCESS
    prefix: int = 32
    mtu: int = 0
    holding_s: int = 0
    nbma: IPv4 | None = None
    protocol: IPv4 | None = None
    preference: int = 0

    @classmethod
    def decode(cls, reader: Reader) -> Cie:
        code, prefix, _, mtu, holding_s, nbma_size, sub_size, protocol_size, preference = reader.unpack(_CIE)
        nbma = _optional(reader, nbma_size & 0x3F)
        reader.take(sub_size & 0x3F)
        return cls(code, prefix, mtu, holding_s, nbma, _optional(reader, protocol_size), preference)

    def encode(self) -> bytes:
        nbma = b"" if self.nbma is None else self.nbma.packed
        protocol = b"" if self.protocol is None else self.protocol.packed
        head = _CIE.pack(
            self.code, self.prefix, 0, self.mtu, self.holding_s, len(nbma), 0, len(protocol), self.preference
        )
        return head + nbma + protocol

    @property
    def prefix_length(self) -> int:
        """The prefix length as meant: 0 and anything from 32 up (FRR's 255 for "unique") is a host."""
        return self.prefix if 0 < self.prefix < 32 else 32


class Extension(NamedTuple):
    """An extension as it stands on the wire; the end marker is not one of them."""

    kind: int
    value: bytes = b""
    compulsory: bool = True

    def encode(self) -> bytes:
        return _EXTENSION.pack(self.kind | (_COMPULSORY if self.compulsory else 0), len(self.value)) + self.value

    @property
    def cies(self) -> tuple[Cie, ...]:
        """The value as a list of CIEs: responder, transit records, NAT. `Malformed` if it is none.

        RFC 2735's device capabilities share the NAT extension's number; they hold no CIE.
        """
        if self.kind == ExtensionKind.NAT and len(self.value) == _DEVICE_CAPABILITIES_SIZE:
            return ()
        return _cies(Reader(self.value, "nhrp extension cie"))


class Message(NamedTuple):
    """A request or a reply, types 1-6. A reply's header is the request's: it names the requester."""

    kind: Kind
    flags: int
    request_id: int
    source_nbma: IPv4
    source: IPv4
    destination: IPv4
    cies: tuple[Cie, ...] = ()
    extensions: tuple[Extension, ...] = ()
    hops: int = HOPS

    def encode(self) -> bytes:
        addresses = self.source_nbma.packed + self.source.packed + self.destination.packed
        body = _MANDATORY.pack(4, 4, self.flags, self.request_id) + addresses
        body += b"".join(cie.encode() for cie in self.cies)
        return _packet(self.kind, self.hops, body, self.extensions)

    def extension(self, kind: int) -> Extension | None:
        """The extension of that kind, or None."""
        return find_extension(self.extensions, kind)

    @property
    def strange(self) -> bool:
        """Is there an extension that must be understood and is not? An end station refuses, a transit hop does not."""
        return any(extension.compulsory and extension.kind not in KNOWN_EXTENSIONS for extension in self.extensions)


class Indication(NamedTuple):
    """An error or traffic indication, types 7 and 8: `packet` is what it speaks of, as much of it as there is."""

    kind: Kind
    code: int
    offset: int
    source_nbma: IPv4
    source: IPv4
    destination: IPv4
    packet: bytes
    extensions: tuple[Extension, ...] = ()
    hops: int = HOPS
    unused: int = 0  # FRR leaves flags here

    def encode(self) -> bytes:
        addresses = self.source_nbma.packed + self.source.packed + self.destination.packed
        body = _MANDATORY.pack(4, 4, self.unused, self.code << 16 | self.offset) + addresses + self.packet
        return _packet(self.kind, self.hops, body, self.extensions)

    def extension(self, kind: int) -> Extension | None:
        """The extension of that kind, or None."""
        return find_extension(self.extensions, kind)


class QuotedHeader(NamedTuple):
    """What an error indication's quotation tells of the offending packet."""

    kind: int
    request_id: int
    source: IPv4
    destination: IPv4


def decode(data: bytes) -> Message | Indication:
    """One NHRP packet; bytes after `ar$pktsz` are the link's padding. `Malformed` for anything else."""
    reader = Reader(data, "nhrp fixed header")
    afn, protocol_type, _, hops, size, _, extensions_at, version, kind, nbma_size, sub_size = reader.unpack(_FIXED)
    if afn != _AFN_IPV4 or protocol_type != _PROTOCOL_IPV4:
        raise Malformed("nhrp address family", len(data))
    if version != 1 or not 1 <= kind <= 8:
        raise Malformed("nhrp version or type", len(data))
    if not _FIXED.size <= size <= min(len(data), LARGEST):
        raise Malformed("nhrp packet size", len(data))
    if extensions_at and not _FIXED.size + _MANDATORY.size <= extensions_at <= size:
        raise Malformed("nhrp extension offset", len(data))
    if internet_checksum(data[:size]) != 0:
        raise Malformed("nhrp checksum", len(data))
    body = Reader(data[_FIXED.size : extensions_at or size], "nhrp mandatory part")
    source_size, destination_size, flags, word = body.unpack(_MANDATORY)
    source_nbma = _required(body, nbma_size & 0x3F)
    body.take(sub_size & 0x3F)
    source = _required(body, source_size)
    destination = _required(body, destination_size)
    extensions = _decode_extensions(data[extensions_at:size]) if extensions_at else ()
    if kind >= Kind.ERROR_INDICATION:
        code, offset = word >> 16, word & 0xFFFF
        rest = body.rest()
        return Indication(Kind(kind), code, offset, source_nbma, source, destination, rest, extensions, hops, flags)
    return Message(Kind(kind), flags, word, source_nbma, source, destination, _cies(body), extensions, hops)


def quoted(packet: bytes) -> QuotedHeader:
    """The head of a packet quoted, perhaps cut short, in an error indication."""
    reader = Reader(packet, "nhrp quoted packet")
    fields = reader.unpack(_FIXED)
    source_size, destination_size, _, request_id = reader.unpack(_MANDATORY)
    reader.take((fields[9] & 0x3F) + (fields[10] & 0x3F))
    source = _required(reader, source_size)
    return QuotedHeader(fields[8], request_id, source, _required(reader, destination_size))


def find_extension(extensions: Iterable[Extension], kind: int) -> Extension | None:
    """The first extension of that kind, or None."""
    for extension in extensions:
        if extension.kind == kind:
            return extension
    return None


def canonical(extensions: Iterable[Extension]) -> tuple[Extension, ...]:
    """The order Cisco sends: 3, 4, 5, 7, 9, then what else there is."""
    last = len(_CANONICAL_ORDER)
    order = {kind: place for place, kind in enumerate(_CANONICAL_ORDER)}
    return tuple(sorted(extensions, key=lambda extension: order.get(extension.kind, last)))


def replaced(extensions: Iterable[Extension], new: Extension) -> tuple[Extension, ...]:
    """The extensions with `new` in the place of the one of its kind, or added in canonical order."""
    old = tuple(extensions)
    if find_extension(old, new.kind) is None:
        return canonical((*old, new))
    return tuple(new if extension.kind == new.kind else extension for extension in old)


def without(extensions: Iterable[Extension], kind: int) -> tuple[Extension, ...]:
    """The extensions less those of that kind."""
    return tuple(extension for extension in extensions if extension.kind != kind)


def cie_extension(kind: int, cies: Iterable[Cie]) -> Extension:
    """A responder, transit record or NAT extension; NAT's compulsory bit is not set."""
    return Extension(kind, b"".join(cie.encode() for cie in cies), kind != ExtensionKind.NAT)


def authentication(password: str) -> Extension:
    """Cisco's clear-text authentication: two reserved bytes, SPI 1, the string without padding."""
    return Extension(ExtensionKind.AUTHENTICATION, b"\x00\x00\x00\x01" + password.encode("latin-1", "replace"))


def _packet(kind: Kind, hops: int, body: bytes, extensions: tuple[Extension, ...]) -> bytes:
    offset = _FIXED.size + len(body) if extensions else 0
    tail = b"".join(extension.encode() for extension in extensions) + _END if extensions else b""
    size = _FIXED.size + len(body) + len(tail)
    head = _FIXED.pack(_AFN_IPV4, _PROTOCOL_IPV4, bytes(5), hops, size, 0, offset, 1, kind, 4, 0)
    packet = head + body + tail
    checksum = internet_checksum(packet).to_bytes(2, "big")
    return packet[:_CHECKSUM_AT] + checksum + packet[_CHECKSUM_AT + 2 :]


def _decode_extensions(data: bytes) -> tuple[Extension, ...]:
    reader = Reader(data, "nhrp extension")
    found = []
    while reader.left:
        word, size = reader.unpack(_EXTENSION)
        value = reader.take(size)
        if word & 0x3FFF == ExtensionKind.END:
            break
        found.append(Extension(word & 0x3FFF, value, bool(word & _COMPULSORY)))
    return tuple(found)


def _cies(reader: Reader) -> tuple[Cie, ...]:
    cies = []
    while reader.left:
        cies.append(Cie.decode(reader))
    return tuple(cies)


def _required(reader: Reader, size: int) -> IPv4:
    if size != 4:
        raise Malformed("nhrp address length", size)
    return IPv4.unpack(reader.take(4))


def _optional(reader: Reader, size: int) -> IPv4 | None:
    return None if size == 0 else _required(reader, size)
