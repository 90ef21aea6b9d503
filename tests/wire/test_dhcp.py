"""The DHCP codec: against scapy, round trips, and damage."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire import dhcp
from iosh.wire.dhcp import Dhcp

MAC = bytes.fromhex("aabbcc000100")
REQUEST = Dhcp(
    dhcp.REQUEST_OP,
    0xDEADBEEF,
    MAC,
    {
        dhcp.MESSAGE_TYPE: b"\3",
        dhcp.CLIENT_ID: b"\0cisco-aabb.cc00.0100-Gi1",
        dhcp.REQUESTED_ADDRESS: IPv4.parse("198.51.100.9").packed,
        dhcp.HOST_NAME: b"SPOKE1",
        dhcp.LEASE_TIME: (3600).to_bytes(4, "big"),
    },
    secs=7,
    broadcast=True,
)

addresses = st.integers(0, 2**32 - 1).map(IPv4)
codes = st.integers(1, 254).filter(lambda code: code != dhcp.OVERLOAD)
messages = st.builds(
    Dhcp,
    st.sampled_from((1, 2)),
    st.integers(0, 2**32 - 1),
    st.binary(min_size=6, max_size=6),
    st.dictionaries(codes, st.binary(max_size=600), max_size=6),
    st.integers(0, 65535),
    st.booleans(),
    addresses,
    addresses,
    addresses,
    addresses,
    st.integers(0, 16),
)


def test_scapy_reads_what_is_written() -> None:
    scapy = pytest.importorskip("scapy.layers.dhcp")
    packet = scapy.BOOTP(REQUEST.encode())
    assert (packet.op, packet.xid, packet.secs, packet.flags) == (1, 0xDEADBEEF, 7, "B")
    assert packet.chaddr[:6] == MAC
    options = dict(option[:2] for option in packet[scapy.DHCP].options if isinstance(option, tuple))
    assert options["message-type"] == 3
    assert options["requested_addr"] == "198.51.100.9"
    assert options["hostname"] == b"SPOKE1"
    assert options["lease_time"] == 3600
    assert options["client_id"] == b"\0cisco-aabb.cc00.0100-Gi1"


def test_what_scapy_writes_is_read() -> None:
    scapy = pytest.importorskip("scapy.layers.dhcp")
    written = scapy.BOOTP(op=2, xid=5, yiaddr="192.0.2.9", siaddr="192.0.2.1", chaddr=MAC) / scapy.DHCP(
        options=[
            ("message-type", "offer"), ("server_id", "192.0.2.1"), ("subnet_mask", "255.255.255.0"),
            ("router", "192.0.2.1", "192.0.2.2"), ("name_server", "192.0.2.53"), ("domain", b"example.com"),
            ("lease_time", 600), "end",
        ]
    )  # fmt: skip
    offer = Dhcp.decode(bytes(written))
    assert (offer.type, offer.xid, offer.yours, offer.mac) == (dhcp.OFFER, 5, IPv4.parse("192.0.2.9"), MAC)
    assert offer.address(dhcp.SERVER_ID) == IPv4.parse("192.0.2.1")
    assert [str(each) for each in offer.addresses(dhcp.ROUTERS)] == ["192.0.2.1", "192.0.2.2"]
    assert (offer.text(dhcp.DOMAIN_NAME), offer.number(dhcp.LEASE_TIME)) == ("example.com", 600)
    assert offer.client_id == b"\1" + MAC


def test_a_message_is_never_shorter_than_relays_of_old_pass_on() -> None:
    assert len(Dhcp(1, 1, MAC, {dhcp.MESSAGE_TYPE: b"\1"}).encode()) == 300


def test_options_in_the_file_and_name_fields_are_read_where_option_52_says_so() -> None:
    data = bytearray(Dhcp(2, 1, MAC, {dhcp.OVERLOAD: b"\3", dhcp.MESSAGE_TYPE: b"\2"}).encode())
    data[44:50] = bytes((dhcp.HOST_NAME, 2)) + b"ab" + bytes((255, 0))
    data[108:113] = bytes((dhcp.HOST_NAME, 1)) + b"x" + bytes((255, 0))
    assert Dhcp.decode(bytes(data)).options == {dhcp.MESSAGE_TYPE: b"\2", dhcp.HOST_NAME: b"xab"}


@given(messages)
@settings(max_examples=200)
def test_what_is_encoded_decodes_to_the_same(message: Dhcp) -> None:
    assert Dhcp.decode(message.encode()) == message


@given(st.binary(max_size=400) | messages.flatmap(lambda m: st.integers(0, 500).map(lambda n: m.encode()[:n])))
@settings(max_examples=200)
def test_damage_is_malformed_and_nothing_else(data: bytes) -> None:
    with suppress(Malformed):
        message = Dhcp.decode(data)
        assert 0 <= message.type < len(dhcp.NAMES) and message.client_id
        assert message.text(dhcp.HOST_NAME).isprintable()


@pytest.mark.parametrize(("at", "value"), [(0, 3), (1, 6), (2, 16), (236, 0)])
def test_other_messages_are_refused(at: int, value: int) -> None:
    data = bytearray(REQUEST.encode())
    data[at] = value
    with pytest.raises(Malformed):
        Dhcp.decode(bytes(data))
