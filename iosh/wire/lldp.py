"""The Link Layer Discovery Protocol (IEEE 802.1AB-2016): what a neighbour on a cable says of itself.

An LLDPDU begins with chassis, port and time to live, in this order; the basic TLVs follow in any. Those of
organizations (802.1, 802.3, MED) are passed over. A time to live of 0 says goodbye, and needs nothing more.
Not here: what we could say of VLANs, aggregation and power; IPv6 management addresses.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4, mac_text
from iosh.wire.reader import Reader

ETHERTYPE: Final = 0x88CC
GROUP: Final = bytes.fromhex("0180c200000e")  # the nearest bridge: no bridge passes it on

BRIDGE: Final = 0x04
ROUTER: Final = 0x10
CAPABILITIES: Final = (  # bit, letter: as `show lldp neighbors` names them
    (0x01, "O"),
    (0x02, "P"),
    (0x04, "B"),
    (0x08, "W"),
    (0x10, "R"),
    (0x20, "T"),
    (0x40, "C"),
    (0x80, "S"),
)

CHASSIS_MAC: Final = 4
PORT_NAME: Final = 5

_END, _CHASSIS, _PORT, _TTL, _PORT_DESCRIPTION, _NAME, _DESCRIPTION, _CAPABILITIES, _MANAGEMENT = range(9)
_HEAD = Struct("!H")
_TWO = Struct("!HH")
_MAC_PORT = 3
_IPV4_FAMILY = 1
_INTERFACE_NUMBER = b"\x02" + bytes(4) + b"\0"  # by ifIndex, which is not said; no object identifier


class Ident(NamedTuple):
    """Who a chassis or a port is: the kind of name, and the name."""

    subtype: int
    value: bytes

    def text(self, mac_subtype: int) -> str:
        """As IOS prints it: a MAC address with dots, anything else as text."""
        if self.subtype == mac_subtype and len(self.value) == 6:
            return mac_text(self.value)
        return self.value.decode("utf-8", "replace")


class Lldp(NamedTuple):
    """One LLDPDU; a TLV that was not there is None.

    |  type (7)  |  length of the value (9)  |  value ...
    """

    chassis: Ident
    port: Ident
    ttl_s: int
    port_description: str | None = None
    name: str | None = None
    description: str | None = None
    capabilities: tuple[int, int] | None = None  # what it can, what it does
    management: tuple[IPv4, ...] = ()

    @property
    def chassis_text(self) -> str:
        return self.chassis.text(CHASSIS_MAC)

    @staticmethod
    def letters(capabilities: int) -> tuple[str, ...]:
        """The letters of capabilities, as tables name them."""
        return tuple(letter for bit, letter in CAPABILITIES if capabilities & bit)

    @property
    def port_text(self) -> str:
        return self.port.text(_MAC_PORT)

    @classmethod
    def decode(cls, data: bytes) -> Lldp:
        """What follows the ethertype; padding after the end is passed over."""
        r = Reader(data, "lldp")
        values: list[bytes] = []
        for wanted in (_CHASSIS, _PORT, _TTL):
            kind, value = _tlv(r)
            if kind != wanted:
                raise r.refuse("order")
            values.append(value)
        if not all(2 <= len(value) <= 256 for value in values[:2]) or len(values[2]) < 2:
            raise r.refuse("mandatory TLV")
        texts: dict[int, str] = {}
        capabilities: tuple[int, int] | None = None
        management: list[IPv4] = []
        while True:
            kind, value = _tlv(r) if r.left else (_END, b"")
            if kind == _END:
                break
            if kind in (_CHASSIS, _PORT, _TTL):
                raise r.refuse("said twice")
            if kind in (_PORT_DESCRIPTION, _NAME, _DESCRIPTION):
                texts.setdefault(kind, value.decode("utf-8", "replace"))
            elif kind == _CAPABILITIES and capabilities is None:
                can, does = Reader(value, "lldp capabilities").unpack(_TWO)
                capabilities = can, does
            elif kind == _MANAGEMENT and value[:2] == bytes((5, _IPV4_FAMILY)) and len(value) >= 6:
                management.append(IPv4.unpack(value[2:6]))
        return cls(
            Ident(values[0][0], values[0][1:]),
            Ident(values[1][0], values[1][1:]),
            int.from_bytes(values[2][:2], "big"),
            texts.get(_PORT_DESCRIPTION),
            texts.get(_NAME),
            texts.get(_DESCRIPTION),
            capabilities,
            tuple(management),
        )

    def encode(self) -> bytes:
        parts = [_pack(kind, bytes((who.subtype,)) + who.value) for kind, who in ((1, self.chassis), (2, self.port))]
        parts.append(_pack(_TTL, _HEAD.pack(self.ttl_s)))
        texts = ((_PORT_DESCRIPTION, self.port_description), (_NAME, self.name), (_DESCRIPTION, self.description))
        parts += [_pack(kind, text.encode()[:255]) for kind, text in texts if text is not None]
        if self.capabilities is not None:
            parts.append(_pack(_CAPABILITIES, _TWO.pack(*self.capabilities)))
        for address in self.management:
            parts.append(_pack(_MANAGEMENT, bytes((5, _IPV4_FAMILY)) + address.packed + _INTERFACE_NUMBER))
        return b"".join(parts) + _pack(_END, b"")


def frame(source: bytes, message: bytes) -> bytes:
    """The Ethernet frame around an LLDPDU."""
    return GROUP + source + _HEAD.pack(ETHERTYPE) + message


def _tlv(r: Reader) -> tuple[int, bytes]:
    (head,) = r.unpack(_HEAD)
    return head >> 9, r.take(head & 0x1FF)


def _pack(kind: int, value: bytes) -> bytes:
    return _HEAD.pack(kind << 9 | len(value)) + value
