"""OSPF on the wire: both ways, against scapy and tshark, against FRR's captures, and against anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire import ospf, ospf_lsa
from iosh.wire.ospf import Acknowledgment, Description, Hello, Ospf, Request, Update
from iosh.wire.ospf_lsa import (
    Aged,
    ExternalBody,
    Header,
    Key,
    LinkType,
    LsType,
    NetworkBody,
    OpaqueBody,
    RouterBody,
    RouterLink,
    SummaryBody,
)

CAPTURES = Path(__file__).parents[3] / "shared" / "peers" / "captures"

BYTE, HALF, WORD = st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
METRIC = st.integers(0, 0xFFFFFF)
ADDRESS = WORD.map(IPv4)
ADDRESSES = st.lists(ADDRESS, max_size=5).map(tuple)
SEQUENCE = st.integers(-0x80000000, 0x7FFFFFFF)
AGE = st.integers(0, ospf_lsa.MAX_AGE)
KEY = st.builds(Key, BYTE, ADDRESS, ADDRESS)
HEADERS = st.lists(st.builds(Header, AGE, BYTE, KEY, SEQUENCE, HALF, HALF), max_size=5).map(tuple)
LINKS = st.lists(st.builds(RouterLink, BYTE, ADDRESS, ADDRESS, HALF), max_size=5).map(tuple)


def lsas_of(kinds: tuple[int, ...], body: Any) -> Any:
    key = st.builds(Key, st.sampled_from(kinds), ADDRESS, ADDRESS)
    return st.builds(ospf_lsa.make, key, BYTE, SEQUENCE, body)


LSAS = (
    lsas_of((LsType.ROUTER,), st.builds(RouterBody, BYTE, LINKS))
    | lsas_of((LsType.NETWORK,), st.builds(NetworkBody, ADDRESS, ADDRESSES))
    | lsas_of((LsType.SUMMARY, LsType.ASBR_SUMMARY), st.builds(SummaryBody, ADDRESS, METRIC))
    | lsas_of((LsType.EXTERNAL, LsType.NSSA), st.builds(ExternalBody, ADDRESS, METRIC, st.booleans(), ADDRESS, WORD))
    | lsas_of((LsType.OPAQUE_LINK, LsType.OPAQUE_AREA, LsType.OPAQUE_AS), st.builds(OpaqueBody, st.binary(max_size=9)))
)
BODIES = (
    st.builds(Hello, ADDRESS, HALF, BYTE, BYTE, WORD, ADDRESS, ADDRESS, ADDRESSES)
    | st.builds(Description, HALF, BYTE, st.integers(0, 7), WORD, HEADERS)
    | st.builds(Request, st.lists(KEY, max_size=5).map(tuple))
    | st.builds(Update, st.lists(st.builds(Aged, AGE, LSAS), max_size=4).map(tuple), st.just(0))
    | st.builds(Acknowledgment, HEADERS)
)
PACKETS = st.builds(Ospf, ADDRESS, ADDRESS, BODIES, st.integers(0, 2), st.binary(min_size=8, max_size=8))


@settings(max_examples=200, deadline=None)
@given(PACKETS, st.binary(max_size=20))
def test_a_packet_reads_back_whatever_follows_it(packet: Ospf, digest: bytes) -> None:
    assert Ospf.decode(packet.encode() + digest) == packet


@settings(max_examples=200, deadline=None)
@given(PACKETS, st.data())
def test_a_packet_cut_short_is_malformed(packet: Ospf, data: st.DataObject) -> None:
    whole = packet.encode()
    with pytest.raises(Malformed):
        Ospf.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 6), st.booleans())
def test_anything_else_is_malformed_and_nothing_else(junk: bytes, kind: int, as_packet: bool) -> None:
    data = ospf.packet(kind, IPv4(1), IPv4(0), junk) if as_packet else junk
    try:
        read = Ospf.decode(data)
    except Malformed as error:
        assert error.place.startswith("OSPF")
        return
    assert read.body.type == data[1]


@settings(max_examples=300, deadline=None)
@given(LSAS, AGE, st.data())
def test_a_damaged_lsa_is_left_out_of_its_update_and_the_others_stand(
    lsa: ospf_lsa.Lsa, age: int, data: st.DataObject
) -> None:
    whole = bytearray(lsa.encode(age))
    at = data.draw(st.integers(2, len(whole) - 1).filter(lambda at: at not in (18, 19)))  # its length places the next
    change = data.draw(st.integers(1, 254))
    if whole[at] ^ change in (0, 255) and whole[at] in (0, 255):
        change = 1  # the checksum does not tell 0 from 255
    whole[at] ^= change
    sound = ospf_lsa.make(Key(LsType.OPAQUE_AREA, IPv4(1), IPv4(2)), 0, 1, OpaqueBody(b""))
    body = (2).to_bytes(4, "big") + bytes(whole) + sound.encode(7)
    read = Ospf.decode(ospf.packet(ospf.PacketType.UPDATE, IPv4(1), IPv4(0), body)).body
    assert read == Update((Aged(7, sound),), 1)


@given(LSAS)
def test_the_checksum_is_right_and_the_age_is_no_part_of_it(lsa: ospf_lsa.Lsa) -> None:
    assert ospf_lsa.is_sound(lsa.data) and lsa.checksum
    assert lsa.encode(0)[2:] == lsa.encode(3600)[2:] == lsa.data


def test_the_same_bytes_are_the_same_object() -> None:
    key = Key(LsType.SUMMARY, IPv4.parse("10.0.0.0"), IPv4(1))
    one = ospf_lsa.make(key, 2, 5, SummaryBody(IPv4.parse("255.0.0.0"), 10))
    assert ospf_lsa.read(bytes(bytearray(one.data))) is one


def example(auth_type: int = 0) -> list[Ospf]:
    """One packet of each type, every type of LSA in the update."""
    me, other, area = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2"), IPv4(5)
    mask = IPv4.parse("255.255.255.0")
    links = (
        RouterLink(LinkType.POINT_TO_POINT, other, IPv4.parse("10.0.0.1"), 10),
        RouterLink(LinkType.STUB, IPv4.parse("10.0.0.0"), mask, 10),
    )
    bodies: dict[Key, ospf_lsa.Body] = {
        Key(LsType.ROUTER, me, me): RouterBody(ospf_lsa.RouterFlag.BORDER, links),
        Key(LsType.NETWORK, IPv4.parse("10.1.0.1"), me): NetworkBody(mask, (me, other)),
        Key(LsType.SUMMARY, IPv4.parse("10.2.0.0"), me): SummaryBody(mask, 77),
        Key(LsType.ASBR_SUMMARY, other, me): SummaryBody(IPv4(0), 78),
        Key(LsType.EXTERNAL, IPv4.parse("10.3.0.0"), me): ExternalBody(mask, 20, True, other, 99),
        Key(LsType.NSSA, IPv4.parse("10.4.0.0"), me): ExternalBody(mask, 21, False, other, 98),
    }
    lsas = [ospf_lsa.make(key, 2, ospf_lsa.INITIAL_SEQUENCE, body) for key, body in bodies.items()]
    headers = tuple(lsa.header(5) for lsa in lsas)
    packets: list[ospf.Body] = [
        Hello(mask, 10, 2, 1, 40, me, other, (other,)),
        Description(1500, 0x42, 3, 4711, headers),
        Request(tuple(bodies)),
        Update(tuple(Aged(5, lsa) for lsa in lsas)),
        Acknowledgment(headers),
    ]
    return [Ospf(me, area, body, auth_type) for body in packets]


@pytest.mark.filterwarnings("ignore")
def test_scapy_reads_ours_and_we_read_scapys() -> None:
    layer: Any = pytest.importorskip("scapy.contrib.ospf")
    hello, description, request, update, acknowledgment = (layer.OSPF_Hdr(each.encode()) for each in example())
    assert (hello.src, hello.area, hello.type) == ("192.0.2.1", "0.0.0.5", 1)
    assert (hello[layer.OSPF_Hello].deadinterval, hello[layer.OSPF_Hello].neighbors) == (40, ["192.0.2.2"])
    assert [each.type for each in description[layer.OSPF_DBDesc].lsaheaders] == [1, 2, 3, 4, 5, 7]
    assert [each.type for each in request[layer.OSPF_LSReq].requests] == [1, 2, 3, 4, 5, 7]
    assert [each.seq for each in acknowledgment[layer.OSPF_LSAck].lsaheaders] == [0x80000001] * 6
    router, network, summary, asbr, external, nssa = update[layer.OSPF_LSUpd].lsalist
    assert [(link.type, link.id, link.data, link.metric) for link in router.linklist] == [
        (1, "192.0.2.2", "10.0.0.1", 10),
        (3, "10.0.0.0", "255.255.255.0", 10),
    ]
    assert (network.mask, network.routerlist) == ("255.255.255.0", ["192.0.2.1", "192.0.2.2"])
    assert (summary.metric, asbr.metric, asbr.id) == (77, 78, "192.0.2.2")
    assert (external.metric, external.ebit, external.fwdaddr, external.tag) == (20, 1, "192.0.2.2", 99)
    assert (nssa.metric, nssa.ebit, nssa.tag) == (21, 0, 98)
    for each in (router, network, summary, asbr, external, nssa):
        whole = bytearray(bytes(each))
        sum_of_scapy = each.chksum
        whole[16:18] = bytes(2)
        assert ospf_lsa.fletcher(bytes(whole[2:])) == sum_of_scapy

    link = layer.OSPF_Link(id="2.2.2.2", data="3.3.3.3", type=1, metric=9)
    router = layer.OSPF_Router_LSA(id="1.1.1.1", adrouter="1.1.1.1", linklist=[link])
    theirs = layer.OSPF_Hdr(src="1.1.1.1", area="0.0.0.1") / layer.OSPF_LSUpd(lsalist=[router])
    read = Ospf.decode(bytes(theirs)).body
    assert isinstance(read, Update) and read.damaged == 0
    assert read.lsas[0].lsa.body == RouterBody(0, (RouterLink(1, IPv4.parse("2.2.2.2"), IPv4.parse("3.3.3.3"), 9),))


def test_what_frr_sent_is_read_and_written_back() -> None:
    file = CAPTURES / "frr8-ospf.pcap"
    if not file.exists():
        pytest.skip(f"no {file.name} beside the repository")
    scapy: Any = pytest.importorskip("scapy.all")
    layer: Any = pytest.importorskip("scapy.contrib.ospf")
    kinds = set()
    for frame in scapy.rdpcap(str(file)):
        if layer.OSPF_Hdr not in frame:
            continue
        data = bytes(frame[layer.OSPF_Hdr])
        read = Ospf.decode(data)
        kinds.add(read.body.type)
        assert read.encode() == data[: ospf.length(data)]
        if isinstance(read.body, Update):
            assert read.body.damaged == 0
    assert ospf.PacketType.HELLO in kinds


@pytest.mark.filterwarnings("ignore")
def test_tshark_finds_no_fault_in_ours(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        if os.environ.get("CI") == "true":
            pytest.fail("tshark is missing, and in CI it must not be")
        pytest.skip("tshark is not installed")
    scapy: Any = pytest.importorskip("scapy.all")
    file = str(tmp_path / "ours.pcap")
    frames = [
        scapy.Ether(src="02:00:00:00:00:01", dst="01:00:5e:00:00:05")
        / scapy.IP(src="10.0.0.1", dst="224.0.0.5", proto=ospf.PROTOCOL, ttl=1)
        / packet.encode()
        for packet in example()
    ]
    scapy.wrpcap(file, frames)
    fields = ["ospf.msg", "ospf.advrouter", "_ws.malformed", "_ws.expert"]
    wanted = [word for field in fields for word in ("-e", field)]
    command = [tshark, "-r", file, "-T", "fields", *wanted]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    six = ",".join(["192.0.2.1"] * 6)
    advertising = ["", six, six, six, six]
    assert [line.split("\t") for line in lines] == [
        [str(n), routers, "", ""] for n, routers in enumerate(advertising, 1)
    ]
