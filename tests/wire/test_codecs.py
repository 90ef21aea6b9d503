"""What every codec promises: a sample reads and writes back, short is malformed, junk is malformed at worst."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.wire.arp import Arp
from iosh.wire.ethernet import Ethernet
from iosh.wire.gre import Gre
from iosh.wire.icmp import Icmp, Quoted
from iosh.wire.ipv4 import Ipv4
from iosh.wire.tcp import Tcp
from iosh.wire.udp import Udp

A, B = IPv4.parse("192.0.2.11"), IPv4.parse("192.0.2.1")
INNER_A, INNER_B = IPv4.parse("10.255.0.11"), IPv4.parse("10.255.0.1")


class Codec(NamedTuple):
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    sample: bytes  # of a Linux kernel, or of scapy where the capture has none


CODECS = {
    "ethernet": Codec(Ethernet.decode, Ethernet.encode, bytes.fromhex("02420a0000020242c0a801010800") + b"payload"),
    "tagged ethernet": Codec(
        Ethernet.decode, Ethernet.encode, bytes.fromhex("ffffffffffff0242c0a801018100a00f0806") + b"payload"
    ),
    "arp": Codec(Arp.decode, Arp.encode, bytes.fromhex("00010800060400010242c0a80101c00002010000000000000a000001")),
    "ipv4": Codec(Ipv4.decode, Ipv4.encode, bytes.fromhex("4500001c00010000400166de0a0000010a0000020800f7ff00000000")),
    "ipv4 with options": Codec(
        Ipv4.decode, Ipv4.encode, bytes.fromhex("46c000200000400001024258c0a80101e0000016940400001600f9fd0000e9ff")
    ),
    "udp": Codec(
        partial(Udp.decode, source=A, destination=B),
        lambda value: bytes(value.encode(A, B)),
        bytes.fromhex("829b829a000c97c270696e67"),
    ),
    "tcp": Codec(
        partial(Tcp.decode, source=INNER_A, destination=INNER_B),
        lambda value: bytes(value.encode(INNER_A, INNER_B)),
        bytes.fromhex("ac0b00b3000000010000000050022000cd190000"),
    ),
    "icmp": Codec(Icmp.decode, Icmp.encode, bytes.fromhex("0800f7fe00000001")),
    "gre": Codec(Gre.decode, Gre.encode, bytes.fromhex("00000800") + b"payload"),
    "gre with all": Codec(Gre.decode, Gre.encode, bytes.fromhex("b000000092bf00000000000700000009") + b"payload"),
}


@pytest.mark.parametrize("name", CODECS)
def test_a_sample_reads_and_writes_back(name: str) -> None:
    codec = CODECS[name]
    assert codec.encode(codec.decode(codec.sample)) == codec.sample


@pytest.mark.parametrize("name", CODECS)
def test_a_header_cut_short_anywhere_is_malformed(name: str) -> None:
    codec = CODECS[name]
    payload = getattr(codec.decode(codec.sample), "payload", getattr(codec.decode(codec.sample), "data", b""))
    checks_length = name.startswith(("ipv4", "udp", "tcp", "icmp")) or name == "gre with all"
    for size in range(len(codec.sample) - (0 if checks_length else len(payload))):
        with pytest.raises(Malformed):
            codec.decode(codec.sample[:size])


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=80), flip=st.integers(0, 10_000))
def test_junk_is_malformed_and_nothing_else(name: str, data: bytes, flip: int) -> None:
    codec = CODECS[name]
    damaged = bytearray(codec.sample)
    damaged[flip % len(damaged)] ^= 1 << flip % 8
    for junk in (data, bytes(damaged)):
        try:
            codec.decode(junk)
        except Malformed as malformed:
            assert 0 <= malformed.size <= len(junk)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=120))
def test_quoting_never_raises_but_malformed(data: bytes) -> None:
    try:
        Quoted.decode(data)
    except Malformed:
        pass


ADDRESSES = st.integers(0, 0xFFFFFFFF).map(IPv4)
WORD = st.integers(0, 0xFFFF)
LONG = st.integers(0, 0xFFFFFFFF)
MAC = st.binary(min_size=6, max_size=6)
PAYLOAD = st.binary(max_size=40)

MESSAGES = {
    "ethernet": (
        CODECS["ethernet"],
        st.builds(
            Ethernet, MAC, MAC, WORD.filter(lambda n: n != 0x8100), PAYLOAD, st.none() | st.integers(0, 4095),
            st.integers(0, 7),
        ),
    ),
    "arp": (CODECS["arp"], st.builds(Arp, WORD, MAC, ADDRESSES, MAC, ADDRESSES)),
    "ipv4": (
        CODECS["ipv4"],
        st.builds(
            Ipv4, ADDRESSES, ADDRESSES, st.integers(0, 255), PAYLOAD, st.integers(0, 255), st.integers(0, 255), WORD,
            st.booleans(), st.booleans(), st.integers(0, 8191).map(lambda n: n * 8),
            st.integers(0, 10).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)),
        ),
    ),
    "udp": (CODECS["udp"], st.builds(Udp, WORD, WORD, PAYLOAD)),
    "tcp": (
        CODECS["tcp"],
        st.builds(
            Tcp, WORD, WORD, LONG, LONG, st.integers(0, 255), WORD,
            st.integers(0, 10).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n)), PAYLOAD,
        ),
    ),
    "icmp": (CODECS["icmp"], st.builds(Icmp, st.integers(0, 255), st.integers(0, 255), LONG, PAYLOAD)),
    "gre": (CODECS["gre"], st.builds(Gre, WORD, PAYLOAD, st.none() | LONG, st.none() | LONG, st.booleans())),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_is_written_reads_back(name: str, data: st.DataObject) -> None:
    codec, messages = MESSAGES[name]
    message = data.draw(messages)
    if name == "ethernet" and message.vlan is None:
        message = message._replace(priority=0)
    assert codec.decode(codec.encode(message)) == message
