"""EIGRP on the wire: both ways, against scapy, against FRR's captures, and against anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4, Prefix
from iosh.base.errors import Malformed
from iosh.wire import eigrp
from iosh.wire.eigrp import Eigrp, Exterior, Flag, Metric, Opcode, Route, Stub

CAPTURES = Path(__file__).parents[3] / "shared" / "peers" / "captures"

BYTE, HALF, WORD = st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
ADDRESS = WORD.map(IPv4)
ADDRESSES = st.lists(ADDRESS, max_size=4).map(tuple)
PREFIX = st.builds(Prefix.of, WORD, st.integers(0, 32))
EXTERIOR = st.builds(Exterior, ADDRESS, WORD, WORD, WORD, BYTE, BYTE)
TENS = st.integers(0, 2**24 - 2).map(lambda n: n * 10_000_000) | st.just(eigrp.INFINITE_DELAY)  # picoseconds
REST = (st.integers(0, 0xFFFFFF), BYTE, BYTE, BYTE)
CLASSIC = st.builds(Metric, TENS, st.integers(1, 3_000), *REST)
WIDE = st.builds(Metric, st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), *REST)
ROUTES = st.builds(Route, PREFIX, CLASSIC, ADDRESS, st.none() | EXTERIOR) | st.builds(
    Route, PREFIX, WIDE, ADDRESS, st.none() | EXTERIOR, st.just(True), ADDRESS
)
TLVS = (
    ROUTES
    | st.builds(eigrp.Parameter, st.tuples(*[BYTE] * 6), HALF)
    | st.builds(eigrp.Authentication, st.sampled_from((2, 3)), WORD, WORD, st.binary(max_size=32))
    | st.builds(eigrp.Sequence, ADDRESSES)
    | st.builds(eigrp.SoftwareVersion, st.tuples(BYTE, BYTE), st.tuples(BYTE, BYTE))
    | st.builds(eigrp.MulticastSequence, WORD)
    | st.builds(eigrp.StubInfo, HALF)
    | st.builds(eigrp.PeerTermination, ADDRESSES)
    | st.builds(eigrp.Unknown, st.integers(0x00F0, 0x00FF), st.binary(max_size=20))
)
PACKETS = st.builds(
    Eigrp, st.sampled_from(Opcode), HALF, st.integers(0, 15), WORD, WORD, st.lists(TLVS, max_size=6).map(tuple), HALF
)


@settings(max_examples=200, deadline=None)
@given(PACKETS)
def test_a_packet_reads_back(packet: Eigrp) -> None:
    assert Eigrp.decode(packet.encode()) == packet


@settings(max_examples=200, deadline=None)
@given(PACKETS, st.data())
def test_a_packet_cut_short_is_malformed_or_ends_after_a_tlv(packet: Eigrp, data: st.DataObject) -> None:
    whole = packet.encode()
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(Malformed):
        Eigrp.decode(cut[: eigrp.HEADER_SIZE - 1])
    try:
        read = Eigrp.decode(eigrp.summed(eigrp.unsummed(cut)))
    except Malformed:
        return
    assert read.tlvs == packet.tlvs[: len(read.tlvs)] and len(read.tlvs) < len(packet.tlvs)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=120), st.booleans())
def test_anything_else_is_malformed_and_nothing_else(junk: bytes, as_tlvs: bool) -> None:
    data = eigrp.summed(b"\x02\x01\0\0" + bytes(16) + junk) if as_tlvs else junk
    try:
        read = Eigrp.decode(data)
    except Malformed:
        return
    assert read.opcode == data[1]


@settings(max_examples=300, deadline=None)
@given(PACKETS, st.data())
def test_a_damaged_packet_is_read_or_refused(packet: Eigrp, data: st.DataObject) -> None:
    whole = bytearray(packet.encode())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        Eigrp.decode(eigrp.summed(eigrp.unsummed(bytes(whole))))
    except Malformed as error:
        assert error.place.startswith("EIGRP")


def test_a_classic_metric_keeps_its_figures_however_often_it_is_passed_on() -> None:
    for kbit in (1, 9, 56, 64, 100, 768, 1544, 3161, 10_000, 45_000, 100_000, 1_000_000, 8_000_000, 10_000_000):
        first = Metric(50_000_000_000, kbit).classic()
        again = Route(Prefix.of(0, 0), Metric(50_000_000_000, kbit)).encode()
        heard = Eigrp.decode(eigrp.packet(Eigrp(Opcode.UPDATE, 1), again)).routes[0].metric
        assert heard.classic() == first


def test_what_cannot_be_reached_is_so_in_both_forms() -> None:
    nowhere = Metric(eigrp.INFINITE_DELAY, 100)
    for wide in (False, True):
        route = Route(Prefix.parse("10.0.0.0/8"), nowhere, wide=wide)
        assert Eigrp.decode(Eigrp(Opcode.UPDATE, 1, tlvs=(route,)).encode()).routes[0].metric.is_infinite


def test_a_route_tlv_may_name_several_destinations() -> None:
    one = Route(Prefix.parse("10.1.0.0/16"), Metric(10_000_000, 1000)).encode()
    tlv = one[:2] + (len(one) + 5).to_bytes(2, "big") + one[4:] + bytes((32, 10, 2, 2, 2))
    heard = Eigrp.decode(eigrp.packet(Eigrp(Opcode.UPDATE, 1), tlv))
    assert [str(route.prefix) for route in heard.routes] == ["10.1.0.0/16", "10.2.2.2/32"]


@pytest.mark.filterwarnings("ignore")
def test_scapy_reads_ours_and_we_read_scapys() -> None:
    layer: Any = pytest.importorskip("scapy.contrib.eigrp")
    outside = Exterior(IPv4.parse("192.0.2.1"), 65000, 77, 5, eigrp.ExternalProtocol.STATIC)
    metric = Metric(100_000_000, 100_000, hops=2)
    packet = Eigrp(
        Opcode.UPDATE, 100, Flag.INIT, 7, 9,
        (
            eigrp.Authentication(2, 1, 0, bytes(range(16))),
            eigrp.Parameter((1, 0, 1, 0, 0, 0), 15),
            eigrp.SoftwareVersion((12, 4), (1, 2)),
            eigrp.MulticastSequence(8),
            eigrp.StubInfo(Stub.CONNECTED | Stub.SUMMARY),
            Route(Prefix.parse("10.1.2.0/24"), metric),
            Route(Prefix.parse("10.9.0.0/16"), metric, IPv4.parse("10.0.0.9"), outside),
        ),
    )  # fmt: skip
    heard = layer.EIGRP(packet.encode())
    assert (heard.opcode, heard.seq, heard.ack, heard.asn, int(heard.flags)) == (1, 7, 9, 100, 1)
    digest, parameter, version, following, stub, inside, external = heard.tlvlist
    assert (digest.authtype, digest.keyid, digest.authdata) == (2, 1, bytes(range(16)))
    assert (parameter.k1, parameter.k3, parameter.holdtime) == (1, 1, 15)
    assert (version.ios, version.eigrp, following.nms, int(stub.flags)) == (0x0C04, 0x0102, 8, 5)
    assert (inside.dst, inside.prefixlen, inside.delay, inside.bandwidth) == ("10.1.2.0", 24, 2560, 25600)
    assert (external.dst, external.nexthop, external.tag, external.originasn) == ("10.9.0.0", "10.0.0.9", 77, 65000)
    assert (external.hopcount, external.mtu, external.extprotocolid) == (2, 1500, 3)

    theirs = layer.EIGRP(
        opcode=3, seq=5, asn=9,
        tlvlist=[
            layer.EIGRPSeq(ipaddr="10.0.0.7"),
            layer.EIGRPIntRoute(dst="172.16.0.0", prefixlen=12, delay=0xFFFFFFFF),
        ],
    )  # fmt: skip
    read = Eigrp.decode(bytes(theirs))
    assert (read.opcode, read.sequence, read.autonomous_system) == (Opcode.QUERY, 5, 9)
    assert read.tlvs[0] == eigrp.Sequence((IPv4.parse("10.0.0.7"),))
    assert read.routes[0].prefix == Prefix.parse("172.16.0.0/12") and read.routes[0].metric.is_infinite


def test_what_frr_sent_is_read_and_written_back() -> None:
    file = CAPTURES / "frr8-eigrp-p2pgre.pcap"
    if not file.exists():
        pytest.skip(f"no {file.name} beside the repository")
    scapy: Any = pytest.importorskip("scapy.all")
    layer: Any = pytest.importorskip("scapy.contrib.eigrp")
    routes: dict[int, int] = {}
    for frame in scapy.rdpcap(str(file)):
        if layer.EIGRP not in frame:
            continue
        theirs = frame[layer.EIGRP]
        data = bytes(theirs)
        read = Eigrp.decode(data)
        assert read.encode() == data
        assert (read.opcode, read.sequence, read.acknowledgment) == (theirs.opcode, theirs.seq, theirs.ack)
        inside = [tlv for tlv in theirs.tlvlist if isinstance(tlv, layer.EIGRPIntRoute)]
        assert [f"{tlv.dst}/{tlv.prefixlen}" for tlv in inside] == [f"{route.prefix}" for route in read.routes]
        routes[read.opcode] = routes.get(read.opcode, 0) + len(inside)
    assert routes[Opcode.UPDATE] == 2 and routes[Opcode.HELLO] == 0
