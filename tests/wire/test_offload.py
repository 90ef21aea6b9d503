"""Work left to hardware, and trains of packets, held against scapy's checksums."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q, Ether

from iosh.base.errors import Malformed
from iosh.wire import offload
from iosh.wire import train as train_module
from iosh.wire.checksum import internet_checksum, pseudo_header
from iosh.wire.offload import CONGESTION, CUT_TCP4, CUT_UDP, NEEDS_CHECKSUM, NO_CUT, Offload, unfinished, whole
from iosh.wire.train import Train, coalesced, data_sums, packets

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
    found = [right(one) for one in whole(Offload(1, CUT_TCP4 | CONGESTION, 54, 1000, 34, 16), frame).frames()]
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
    found = [
        right(one) for one in whole(Offload(1, CUT_UDP, 42, 500, 34, 6), super_frame(UDP(sport=1), payload)).frames()
    ]
    assert [len(one[UDP].payload) for one in found] == [500] * (size // 500) + [size % 500] * bool(size % 500)


def test_an_unfinished_checksum_is_finished():
    frame = bytearray(super_frame(UDP(sport=5, dport=6), b"hello"))
    half = 0xFFFF - internet_checksum(pseudo_header(0x0A010002, 0x0A020002, 17, 13))
    frame[40:42] = half.to_bytes(2, "big")
    right(whole(Offload(NEEDS_CHECKSUM, NO_CUT, 0, 0, 34, 6), bytes(frame)))


def test_a_frame_that_lacks_nothing_passes_as_it_is():
    assert whole(Offload.decode(offload.PLAIN), b"frame") == b"frame"


@given(st.builds(Offload, *[st.integers(0, 255)] * 2, *[st.integers(0, 65535)] * 4), st.binary(max_size=200))
def test_header_and_frame_that_do_not_fit_are_malformed_and_nothing_else(header, noise):
    for frame in (noise, super_frame(TCP(), noise), super_frame(UDP(), noise)):
        try:
            found = whole(Offload.decode(header.encode()), frame)
        except Malformed:
            continue
        assert len(found) == len(frame) if isinstance(found, bytes) else found.frames()


@pytest.mark.parametrize("upper", [TCP(sport=1, dport=2, seq=5, flags="PA"), UDP(sport=1, dport=2)])
def test_a_train_goes_out_as_it_came_in(upper):
    frame = super_frame(upper, bytes(range(200)) * 20)
    kind = CUT_TCP4 if upper.name == "TCP" else CUT_UDP
    came = whole(Offload(NEEDS_CHECKSUM, kind, 0, 700, 34, 16), frame)
    header, leaves = unfinished(came)
    again = whole(Offload.decode(header), leaves)
    assert again.frames() == came.frames()
    assert [right(one) for one in again.frames()]


def segments(count, size, **how):
    """Segments of one flow as single packets."""
    fields = {"sport": 1, "dport": 2, "seq": 2**32 - size, "flags": "A"} | how
    train = bytes(IP(**ENDS, id=7, ttl=9) / TCP(**fields) / bytes(n % 253 for n in range(count * size)))
    return packets(Train(train, size))


@pytest.mark.parametrize("size", [1000, 1001])
@pytest.mark.parametrize("without_numpy", [False, True])
def test_segments_that_follow_one_another_are_joined_and_cut_again_the_same(size, without_numpy, monkeypatch):
    train_module.prepare()
    assert train_module.numpy is not None
    if without_numpy:
        monkeypatch.setattr(train_module, "numpy", None)
    single = segments(10, size)
    [joined] = coalesced(single)
    assert isinstance(joined, Train)
    assert packets(joined) == single


def damaged(packet, at):
    return packet[:at] + bytes((packet[at] ^ 1,)) + packet[at + 1 :]


@pytest.mark.parametrize("at", [1, 8, 12, 20, 24, 28, 33, 34, 36, 45])
def test_what_differs_or_is_damaged_is_passed_on_as_it_is(at):
    single = segments(3, 500)
    single[1] = damaged(single[1], at)
    found = list(coalesced(single))
    cut = [packet for one in found for packet in (packets(one) if isinstance(one, Train) else [one])]
    assert cut == single


def test_a_pushed_or_shorter_segment_ends_a_train():
    single = segments(3, 500, flags="PA") + segments(3, 500, seq=2**32 + 1000 - 2**32, sport=1)
    assert [type(one) for one in coalesced(single)] == [Train, Train]


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from(segments(4, 30)))))
def test_joining_loses_and_changes_nothing(mixture):
    found = list(coalesced(mixture))
    assert [packet for one in found for packet in (packets(one) if isinstance(one, Train) else [one])] == mixture


@given(st.binary(min_size=1, max_size=3000), st.integers(0, 3), st.integers(1, 500))
def test_sums_are_the_same_with_and_without_numpy(data, begin, size):
    if begin >= len(data):
        return
    train_module.prepare()
    expected = [internet_checksum(data[at : at + size]) for at in range(begin, len(data), size)]
    assert [0xFFFF - (one % 0xFFFF or 0xFFFF) for one in data_sums(data, begin, size)] == [
        0xFFFF - ((0xFFFF - one) % 0xFFFF or 0xFFFF) for one in expected
    ]
