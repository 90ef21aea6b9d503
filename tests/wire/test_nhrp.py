"""NHRP on the wire: other people's packets, sizes IOS's debugs show, and whatever bytes may come."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire import nhrp
from iosh.wire.checksum import internet_checksum
from iosh.wire.nhrp import Cie, Extension, ExtensionKind, Flag, Indication, Kind, Message, cie_extension

DATA = Path(__file__).resolve().parents[1] / "data"
CAPTURES = {
    "nhrp-registration": 16,
    "nhrp-resolution": 8,
    "nhrp-redirect": 2,
    "nhrp-purge-injected": 1,
    "frr10-auth-unique-nhsdynamic": 4,
    "frr10-auth-wrong": 37,
    "frr8-ospf": 3,
    "ipsec-gcm-clear": 67,
    "ipsec-cbc-sha256-clear": 18,
}
HUB, HUB_NBMA = IPv4.parse("172.16.0.1"), IPv4.parse("203.0.113.2")
SPOKE, SPOKE_NBMA = IPv4.parse("172.16.0.2"), IPv4.parse("198.51.100.2")
VECTOR = bytes.fromhex(
    "0001080000000000 00ff005c6c400034 0103040004048002 00000003c6336402 ac100002ac100001"
    "0020000045f80258 00000000 80030000 80040000 80050000 00090014"
    "0020000045f80000 04000400cb007102 ac100001 80000000"
)


def packets(name: str) -> list[bytes]:
    """Every NHRP packet of a capture: Ethernet, IPv4, GRE with or without key."""
    from scapy.utils import rdpcap

    found = []
    for frame in map(bytes, rdpcap(str(DATA / f"{name}.pcap"))):
        if frame[12:14] != b"\x08\x00" or frame[23] != 47:
            continue
        gre = frame[14 + 4 * (frame[14] & 15) : 14 + int.from_bytes(frame[16:18], "big")]
        if gre[2:4] == b"\x20\x01":
            found.append(gre[8 if gre[0] & 0x20 else 4 :])
    return found


@pytest.mark.parametrize("name", CAPTURES)
def test_every_packet_of_a_linux_cloud_is_read_and_written_back(name: str) -> None:
    found = packets(name)
    assert len(found) == CAPTURES[name]
    for data in found:
        assert internet_checksum(data) == 0
        assert nhrp.decode(data).encode() == data


def test_frr_registers_with_extensions_in_its_own_order() -> None:
    message = nhrp.decode(packets("frr10-auth-unique-nhsdynamic")[0])
    assert isinstance(message, Message)
    assert [extension.kind for extension in message.extensions] == [4, 5, 3, 9, 7]
    assert [extension.kind for extension in nhrp.canonical(message.extensions)] == [3, 4, 5, 7, 9]
    assert message.cies[0].prefix == 255 and message.cies[0].prefix_length == 32
    assert message.hops == 1 and message.source == message.destination


def test_an_error_quotes_the_packet_it_blames() -> None:
    error = next(m for m in map(nhrp.decode, packets("frr10-auth-wrong")) if isinstance(m, Indication))
    assert error.code == 11
    offender = nhrp.quoted(error.packet)
    assert (offender.kind, offender.request_id) == (Kind.REGISTRATION_REQUEST, 1)
    assert str(offender.source) == "10.255.0.11"


def registration(password: str | None = None, mtu: int = 17912) -> Message:
    extensions = [
        Extension(ExtensionKind.RESPONDER),
        Extension(ExtensionKind.FORWARD_TRANSIT),
        Extension(ExtensionKind.REVERSE_TRANSIT),
        cie_extension(ExtensionKind.NAT, [Cie(mtu=mtu, nbma=HUB_NBMA, protocol=HUB)]),
    ]
    if password is not None:
        extensions = list(nhrp.replaced(extensions, nhrp.authentication(password)))
    flags = Flag.UNIQUE | Flag.NAT
    cie = Cie(mtu=mtu, holding_s=600)
    return Message(Kind.REGISTRATION_REQUEST, flags, 3, SPOKE_NBMA, SPOKE, HUB, (cie,), tuple(extensions))


def test_the_vector_is_written_as_it_is_read() -> None:
    assert registration().encode() == VECTOR
    assert nhrp.decode(VECTOR) == registration()


def test_sizes_are_those_of_ios_debugs() -> None:
    assert len(registration().encode()) == 92
    assert len(registration("12345").encode()) == 105
    assert len(registration("12345678").encode()) == 108
    reply = registration("12345678")
    responder = cie_extension(ExtensionKind.RESPONDER, [Cie(nbma=HUB_NBMA, protocol=HUB)])
    assert len(reply._replace(extensions=nhrp.replaced(reply.extensions, responder)).encode()) == 128
    resolution = reply._replace(
        kind=Kind.RESOLUTION_REQUEST, extensions=nhrp.replaced(reply.extensions, Extension(9, b"", False))
    )
    assert len(resolution.encode()) == 88
    record = cie_extension(ExtensionKind.FORWARD_TRANSIT, [Cie(nbma=HUB_NBMA, protocol=HUB)])
    assert len(resolution._replace(extensions=nhrp.replaced(resolution.extensions, record)).encode()) == 108


def test_authentication_is_neither_padded_nor_out_of_place() -> None:
    message = nhrp.decode(registration("odd").encode())
    assert [extension.kind for extension in message.extensions] == [3, 4, 5, 7, 9]
    assert nhrp.find_extension(message.extensions, 7) == Extension(7, b"\x00\x00\x00\x01odd", True)


def test_padding_behind_the_packet_is_the_links() -> None:
    assert nhrp.decode(VECTOR + bytes(18)) == registration()


@pytest.mark.parametrize("size", range(len(VECTOR)))
def test_a_packet_cut_short_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        nhrp.decode(VECTOR[:size])


def summed(data: bytes) -> bytes:
    """With its size and checksum made right."""
    data = data[:10] + len(data).to_bytes(2, "big") + b"\x00\x00" + data[14:]
    return data[:12] + internet_checksum(data).to_bytes(2, "big") + data[14:]


@pytest.mark.parametrize(
    ("at", "value", "what"),
    [
        (12, b"\x00\x00", "checksum"),
        (0, b"\x00\x02", "address family"),
        (2, b"\x86\xdd", "address family"),
        (14, b"\x00\x10", "extension offset"),
        (14, b"\xff\x00", "extension offset"),
        (16, b"\x02", "version"),
        (17, b"\x00", "version"),
        (17, b"\x09", "version"),
        (18, b"\x10", "address length"),
        (20, b"\x10", "address length"),
        (19, b"\x3f", "mandatory part"),
        (48, b"\x05", "address length"),
        (52, b"\x80\x03\x7f\xff", "extension"),
    ],
)
def test_hostile_fields_are_named(at: int, value: bytes, what: str) -> None:
    data = VECTOR[:at] + value + VECTOR[at + len(value) :]
    with pytest.raises(Malformed, match=what):
        nhrp.decode(data if what == "checksum" else summed(data))


def test_what_would_not_fit_when_passed_on_is_not_read() -> None:
    huge = registration()._replace(extensions=(Extension(ExtensionKind.FORWARD_TRANSIT, bytes(65400)),))
    with pytest.raises(Malformed, match="packet size"):
        nhrp.decode(huge.encode())


def test_a_subaddress_is_skipped() -> None:
    data = VECTOR[:19] + b"\x02" + VECTOR[20:32] + b"\xaa\xbb" + VECTOR[32:]
    data = data[:14] + (0x34 + 2).to_bytes(2, "big") + data[16:]
    assert nhrp.decode(summed(data)) == registration()


def test_device_capabilities_are_no_nat_addresses() -> None:
    assert Extension(ExtensionKind.NAT, bytes(8), False).cies == ()
    with pytest.raises(Malformed):
        _ = Extension(ExtensionKind.NAT, bytes(9), False).cies


def test_what_must_be_understood_and_is_not_is_strange() -> None:
    assert not registration("x").strange
    assert registration()._replace(extensions=(Extension(77),)).strange
    assert not registration()._replace(extensions=(Extension(77, b"", False),)).strange


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        nhrp.decode(data)


@given(st.binary(max_size=120), st.integers(0, 0xFFFF))
@settings(max_examples=300)
def test_any_body_under_a_right_header_is_read_or_malformed(body: bytes, offset: int) -> None:
    head = bytes.fromhex("000108000000000000ff0000000000000100040000000000")
    for kind in Kind:
        data = head[:14] + offset.to_bytes(2, "big") + b"\x01" + bytes([kind]) + head[18:20] + body
        try:
            message = nhrp.decode(summed(data))
            [extension.cies for extension in message.extensions]
        except Malformed:
            continue
        assert nhrp.decode(message.encode()) == message


addresses = st.integers(0, 0xFFFFFFFF).map(IPv4)
bytes16, words16 = st.integers(0, 255), st.integers(0, 0xFFFF)
cies = st.builds(
    Cie, bytes16, bytes16, words16, words16, st.none() | addresses, st.none() | addresses, preference=bytes16
)
extensions = st.builds(Extension, st.integers(1, 0x3FFF), st.binary(max_size=30), st.booleans())


@given(
    st.builds(
        Message,
        st.sampled_from(list(Kind)[:6]),
        words16,
        st.integers(0, 0xFFFFFFFF),
        addresses,
        addresses,
        addresses,
        st.lists(cies, max_size=3).map(tuple),
        st.lists(extensions, max_size=4).map(tuple),
        bytes16,
    )
)
@settings(max_examples=200)
def test_every_message_comes_back(message: Message) -> None:
    assert nhrp.decode(message.encode()) == message


@pytest.mark.skipif(which("tshark") is None, reason="no tshark")
def test_wireshark_reads_what_is_written(tmp_path: Path) -> None:
    from scapy.utils import RawPcapWriter

    cie = Cie(0, 24, 9976, 600, SPOKE_NBMA, SPOKE)
    data = bytes.fromhex("4500005400010000ff013fe20a00020a0a00030a0800f7ff00000000") + bytes(56)
    every = [registration("secret")._replace(kind=kind, cies=(cie,)) for kind in list(Kind)[:6]]
    traffic = Indication(Kind.TRAFFIC_INDICATION, 0, 0, HUB_NBMA, HUB, SPOKE, data)
    error = Indication(Kind.ERROR_INDICATION, 6, 0, HUB_NBMA, HUB, SPOKE, registration().encode())
    file = tmp_path / "out.pcap"
    with RawPcapWriter(str(file), linktype=1) as writer:
        writer.write_header(None)
        for message in [*every, traffic, error]:
            inner = b"\x20\x00\x20\x01" + (100).to_bytes(4, "big") + message.encode()
            outer = bytes.fromhex("45c0") + (20 + len(inner)).to_bytes(2, "big") + bytes.fromhex("00000000ff2f0000")
            outer += HUB_NBMA.packed + SPOKE_NBMA.packed
            writer.write_packet(bytes(12) + b"\x08\x00" + outer + inner)
    command = ["tshark", "-r", str(file), "-o", "ip.check_checksum:FALSE", "-V"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert seen.count("Next Hop Resolution Protocol (NHRP") == 9  # the error quotes one
    assert "Malformed" not in seen
    assert seen.count("NHRP Packet Checksum Status: Good") == 9
    assert "NHRP Traffic Indication" in seen and "SPI: 1" in seen
