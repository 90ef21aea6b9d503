"""IKEv2 messages: what other people's daemons sent reads and writes back, cut and mutated bytes are only malformed."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.errors import Malformed
from iosh.proto.ike.settings import Cipher
from iosh.proto.ike.suite import IkeSuite, make_seal
from iosh.wire import ikev2
from iosh.wire.ikev2 import (
    Authentication,
    Delete,
    Encrypted,
    Fragment,
    Identification,
    KeyExchange,
    Message,
    Nonce,
    Notify,
    Opaque,
    Proposal,
    SecurityAssociation,
    Selector,
    TrafficSelectors,
    Transform,
    Vendor,
    decode_payloads,
    encode_payloads,
)
from iosh.wire.isakmp import Header

DATA = Path(__file__).parent.parent / "data"
CAPTURES = ("ipsec-gcm", "ipsec-cbc-sha256")


def datagrams(name: str) -> list[bytes]:
    """Every ISAKMP message of a recording."""
    data = (DATA / f"{name}.pcap").read_bytes()
    found, at = [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        if frame[12:14] == b"\x08\x00" and frame[23] == 17:
            udp = frame[14 + (frame[14] & 15) * 4 :]
            if struct.unpack_from("!H", udp, 2)[0] == 500:
                found.append(udp[8 : struct.unpack_from("!H", udp, 4)[0]])
    return found


def keys_of(name: str) -> dict[int, list[bytes]]:
    """SK_ei, SK_er, SK_ai, SK_ar by initiator SPI."""
    with (DATA / f"{name}.wireshark" / "ikev2_decryption_table").open() as lines:
        return {int(row[0], 16): [bytes.fromhex(row[at]) for at in (2, 3, 5, 6)] for row in csv.reader(lines)}


@pytest.mark.parametrize("name", CAPTURES)
def test_recorded_messages_read_and_write_back_the_same_bytes(name: str) -> None:
    messages = datagrams(name)
    assert len(messages) > 10
    for raw in messages:
        assert Message.decode(raw).encode() == raw


@pytest.mark.parametrize("name", CAPTURES)
def test_recorded_messages_decrypt_and_their_payloads_write_back(name: str) -> None:
    keys = keys_of(name)
    suite = IkeSuite(Cipher(12, 256), 12, 5, 19)
    seen = set()
    for raw in datagrams(name):
        message = Message.decode(raw)
        sealed = message.payloads[-1]
        if not isinstance(sealed, Encrypted):
            continue
        ei, er, ai, ar = keys[message.header.initiator_spi]
        mine = (ei, ai) if message.header.from_initiator else (er, ar)
        plain = make_seal(suite, *mine).open(raw[: -len(sealed.data)], sealed.data)
        payloads = decode_payloads(sealed.inner, plain)
        assert encode_payloads(payloads) == plain
        seen |= {ikev2.payload_name(one) for one in payloads}
    assert {"IDi", "IDr", "AUTH", "SA", "TSi", "TSr", "NOTIFY(USE_TRANSPORT_MODE)"} <= seen


def test_strongswan_offers_two_selectors_a_side_the_first_with_the_key_for_ports() -> None:
    keys = keys_of("ipsec-gcm")
    suite = IkeSuite(Cipher(12, 256), 12, 5, 19)
    offered = []
    for raw in datagrams("ipsec-gcm"):
        sealed = Message.decode(raw).payloads[-1]
        if raw[18:20] == b"\x23\x08" and isinstance(sealed, Encrypted):
            ei, _, ai, _ = keys[int.from_bytes(raw[:8], "big")]
            plain = make_seal(suite, ei, ai).open(raw[: -len(sealed.data)], sealed.data)
            offered += [one for one in decode_payloads(sealed.inner, plain) if isinstance(one, TrafficSelectors)]
    ports = [[(one.protocol, one.start_port, one.end_port) for one in side.selectors] for side in offered]
    assert [(47, 1, 1), (47, 0, 65535)] in ports


@pytest.mark.parametrize("name", CAPTURES)
def test_a_message_cut_short_anywhere_is_malformed(name: str) -> None:
    for raw in datagrams(name)[:4]:
        for size in range(len(raw)):
            with pytest.raises(Malformed):
                Message.decode(raw[:size])


ADDRESS = st.integers(0, 0xFFFFFFFF).map(IPv4)
BYTES = st.binary(max_size=40)
TRANSFORM = st.builds(
    Transform, st.integers(1, 5), st.integers(0, 0xFFFF), st.sampled_from([0, 128, 256]),
    st.sampled_from([b"", b"\x80\x01\x00\x05", b"\x00\x07\x00\x02ab"]),
)  # fmt: skip
PROPOSAL = st.builds(
    Proposal, st.integers(0, 255), st.integers(0, 3), st.binary(max_size=8),
    st.lists(TRANSFORM, max_size=4).map(tuple),
)  # fmt: skip
PORT = st.integers(0, 0xFFFF)
PAYLOAD = st.one_of(
    st.builds(SecurityAssociation, st.lists(PROPOSAL, min_size=1, max_size=3).map(tuple)),
    st.builds(KeyExchange, PORT, BYTES),
    st.builds(Identification, st.booleans(), st.integers(0, 255), BYTES),
    st.builds(Authentication, st.integers(0, 255), BYTES),
    st.builds(Nonce, st.binary(min_size=16, max_size=256)),
    st.builds(Notify, PORT, BYTES, st.integers(0, 3), st.binary(max_size=8)),
    st.builds(Delete, st.just(3), st.lists(st.integers(0, 0xFFFFFFFF), max_size=3).map(tuple)),
    st.just(Delete(1)),
    st.builds(
        TrafficSelectors,
        st.booleans(),
        st.lists(st.builds(Selector, st.integers(0, 255), PORT, PORT, ADDRESS, ADDRESS), min_size=1).map(tuple),
        st.just(()),
    ),
    st.builds(Vendor, BYTES),
    st.builds(Opaque, st.sampled_from([37, 38, 47, 48, 99, 200]), st.booleans(), BYTES),
)
LAST = st.one_of(
    st.none(),
    st.builds(Encrypted, st.integers(0, 255), BYTES),
    st.builds(Fragment, st.integers(0, 255), st.just(1), st.integers(1, 9), BYTES),
)
HEADER = st.builds(
    Header, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.just(0), st.just(0x20), st.integers(34, 37),
    st.integers(0, 255), st.integers(0, 2**32 - 1), st.just(0),
)  # fmt: skip


@given(HEADER, st.lists(PAYLOAD, max_size=5), LAST)
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_back(header: Header, payloads: list, last: object) -> None:
    whole = tuple(payloads) + ((last,) if last is not None else ())
    raw = Message(header, whole).encode()
    message = Message.decode(raw)
    assert message.payloads == whole
    assert message.encode() == raw


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_only_malformed(data: bytes) -> None:
    for first in (0, 33, 34, 35, 39, 40, 41, 42, 43, 44, 46, 53, 77):
        try:
            decode_payloads(first, data)
        except Malformed:
            pass
    try:
        Message.decode(b"\1" * 16 + b"\x21\x20\x22\x08" + bytes(8) + data)
    except Malformed:
        pass


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_recordings_are_only_malformed(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(datagrams("ipsec-gcm"))))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        Message.decode(bytes(raw))
    except Malformed:
        pass
