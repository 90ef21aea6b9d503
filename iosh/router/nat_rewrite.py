"""Addresses and ports rewritten in flight, with the checksums they are part of.

A `Patch` is made once for a flow and direction: what the new address and port are, and by how much the checksums
change. That is all modulo 65535, so a packet costs two additions. A UDP datagram without a checksum stays without.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from iosh.base.addr import IPv4
from iosh.wire import icmp, ipv4

SOURCE: Final = 12  # where in the header the address stands
DESTINATION: Final = 16
_WORD: Final = Struct("!H")
_LONG: Final = Struct("!I")
_DIRECT: Final = Struct("!BIIHH")
_MODULUS: Final = 0xFFFF
_CHECKSUM_AT: Final = {ipv4.TCP: 16, ipv4.UDP: 6, ipv4.ICMP: 2}


class Tuple5(NamedTuple):
    """What a packet says of itself. An ICMP echo has its identifier as both ports; other protocols have none."""

    protocol: int
    source: int
    source_port: int
    destination: int
    destination_port: int


class Patch:
    """A new address at one end of a packet, and a new port."""

    __slots__ = ("_address", "_end", "_header_delta", "_port", "_port_at", "_summed", "_transport_delta")

    def __init__(self, end: int, protocol: int, old: tuple[int, int], new: tuple[int, int]) -> None:
        self._end = end
        self._address = _LONG.pack(new[0])
        self._summed = _CHECKSUM_AT.get(protocol)
        self._port = new[1] if self._summed is not None else None
        self._port_at = 4 if protocol == ipv4.ICMP else 0 if end == SOURCE else 2
        self._header_delta = _sum(old[0]) - _sum(new[0])
        of_address = self._header_delta if protocol != ipv4.ICMP else 0
        self._transport_delta = of_address + old[1] - new[1]

    def applied(self, packet: bytes) -> bytes:
        """The packet with the new address; with the new port, unless it is a later fragment."""
        data = bytearray(packet)
        _WORD.pack_into(data, 10, ((packet[10] << 8 | packet[11]) + self._header_delta) % _MODULUS)
        data[self._end : self._end + 4] = self._address
        summed = self._summed
        if summed is None or self._port is None or packet[6] & 0x1F or packet[7]:
            return bytes(data)
        at = (packet[0] & 15) << 2
        _WORD.pack_into(data, at + self._port_at, self._port)
        if at + summed + 2 <= len(data):
            _add(data, at + summed, self._transport_delta, summed == 6)
        return bytes(data)


class AddressPatch:
    """A new address alone, whatever the protocol: one-to-one translation."""

    __slots__ = ("_address", "_delta", "_end")

    def __init__(self, end: int, old: int, new: int) -> None:
        self._end = end
        self._address = _LONG.pack(new)
        self._delta = _sum(old) - _sum(new)

    def at(self, end: int) -> AddressPatch:
        """The same new address at this end."""
        patch = AddressPatch(end, 0, 0)
        patch._address, patch._delta = self._address, self._delta
        return patch

    def applied(self, packet: bytes) -> bytes:
        """The packet with the new address."""
        data = bytearray(packet)
        _add(data, 10, self._delta)
        data[self._end : self._end + 4] = self._address
        place = _CHECKSUM_AT.get(data[9])
        if place is not None and data[9] != ipv4.ICMP and not int.from_bytes(packet[6:8], "big") & ipv4.OFFSET:
            at = ((data[0] & 15) << 2) + place
            if at + 2 <= len(data):
                _add(data, at, self._delta, place == 6)
        return bytes(data)


def flow_of(packet: bytes) -> Tuple5 | None:
    """The flow a packet belongs to; None if it cannot be told (a later fragment, an error, a header cut short)."""
    protocol = packet[9]
    at = (packet[0] & 15) << 2
    source, destination = int.from_bytes(packet[12:16], "big"), int.from_bytes(packet[16:20], "big")
    if int.from_bytes(packet[6:8], "big") & ipv4.OFFSET:
        return None
    if protocol in (ipv4.TCP, ipv4.UDP):
        if len(packet) < at + 8:
            return None
        one, other = _WORD.unpack_from(packet, at)[0], _WORD.unpack_from(packet, at + 2)[0]
        return Tuple5(protocol, source, one, destination, other)
    if protocol == ipv4.ICMP:
        if len(packet) < at + 8 or packet[at] not in (icmp.ECHO, icmp.ECHO_REPLY):
            return None
        identifier = _WORD.unpack_from(packet, at + 4)[0]
        return Tuple5(protocol, source, identifier, destination, identifier)
    return Tuple5(protocol, source, 0, destination, 0)


def is_direct(packet: bytes) -> bool:
    """Can the flow be read off fixed places: no options, no fragment?"""
    return packet[0] == 0x45 and not (packet[6] & 0x3F or packet[7])


def direct_key(flow: Tuple5) -> bytes:
    """What a packet of a TCP or UDP flow has at 9 and from 12 to 24, if `is_direct` says so."""
    return _DIRECT.pack(flow.protocol, flow.source, flow.destination, flow.source_port, flow.destination_port)


def quoted(packet: bytes) -> bytes | None:
    """What an ICMP error quotes of the packet it is about, as far as it can be translated: header and eight bytes."""
    at = (packet[0] & 15) << 2
    if packet[9] != ipv4.ICMP or len(packet) < at + 36 or packet[at] not in icmp.ERRORS:
        return None
    inner = packet[at + 8 :]
    return inner if inner[0] >> 4 == 4 and len(inner) >= ((inner[0] & 15) << 2) + 8 >= 28 else None


def requoted(packet: bytes, end: int, patch: Patch | AddressPatch, address: int) -> bytes:
    """An ICMP error about a packet that was translated: the quotation as it was before, the error to (or from) whoever
    was meant. The error's own checksum is made anew, since a quotation may end anywhere."""
    at = (packet[0] & 15) << 2
    body = bytearray(packet[at:])
    body[8:] = patch.applied(bytes(body[8:]))
    body[2:4] = b"\0\0"
    total = int.from_bytes(body if len(body) % 2 == 0 else body + b"\0", "big") % _MODULUS
    body[2:4] = _WORD.pack(_MODULUS - (total or _MODULUS))
    whole = packet[:at] + bytes(body)
    old = int.from_bytes(packet[end : end + 4], "big")
    return AddressPatch(end, old, address).applied(whole)


def text_of(address: int, port: int | None) -> str:
    """`10.0.0.1:80`."""
    return str(IPv4(address)) if port is None else f"{IPv4(address)}:{port}"


def _sum(address: int) -> int:
    return (address >> 16) + (address & 0xFFFF)


def _add(data: bytearray, at: int, delta: int, may_be_absent: bool = False) -> None:
    """A checksum corrected (RFC 1624); of UDP 0 says that there is none."""
    checksum = _WORD.unpack_from(data, at)[0]
    if may_be_absent and not checksum:
        return
    checksum = (checksum + delta) % _MODULUS
    _WORD.pack_into(data, at, checksum or (_MODULUS if may_be_absent else 0))
