"""The neighbour that a router sees on a borrowed port: where the wire would be, there is the host's own IP layer.

It answers ARP for every address but the host's, so that whatever next hop a configuration names is there, and DHCP
with the host's address for as long as the host has it, so that `ip address dhcp` takes what there is. It says when a
packet was too big for the host. Here is no input and output; frames go in, and answers come out.
"""

from __future__ import annotations

from typing import Final

from iosh.base.addr import BROADCAST, IPv4, Prefix, mask_of
from iosh.base.errors import Malformed
from iosh.wire import arp, dhcp, ethernet, icmp, ipv4
from iosh.wire.arp import Arp
from iosh.wire.dhcp import Dhcp
from iosh.wire.icmp import Icmp
from iosh.wire.ipv4 import Ipv4
from iosh.wire.udp import Udp

MAC: Final = b"\x02\x00\x5e\x00\x00\x01"  # nobody else is on this wire
_NEAREST: Final = 31  # bits of a network that has room for the two of us


class Neighbour:
    """`address` is the host's, in a network of `length` bits; `router` the MAC address we speak to."""

    def __init__(self, router: bytes, address: IPv4, length: int) -> None:
        self.router = router
        self.address = address
        self.length = min(length, _NEAREST)

    @property
    def gateway(self) -> IPv4:
        """What it calls itself in a lease: the first address of the network that is not the host's."""
        first = Prefix.of(self.address, self.length).network + (self.length < _NEAREST)
        return IPv4(first + (first == self.address))

    @property
    def head(self) -> bytes:
        """In front of every packet for the router."""
        return ethernet.header(self.router, MAC, ethernet.IPV4)

    def resolved(self, frame: bytes) -> bytes | None:
        """The answer to an ARP frame, if it wants one. Probes of the host's own address find nobody else there."""
        try:
            asked = Arp.decode(frame[14:])
        except Malformed:
            return None
        if asked.operation != arp.REQUEST or asked.target in (self.address, asked.sender) or not asked.sender:
            return None
        answer = Arp(arp.REPLY, MAC, asked.target, asked.sender_mac, asked.sender)
        return ethernet.header(asked.sender_mac, MAC, ethernet.ARP) + answer.encode()

    def leased(self, packet: bytes) -> bytes | None:
        """The answer to a packet for the DHCP server; None where it is for somebody else, or wants none."""
        try:
            around = Ipv4.decode(packet)
            asked = Udp.decode(around.payload, around.source, around.destination)
            message = Dhcp.decode(asked.payload)
        except Malformed:
            return None
        wanted = message.address(dhcp.REQUESTED_ADDRESS) or message.client
        match message.type:
            case dhcp.DISCOVER:
                kind = dhcp.OFFER
            case dhcp.REQUEST:
                kind = dhcp.ACK if wanted == self.address else dhcp.NAK
            case dhcp.INFORM:
                kind = dhcp.ACK
            case _:
                return None
        return self._told(message, kind)

    def is_for_server(self, packet: bytes) -> bool:
        """Is it DHCP for us, and not for a server elsewhere?"""
        to = IPv4.unpack(packet[16:20])
        is_dhcp = packet[0] == 0x45 and packet[9] == ipv4.UDP and packet[22:24] == dhcp.SERVER_PORT.to_bytes(2, "big")
        return is_dhcp and to in (BROADCAST, self.gateway)

    def _told(self, message: Dhcp, kind: int) -> bytes:
        options = {dhcp.MESSAGE_TYPE: bytes((kind,)), dhcp.SERVER_ID: self.gateway.packed}
        yours = IPv4(0)
        if kind != dhcp.NAK:
            options[dhcp.SUBNET_MASK] = mask_of(self.length).packed
            options[dhcp.ROUTERS] = self.gateway.packed
        if kind != dhcp.NAK and message.type != dhcp.INFORM:
            yours = self.address
            options[dhcp.LEASE_TIME] = dhcp.INFINITE.to_bytes(4, "big")
        answer = Dhcp(dhcp.REPLY_OP, message.xid, message.mac, options, yours=yours, client=message.client)
        to = message.client or BROADCAST
        datagram = Udp(dhcp.SERVER_PORT, dhcp.CLIENT_PORT, answer.encode()).encode(self.gateway, to)
        return self.head + ipv4.packet(self.gateway, to, ipv4.UDP, datagram)

    def too_big(self, packet: bytes, mtu: int) -> bytes:
        """What a router would say to a packet that must not be cut and is longer than `mtu`."""
        said = Icmp(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, mtu, icmp.quotation(packet)).encode()
        return self.head + ipv4.packet(self.gateway, self.address, ipv4.ICMP, said)
