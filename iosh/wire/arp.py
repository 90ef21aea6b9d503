"""The Address Resolution Protocol for IPv4 over Ethernet (RFC 826, RFC 5227's announcements).

Other hardware and protocol types are `Malformed`: nobody here could use them. Trailing padding is ignored.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire.reader import Reader

REQUEST: Final = 1
REPLY: Final = 2

_LAYOUT = Struct("!HHBBH6s4s6s4s")
_ETHERNET_IPV4 = (1, 0x0800, 6, 4)


class Arp(NamedTuple):
    """One message.

     0                   1                   2                   3
    |     hardware type 1    |     protocol type 0x0800     |
    |  hlen 6  |   plen 4    |          operation           |
    |            sender hardware address (6)               ...
    |            sender protocol address (4)                |
    |            target hardware address (6)               ...
    |            target protocol address (4)                |
    """

    operation: int
    sender_mac: bytes
    sender: IPv4
    target_mac: bytes
    target: IPv4

    @classmethod
    def decode(cls, data: bytes) -> Arp:
        r = Reader(data, "arp")
        hardware, protocol, hlen, plen, operation, sender_mac, sender, target_mac, target = r.unpack(_LAYOUT)
        if (hardware, protocol, hlen, plen) != _ETHERNET_IPV4:
            raise r.refuse("address family")
        return cls(operation, sender_mac, IPv4.unpack(sender), target_mac, IPv4.unpack(target))

    def encode(self) -> bytes:
        return _LAYOUT.pack(
            *_ETHERNET_IPV4, self.operation, self.sender_mac, self.sender.packed, self.target_mac, self.target.packed
        )
