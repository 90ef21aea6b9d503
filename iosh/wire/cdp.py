"""The Cisco Discovery Protocol, version 2 (and 1 on receipt): what a neighbour on a cable says of itself.

A message travels in an IEEE 802.3 frame with LLC/SNAP (OUI 00-00-0C, protocol 0x2000) to 01-00-0C-CC-CC-CC. Its fields
are TLVs in any order; those not known here are passed over. The checksum of a message of odd length is reckoned as
Cisco's implementations do: the last byte counts as the low half of its word, with its sign. Not here: IPv6
addresses, power, VoIP VLANs, hello, VTP.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.checksum import internet_checksum
from iosh.wire.reader import Reader

GROUP: Final = bytes.fromhex("01000ccccccc")
SNAP: Final = bytes.fromhex("aaaa0300000c2000")

ROUTER: Final = 0x01
CAPABILITIES: Final = (  # bit, letter, word: as `show cdp neighbors` names them, in its order
    (0x01, "R", "Router"),
    (0x02, "T", "Trans-Bridge"),
    (0x04, "B", "Source-Route-Bridge"),
    (0x08, "S", "Switch"),
    (0x10, "H", "Host"),
    (0x20, "I", "IGMP"),
    (0x40, "r", "Repeater"),
    (0x80, "P", "Phone"),
    (0x100, "D", "Remotely-Managed-Device"),
    (0x200, "C", "CVTA"),
    (0x400, "M", "Two-port Mac Relay"),
)

_HEADER = Struct("!BBH")
_TLV = Struct("!HH")
_COUNT = Struct("!I")
_ADDRESS_HEAD = Struct("!BB")
_SIZE = Struct("!H")
_IP = b"\x01\x01\xcc\x00\x04"  # NLPID, one byte long: IP; four bytes of address
_MOST_ADDRESSES = 64

_DEVICE, _ADDRESSES, _PORT, _CAPABILITIES, _VERSION, _PLATFORM = range(1, 7)
_NATIVE_VLAN, _DUPLEX, _MANAGEMENT = 0x0A, 0x0B, 0x16


class Cdp(NamedTuple):
    """One message. Texts are what the neighbour sent, as far as they are UTF-8.

    | version | hold time |        checksum           |
    |     TLV type        |  length, these four too   |  value ...
    """

    device: str
    port: str
    hold_s: int = 180
    platform: str = ""
    capabilities: int = 0
    software: str = ""
    addresses: tuple[IPv4, ...] = ()
    management: tuple[IPv4, ...] = ()
    native_vlan: int | None = None
    full_duplex: bool | None = None
    version: int = 2

    @property
    def can(self) -> tuple[tuple[str, str], ...]:
        """Its capabilities, each as a letter and a word."""
        return tuple((letter, word) for bit, letter, word in CAPABILITIES if self.capabilities & bit)

    @classmethod
    def decode(cls, data: bytes) -> Cdp:
        """A message, from its version on."""
        r = Reader(data, "cdp")
        version, hold_s, _ = r.unpack(_HEADER)
        if version not in (1, 2):
            raise r.refuse("version")
        if checksum(data):
            raise r.refuse("checksum")
        found: dict[int, bytes] = {}
        while r.left:
            kind, length = r.unpack(_TLV)
            if length < _TLV.size:
                raise r.refuse("length")
            found.setdefault(kind, r.take(length - _TLV.size))
        if not found.get(_DEVICE) or _PORT not in found:
            raise r.refuse("without device or port")
        vlan, duplex = found.get(_NATIVE_VLAN), found.get(_DUPLEX)
        return cls(
            _text(found[_DEVICE]),
            _text(found[_PORT]),
            hold_s,
            _text(found.get(_PLATFORM, b"")),
            int.from_bytes(found.get(_CAPABILITIES, b"")[:4], "big"),
            _text(found.get(_VERSION, b"")),
            _addresses(found.get(_ADDRESSES)),
            _addresses(found.get(_MANAGEMENT)),
            int.from_bytes(vlan, "big") if vlan is not None and len(vlan) == 2 else None,
            bool(duplex[0]) if duplex else None,
            version,
        )

    def encode(self) -> bytes:
        parts = [
            (_DEVICE, self.device.encode()),
            (_ADDRESSES, _packed(self.addresses) if self.addresses else b""),
            (_PORT, self.port.encode()),
            (_CAPABILITIES, _COUNT.pack(self.capabilities)),
            (_VERSION, self.software.encode()),
            (_PLATFORM, self.platform.encode()),
            (_NATIVE_VLAN, b"" if self.native_vlan is None else _SIZE.pack(self.native_vlan)),
            (_DUPLEX, b"" if self.full_duplex is None else bytes((self.full_duplex,))),
            (_MANAGEMENT, _packed(self.management) if self.management else b""),
        ]
        body = b"".join(_TLV.pack(kind, len(value) + _TLV.size) + value for kind, value in parts if value)
        data = _HEADER.pack(self.version, self.hold_s, 0) + body
        return data[:2] + checksum(data).to_bytes(2, "big") + data[4:]


def frame(source: bytes, message: bytes) -> bytes:
    """The 802.3 frame around a message."""
    return GROUP + source + _SIZE.pack(len(SNAP) + len(message)) + SNAP + message


def payload(data: bytes) -> bytes | None:
    """The message in what follows a frame's addresses, cut to the frame's own length; None if it is not CDP."""
    length = int.from_bytes(data[:2], "big")
    if data[2:10] != SNAP or length < len(SNAP) or length > len(data) - 2:
        return None
    return data[10 : 2 + length]


def checksum(data: bytes) -> int:
    """The Internet checksum, with Cisco's idea of an odd last byte: a signed byte in the low half of its word."""
    if len(data) & 1:
        last = data[-1]
        data = data[:-1] + (b"\xff" + bytes((last - 1,)) if last & 0x80 else bytes((0, last)))
    return internet_checksum(data)


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "replace")


def _packed(addresses: tuple[IPv4, ...]) -> bytes:
    return _COUNT.pack(len(addresses)) + b"".join(_IP + address.packed for address in addresses)


def _addresses(data: bytes | None) -> tuple[IPv4, ...]:
    """The IPv4 addresses of a list; those of other protocols are passed over."""
    if data is None:
        return ()
    r = Reader(data, "cdp addresses")
    (count,) = r.unpack(_COUNT)
    found = []
    for _ in range(min(count, _MOST_ADDRESSES)):
        protocol_type, length = r.unpack(_ADDRESS_HEAD)
        protocol = r.take(length)
        (size,) = r.unpack(_SIZE)
        address = r.take(size)
        if (protocol_type, protocol, size) == (1, b"\xcc", 4):
            found.append(IPv4.unpack(address))
    return tuple(found)
