"""One line about a frame, for traces: who speaks to whom, by which protocols, down to where it can be read.

It looks at headers only, one tunnel after another, and never raises: what does not decode is called malformed, with
the place. Not here: the contents of NHRP and IKE messages, which their own modules describe.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import mac_text
from iosh.base.errors import Malformed
from iosh.wire import arp, ethernet, gre, icmp, ipv4
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.gre import Gre
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

NHRP_TYPES: Final = (
    "", "Resolution Request", "Resolution Reply", "Registration Request", "Registration Reply",
    "Purge Request", "Purge Reply", "Error Indication", "Traffic Indication",
)  # fmt: skip
_IKE_EXCHANGES = {34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL"}
_ICMP = {
    icmp.ECHO: "echo request",
    icmp.ECHO_REPLY: "echo reply",
    icmp.TIME_EXCEEDED: "time exceeded",
    icmp.SOURCE_QUENCH: "source quench",
    icmp.PARAMETER_PROBLEM: "parameter problem",
}
_UNREACHABLE = ("net", "host", "protocol", "port")
_TCP_FLAGS = ((2, "S"), (16, "."), (1, "F"), (4, "R"), (8, "P"))
_IKE_HEADER = 28
_RESPONSE = 0x20
_DEPTH = 6


def describe(frame: bytes) -> str:
    """A frame, from its Ethernet header inwards."""
    try:
        outer = Ethernet.decode(frame)
        tag = f"vlan {outer.vlan} " if outer.vlan is not None else ""
        if outer.ethertype == ethernet.ARP:
            return tag + _arp(Arp.decode(outer.payload))
        if outer.ethertype == ethernet.IPV4:
            return tag + _packet(outer.payload, 0)
        return (
            f"{tag}{mac_text(outer.source)} > {mac_text(outer.destination)}"
            f" type 0x{outer.ethertype:04x}, {len(outer.payload)} bytes"
        )
    except Malformed as malformed:
        return str(malformed)


def describe_packet(packet: bytes) -> str:
    """An IPv4 packet, and what it carries."""
    try:
        return _packet(packet, 0)
    except Malformed as malformed:
        return str(malformed)


def _arp(message: Arp) -> str:
    if message.operation == arp.REQUEST:
        return f"ARP who has {message.target}? tell {message.sender}"
    return f"ARP {message.sender} is at {mac_text(message.sender_mac)}"


def _packet(data: bytes, depth: int) -> str:
    packet = Ipv4.decode(data)
    line = f"{packet.source} > {packet.destination} "
    if packet.offset or packet.more_fragments:
        more = "+" if packet.more_fragments else ""
        line += f"fragment {packet.offset}{more} of {packet.identification} "
    if packet.offset:
        return f"{line}protocol {packet.protocol}, {len(packet.payload)} bytes"
    try:
        return line + _payload(packet, depth)
    except Malformed as malformed:
        return line + str(malformed)


def _payload(packet: Ipv4, depth: int) -> str:
    data = packet.payload
    partial = packet.more_fragments
    match packet.protocol:
        case ipv4.ICMP if not partial:
            return _icmp(Icmp.decode(data))
        case ipv4.UDP if not partial:
            return _udp(Udp.decode(data, packet.source, packet.destination))
        case ipv4.TCP if not partial:
            segment = Tcp.decode(data, packet.source, packet.destination)
            flags = "".join(letter for bit, letter in _TCP_FLAGS if segment.flags & bit)
            return f"TCP {segment.source} > {segment.destination} [{flags}], {len(segment.payload)} bytes"
        case ipv4.GRE if not partial:
            return _gre(Gre.decode(data), depth)
        case ipv4.ESP if len(data) >= 8:
            return _esp(data)
        case _:
            return f"protocol {packet.protocol}, {len(data)} bytes"


def _icmp(message: Icmp) -> str:
    if message.type in (icmp.ECHO, icmp.ECHO_REPLY):
        return f"ICMP {_ICMP[message.type]} id {message.identifier} seq {message.sequence}, {len(message.data)} bytes"
    if message.type == icmp.REDIRECT:
        return f"ICMP redirect to {message.gateway}"
    if message.type != icmp.UNREACHABLE:
        return f"ICMP {_ICMP.get(message.type, f'type {message.type} code {message.code}')}"
    if message.code == icmp.FRAGMENTATION_NEEDED:
        return f"ICMP fragmentation needed, mtu {message.next_hop_mtu}"
    what = _UNREACHABLE[message.code] if message.code < len(_UNREACHABLE) else f"code {message.code}"
    return f"ICMP {what} unreachable"


def _udp(datagram: Udp) -> str:
    line = f"UDP {datagram.source} > {datagram.destination} "
    data = datagram.payload
    if 4500 in (datagram.source, datagram.destination) and len(data) >= 8:
        if data[:4] != b"\0\0\0\0":
            return line + _esp(data)
        data = data[4:]
    elif 500 not in (datagram.source, datagram.destination):
        return f"{line}{len(data)} bytes"
    return line + _ike(data)


def _ike(data: bytes) -> str:
    if len(data) < _IKE_HEADER:
        return f"{len(data)} bytes"
    exchange = _IKE_EXCHANGES.get(data[18], f"exchange {data[18]}")
    kind = "response" if data[19] & _RESPONSE else "request"
    return f"IKEv{data[17] >> 4} {exchange} {kind} {int.from_bytes(data[20:24], 'big')}, {len(data)} bytes"


def _esp(data: bytes) -> str:
    spi, sequence = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    return f"ESP spi 0x{spi:08x} seq {sequence}, {len(data)} bytes"


def _gre(message: Gre, depth: int) -> str:
    line = "GRE" if message.key is None else f"GRE key {message.key}"
    if message.protocol_type == gre.NHRP and len(message.payload) >= 20:
        kind = message.payload[17]
        name = NHRP_TYPES[kind] if 0 < kind < len(NHRP_TYPES) else f"type {kind}"
        return f"{line} | NHRP {name}, {len(message.payload)} bytes"
    if message.protocol_type == gre.IPV4 and depth < _DEPTH:
        return f"{line} | {_packet(message.payload, depth + 1)}"
    return f"{line} | type 0x{message.protocol_type:04x}, {len(message.payload)} bytes"
