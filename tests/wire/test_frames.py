"""Frames and packets against other people's: what a Linux cloud sent, and what scapy makes of the same values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire import arp, checksum, ethernet, gre, icmp, ipv4, tcp
from iosh.wire.ethernet import Ethernet
from iosh.wire.gre import Gre
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.reader import Reader
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

DATA = Path(__file__).resolve().parents[1] / "data"
A, B = IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2")


def test_a_reader_takes_what_is_there_and_names_the_place_where_it_ends() -> None:
    r = Reader(b"abcdef", "some header")
    assert (r.take(2), r.left, r.rest(), r.left) == (b"ab", 4, b"cdef", 0)
    for size in (1, -1):
        with pytest.raises(Malformed, match="some header"):
            r.take(size)
    assert str(Reader(b"abc", "ipv4").refuse("version")) == "malformed ipv4 version (3 bytes)"


# --- checksums


def by_the_book(data: bytes) -> int:
    """RFC 1071, word by word."""
    total = 0
    for at in range(0, len(data), 2):
        total += int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_the_checksum_is_the_one_of_rfc_1071(data: bytes) -> None:
    assert checksum.internet_checksum(data) == by_the_book(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=4, max_size=60).filter(any), st.integers(0, 0xFFFF), st.integers(0, 20))
def test_an_updated_checksum_is_the_one_computed_anew(data: bytes, new: int, place: int) -> None:
    at = place % (len(data) // 2) * 2
    changed = data[:at] + new.to_bytes(2, "big") + data[at + 2 :]
    updated = checksum.updated(by_the_book(data), int.from_bytes(data[at : at + 2], "big"), new)
    assert updated == by_the_book(changed) or {updated, by_the_book(changed)} == {0, 0xFFFF}


# --- IPv4


def test_padding_after_the_total_length_is_cut_off() -> None:
    packet = Ipv4(A, B, 17, b"short").encode()
    assert Ipv4.decode(packet + bytes(21)) == Ipv4.decode(packet)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.integers(0, 255), st.integers(2, 255),
    st.integers(0, 255), st.integers(0, 0xFFFF), st.sampled_from([0, 0x4000, 0x2000, 0x2005]),
)  # fmt: skip
def test_a_packet_made_quickly_is_the_packet_made_carefully_and_loses_one_hop_at_a_time(
    source: int, destination: int, protocol: int, ttl: int, tos: int, identification: int, flags: int
) -> None:
    packet = ipv4.packet(source, destination, protocol, b"data", ttl, tos, identification, flags)
    decoded = Ipv4.decode(packet)
    assert decoded.encode() == packet
    assert Ipv4.decode(ipv4.hopped(packet)) == decoded._replace(ttl=ttl - 1)


def test_a_header_rewritten_has_a_right_checksum_with_options_too() -> None:
    packet = Ipv4(A, B, 17, b"", options=b"\x94\x04\0\0").encode()
    assert ipv4.rewritten(packet[:1] + b"\x10" + packet[2:]) == Ipv4.decode(packet)._replace(tos=16).encode()


# --- against scapy


def test_headers_and_checksums_are_scapys() -> None:
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.l2 import ARP, GRE, Dot1Q, Ether

    a, b = str(A), str(B)
    udp = Ipv4(A, B, ipv4.UDP, Udp(53, 4000, b"hello").encode(A, B), 64, 0x10, 7)
    assert udp.encode() == bytes(IP(src=a, dst=b, ttl=64, tos=0x10, id=7) / UDP(sport=53, dport=4000) / b"hello")
    segment = Tcp(1, 2, 3, 4, tcp.SYN, 8192, b"\x02\x04\x05\xb4").encode(A, B)
    options = [("MSS", 1460)]
    scapy_segment = IP(src=a, dst=b) / TCP(sport=1, dport=2, seq=3, ack=4, flags="S", options=options)
    assert segment == bytes(scapy_segment)[20:]
    assert Icmp(8, 0, 0x00050006, b"xyz").encode() == bytes(ICMP(id=5, seq=6) / b"xyz")
    key = Gre(gre.IPV4, b"", key=100, sequence=9, checksum=True).encode()
    assert key == bytes(GRE(chksum_present=1, key_present=1, seqnum_present=1, key=100, sequence_number=9, proto=0x800))
    mac = b"\x02\0\0\0\0\x01"
    tagged = Ethernet(ethernet.BROADCAST, mac, ethernet.ARP, b"", vlan=15, priority=3).encode()
    assert tagged == bytes(Ether(dst="ff:ff:ff:ff:ff:ff", src="02:00:00:00:00:01") / Dot1Q(vlan=15, prio=3, type=0x806))
    request = arp.Arp(arp.REQUEST, mac, A, bytes(6), B).encode()
    assert request == bytes(ARP(hwsrc="02:00:00:00:00:01", psrc=a, pdst=b))


@pytest.mark.parametrize("name", ["frr10-auth-unique-nhsdynamic", "frr8-ospf", "ipsec-gcm-clear", "ipsec-gcm"])
def test_every_frame_of_a_linux_cloud_reads_and_writes_back(name: str) -> None:
    from scapy.utils import rdpcap

    frames = [bytes(frame) for frame in rdpcap(str(DATA / f"{name}.pcap"))]
    inside = 0
    for frame in frames:
        outer = Ethernet.decode(frame)
        assert outer.encode() == frame
        packet = Ipv4.decode(outer.payload)
        assert packet.encode() == outer.payload[: len(packet.encode())]
        if packet.protocol == ipv4.GRE:
            tunnelled = Gre.decode(packet.payload)
            assert tunnelled.encode() == packet.payload
            inside += 1
        elif packet.protocol == ipv4.UDP:
            datagram = Udp.decode(packet.payload, packet.source, packet.destination)
            again = datagram.encode(packet.source, packet.destination)
            assert again == packet.payload or packet.payload[6:8] == b"\0\0"
    assert frames and (inside or name == "ipsec-gcm")


# --- GRE


def test_gre_of_another_version_or_with_routing_is_refused_and_a_wrong_checksum_too() -> None:
    for flags in ("0001", "4000"):
        with pytest.raises(Malformed, match="gre version"):
            Gre.decode(bytes.fromhex(flags + "0800") + bytes(8))
    right = Gre(gre.IPV4, b"payload", checksum=True).encode()
    with pytest.raises(Malformed, match="gre checksum"):
        Gre.decode(right[:-1] + b"!")


# --- TCP


def syn(options: bytes, flags: int = tcp.SYN) -> bytes:
    return Tcp(1000, 80, 5, 0, flags, 8192, options).encode(A, B)


@pytest.mark.parametrize(
    ("options", "clamped"),
    [
        (b"\x02\x04\x05\xb4", b"\x02\x04\x05\x50"),
        (b"\x01\x02\x04\x05\xb4\x01\x01\x00", b"\x01\x02\x04\x05\x50\x01\x01\x00"),
        (b"\x04\x02\x02\x04\x05\xb4\x01\x00", b"\x04\x02\x02\x04\x05\x50\x01\x00"),
        (b"\x02\x04\x05\x00", b"\x02\x04\x05\x00"),
        (b"\x00\x00\x00\x00\x02\x04\x05\xb4", b"\x00\x00\x00\x00\x02\x04\x05\xb4"),
        (b"\x03\x00\x02\x04\x05\xb4\x00\x00", b"\x03\x00\x02\x04\x05\xb4\x00\x00"),
    ],
)
def test_the_mss_of_a_syn_is_lowered_wherever_it_stands_and_the_checksum_follows(
    options: bytes, clamped: bytes
) -> None:
    passed = tcp.clamped(syn(options), 1360)
    assert Tcp.decode(passed, A, B).options == clamped
    assert passed == syn(clamped)


def test_the_mss_of_other_segments_and_of_odd_ones_is_left_alone() -> None:
    for segment in (syn(b"\x02\x04\x05\xb4", tcp.ACK), b"\0" * 13 + b"\x02", syn(b"\x02\x04\x05\xb4")[:22]):
        assert tcp.clamped(segment, 536) is segment


def test_a_segment_nobody_listens_for_is_reset_and_a_reset_is_not() -> None:
    assert Tcp(1, 2, 10, 0, tcp.SYN, payload=b"ab").reset() == Tcp(2, 1, 0, 13, tcp.RST | tcp.ACK)
    assert Tcp(1, 2, 10, 77, tcp.ACK).reset() == Tcp(2, 1, 77, 0, tcp.RST)
    assert Tcp(1, 2, 10, 77, tcp.RST).reset() is None


# --- ICMP


def test_an_error_quotes_the_header_and_eight_bytes() -> None:
    packet = Ipv4(A, B, 17, bytes(range(40)), options=b"\x94\x04\0\0").encode()
    quoted = Quoted.decode(icmp.quotation(packet))
    assert quoted == Quoted(A, B, 17, bytes(range(8)))
    assert Icmp(icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 1400, b"").next_hop_mtu == 1400
    assert Icmp(icmp.REDIRECT, 1, B, b"").gateway == B


def test_no_error_is_sent_about_an_error_or_a_later_fragment() -> None:
    def about(payload: bytes, protocol: int = 1, offset: int = 0) -> bool:
        return icmp.may_be_answered(Ipv4(A, B, protocol, payload, offset=offset).encode())

    assert about(Icmp(icmp.ECHO, 0, 0, b"").encode())
    assert about(b"", protocol=17)
    assert not about(Icmp(icmp.TIME_EXCEEDED, 0, 0, b"").encode())
    assert not about(b"", protocol=1)
    assert not about(b"x" * 8, protocol=17, offset=8)
