"""Work left to hardware, held against scapy's checksums."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q, Ether

from iosh.base.errors import Malformed
from iosh.wire import offload
from iosh.wire.checksum import internet_checksum, pseudo_header
from iosh.wire.offload import CONGESTION, CUT_TCP4, CUT_UDP, NEEDS_CHECKSUM, NO_CUT, Offload, whole

MACS = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
ENDS = {"src": "10.1.0.2", "dst": "10.2.0.2"}


def right(frame: bytes) -> Ether:
    """The frame by scapy, all its checksums checked."""
    packet = Ether(frame)
    again = packet.copy()
    for layer, fields in ((IP, ("len", "chksum")), (TCP, ("chksum",)), (UDP, ("len", "chksum"))):
        if again.haslayer(layer):
            for field in fields:
                delattr(again[layer], field)
    assert bytes(again) == frame
    return packet


def super_frame(upper, payload: bytes, tag: int | None = None) -> bytes:
    """As the kernel makes it: checksum fields hold the pseudo-header's sum, the header's length field the whole."""
    layers = Ether(**MACS) / Dot1Q(vlan=tag) if tag else Ether(**MACS)
    return bytes(layers / IP(**ENDS, id=65534, ttl=9) / upper / payload)


@pytest.mark.parametrize("tag", [None, 7])
@pytest.mark.parametrize("size", [1, 999, 1000, 1001, 3000, 20000])
def test_a_tcp_super_frame_is_cut_into_what_the_sender_meant(tag, size):
    payload = bytes(n % 251 for n in range(size))
    frame = super_frame(TCP(sport=1, dport=2, seq=2**32 - 1500, flags="CPFA"), payload, tag)
    found = [right(one) for one in whole(Offload(NEEDS_CHECKSUM, CUT_TCP4 | CONGESTION, 54, 1000, 34, 16), frame)]
    assert b"".join(bytes(one[TCP].payload) for one in found) == payload
    assert [one[TCP].seq for one in found] == [(2**32 - 1500 + 1000 * n) % 2**32 for n in range(len(found))]
    assert [one[IP].id for one in found] == [(65534 + n) % 65536 for n in range(len(found))]
    last = len(found) - 1
    flags = [("C" if n == 0 else "") + ("FPA" if n == last else "A") for n in range(len(found))]
    assert [set(str(one[TCP].flags)) for one in found] == [set(flag) for flag in flags]
    assert all(one.haslayer(Dot1Q) == bool(tag) for one in found)


@pytest.mark.parametrize("size", [1, 500, 1201])
def test_a_udp_super_frame_is_cut_into_datagrams(size):
    payload = bytes(size)
    found = [right(one) for one in whole(Offload(1, CUT_UDP, 42, 500, 34, 6), super_frame(UDP(sport=1), payload))]
    assert [len(one[UDP].payload) for one in found] == [500] * (size // 500) + [size % 500] * bool(size % 500)


def test_an_unfinished_checksum_is_finished():
    frame = bytearray(super_frame(UDP(sport=5, dport=6), b"hello"))
    half = 0xFFFF - internet_checksum(pseudo_header(0x0A010002, 0x0A020002, 17, 13))
    frame[40:42] = half.to_bytes(2, "big")
    [done] = whole(Offload(NEEDS_CHECKSUM, NO_CUT, 0, 0, 34, 6), bytes(frame))
    right(done)


def test_a_frame_that_lacks_nothing_passes_as_it_is():
    assert whole(Offload.decode(offload.PLAIN), b"frame") == [b"frame"]


@given(st.builds(Offload, *[st.integers(0, 255)] * 2, *[st.integers(0, 65535)] * 4), st.binary(max_size=200))
def test_header_and_frame_that_do_not_fit_are_malformed_and_nothing_else(header, noise):
    for frame in (noise, super_frame(TCP(), noise), super_frame(UDP(), noise)):
        try:
            frames = whole(Offload.decode(header.encode()), frame)
        except Malformed:
            continue
        assert frames
