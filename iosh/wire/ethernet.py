"""Ethernet II frames and the IEEE 802.1Q tag. Frames come and go without frame check sequence.

A frame shorter than 60 bytes is accepted, and what pads one to 60 is left in the payload: only the protocol
inside knows its own length. Not here: 802.3 length fields and LLC (`ethertype` below 0x600); `Ethernet` knows one tag,
`payload_at` two.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.wire.reader import Reader

IPV4: Final = 0x0800
ARP: Final = 0x0806
IPV6: Final = 0x86DD
VLAN: Final = 0x8100
BROADCAST: Final = b"\xff\xff\xff\xff\xff\xff"

_HEADER = Struct("!6s6sH")
_TAG = Struct("!HH")
_TAGGED: Final = VLAN.to_bytes(2, "big")


class Ethernet(NamedTuple):
    """One frame.

     0                   1                   2                   3
    |                 destination (6)              |   source (6)   ...
    |  0x8100 |pcp|d|  vlan  |                         when tagged
    |       ethertype        |  payload ...
    """

    destination: bytes
    source: bytes
    ethertype: int
    payload: bytes
    vlan: int | None = None
    priority: int = 0

    @classmethod
    def decode(cls, data: bytes) -> Ethernet:
        """A frame, tagged or not; a priority tag (VLAN 0) is kept as `vlan=0`."""
        r = Reader(data, "ethernet")
        destination, source, ethertype = r.unpack(_HEADER)
        if ethertype != VLAN:
            return cls(destination, source, ethertype, r.rest())
        control, ethertype = r.unpack(_TAG)
        return cls(destination, source, ethertype, r.rest(), control & 0xFFF, control >> 13)

    def encode(self) -> bytes:
        return header(self.destination, self.source, self.ethertype, self.vlan, self.priority) + self.payload


def payload_at(frame: bytes) -> int:
    """Where the payload begins, behind no tag, one or two; the ethertype stands in the two bytes before it."""
    at = 14
    while at < 22 and frame[at - 2 : at] == _TAGGED:
        at += 4
    return at


def header(destination: bytes, source: bytes, ethertype: int, vlan: int | None = None, priority: int = 0) -> bytes:
    """The 14 bytes in front of a payload, 18 with a tag."""
    if vlan is None:
        return _HEADER.pack(destination, source, ethertype)
    return _HEADER.pack(destination, source, VLAN) + _TAG.pack(priority << 13 | vlan, ethertype)
