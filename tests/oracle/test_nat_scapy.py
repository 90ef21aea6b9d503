"""Translated packets held against checksums that scapy reckons anew."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.router.nat_rewrite import DESTINATION, SOURCE, AddressPatch, Patch, requoted
from iosh.wire import icmp, ipv4
from iosh.wire.icmp import Icmp

ADDRESSES = st.integers(1, 0xDFFFFFFF).map(IPv4)
PORTS = st.integers(0, 65535)


def reckoned(packet: bytes) -> bytes:
    """The packet with every checksum made by scapy."""
    from scapy.layers.inet import ICMP, IP, TCP, UDP

    whole: Any = IP(packet)
    for layer in (IP, TCP, UDP, ICMP):
        if layer in whole:
            del whole[layer].chksum
    return bytes(whole)


def built(protocol: int, source: int, destination: int, one: int, other: int, data: bytes, tos: int) -> bytes:
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.packet import Raw

    head = IP(src=str(IPv4(source)), dst=str(IPv4(destination)), tos=tos)
    layer = {
        ipv4.TCP: TCP(sport=one, dport=other, flags="PA", options=[("MSS", 1460)]),
        ipv4.UDP: UDP(sport=one, dport=other),
        ipv4.ICMP: ICMP(type=8, id=one, seq=other),
    }[protocol]
    return bytes(head / layer / Raw(data))


@given(
    st.sampled_from((ipv4.TCP, ipv4.UDP, ipv4.ICMP)),
    st.tuples(ADDRESSES, ADDRESSES, ADDRESSES),
    st.tuples(PORTS, PORTS, PORTS),
    st.binary(max_size=40),
    st.integers(0, 255),
)
@settings(max_examples=200, deadline=None)
def test_a_patched_packet_has_the_checksums_of_one_made_so(
    protocol: int, addresses: tuple[int, int, int], ports: tuple[int, int, int], data: bytes, tos: int
) -> None:
    source, destination, new = addresses
    one, other, port = ports
    packet = built(protocol, source, destination, one, other, data, tos)
    out = Patch(SOURCE, protocol, (source, one), (new, port)).applied(packet)
    assert out == reckoned(out)
    back = Patch(SOURCE, protocol, (new, port), (source, one)).applied(out)
    assert back == packet
    theirs = one if protocol == ipv4.ICMP else other
    inwards = Patch(DESTINATION, protocol, (destination, theirs), (new, port)).applied(packet)
    assert inwards == reckoned(inwards)
    alone = AddressPatch(DESTINATION, destination, new).applied(packet)
    assert alone == reckoned(alone)


@given(st.sampled_from((ipv4.TCP, ipv4.UDP, ipv4.ICMP)), st.tuples(ADDRESSES, ADDRESSES, ADDRESSES), PORTS, PORTS)
@settings(max_examples=100, deadline=None)
def test_an_error_with_a_patched_quotation_has_right_checksums_and_quotes_what_was_sent(
    protocol: int, addresses: tuple[int, int, int], one: int, port: int
) -> None:
    source, destination, new = addresses
    sent = built(protocol, source, destination, one, 80, b"x", 0)
    seen = Patch(SOURCE, protocol, (source, one), (new, port)).applied(sent)
    message = Icmp(icmp.UNREACHABLE, icmp.PORT_UNREACHABLE, 0, icmp.quotation(seen)).encode()
    error = ipv4.packet(destination, new, ipv4.ICMP, message)
    back = Patch(SOURCE, protocol, (new, port), (source, one))
    told = requoted(error, DESTINATION, back, source)
    assert int.from_bytes(told[:20], "big") % 0xFFFF == 0
    assert Icmp.decode(told[20:]).data == icmp.quotation(sent)
    assert told[16:20] == IPv4(source).packed
