"""Sealing and opening: published vectors, refusals by name, lifetimes, and what must never come out of `open`."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.proto.esp.sa import (
    FOREVER,
    LAST_SEQUENCE,
    SOFT_SEQUENCE,
    Exhausted,
    Expired,
    Garbled,
    InboundSa,
    Lifetime,
    NotAuthentic,
    OutboundSa,
    Refused,
    Replayed,
)
from iosh.proto.esp.suite import Keys, Suite, suite
from iosh.proto.esp.transform import sealer

SPI = 0xC0FFEE01
GRE = 47
ALL = [
    *(suite(20, bits, 0) for bits in (128, 192, 256)),
    *(suite(12, bits, check) for bits in (128, 192, 256) for check in (2, 12, 13, 14)),
    *(suite(11, 0, check) for check in (2, 12, 13, 14)),
]
GCM = suite(20, 128, 0)
each_suite = pytest.mark.parametrize("chosen", ALL, ids=str)


def keys_of(chosen: Suite) -> Keys:
    rng = Rng(chosen.name)
    return Keys(rng.bytes(chosen.encryption_key), rng.bytes(chosen.integrity_key))


def pair(
    chosen: Suite, window: int = 64, out: Lifetime = FOREVER, into: Lifetime = FOREVER
) -> tuple[OutboundSa, InboundSa]:
    keys = keys_of(chosen)
    outbound = OutboundSa(SPI, chosen, keys, Rng(1), lifetime=out)
    return outbound, InboundSa(SPI, chosen, keys, window=window, lifetime=into)


def seal_all(outbound: OutboundSa, payloads: Iterable[bytes], next_header: int) -> list[bytes]:
    """The packets of all payloads that are not refused."""
    packets = []
    for payload in payloads:
        with suppress(Refused):
            packets.append(outbound.seal(payload, next_header))
    return packets


def open_all(inbound: InboundSa, packets: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Next header and payload of all packets that are not refused."""
    opened = []
    for packet in packets:
        with suppress(Refused):
            opened.append(inbound.open(packet))
    return opened


# --- vectors ------------------------------------------------------------------------------------------------------

# draft-mcgrew-gcm-test-01: key, salt, whole ESP packet, next header, payload
GCM_VECTORS = (
    (
        "feffe9928665731c6d6a8f9467308308",
        "cafebabe",
        "0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"
        "3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a",
        1,
        "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001000000000000037369700963796265726369"
        "747902646b0000010001",
    ),
    (
        "abbccddef00112233445566778899aababbccddef00112233445566778899aab",
        "11223344",
        "4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
        "748a637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96",
        1,
        "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b401010402",
    ),
)


@pytest.mark.parametrize("vector", GCM_VECTORS, ids=["128 bits", "256 bits"])
def test_aes_gcm_opens_what_the_draft_of_its_authors_sealed(vector: tuple[str, str, str, int, str]) -> None:
    key, salt, packet, next_header, payload = vector
    sa = InboundSa(0, suite(20, len(key) * 4, 0), Keys(bytes.fromhex(key + salt)))
    assert sa.open(bytes.fromhex(packet)) == (next_header, bytes.fromhex(payload))


# RFC 3602 section 4: key, ESP packet without ICV, next header, payload
CBC_VECTORS = (
    (
        "90d382b410eeba7ad938c46cec1a82bf",
        "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4"
        "898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",
        1,
        "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829"
        "2a2b2c2d2e2f3031323334353637",
    ),
    (
        "90d382b410eeba7ad938c46cec1a82bf",
        "000043210000000869d08df7d203329db093fc4924e5bd80f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75",
        1,
        "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
    ),
    (
        "0123456789abcdef0123456789abcdef",
        "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1"
        "a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a"
        "109e0ca1e4dfe9d5a100b842f1c22f0d",
        4,
        "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f1011121314151617"
        "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
    ),
)


@pytest.mark.parametrize("vector", CBC_VECTORS, ids=["case 5", "case 6", "case 7"])
def test_aes_cbc_opens_the_packets_of_rfc_3602(vector: tuple[str, str, int, str]) -> None:
    key, packet, next_header, payload = vector
    bare = bytes.fromhex(packet)  # the RFC's packets have no ICV: put one behind
    icv = hmac.digest(bytes(32), bare, "sha256")[:16]
    sa = InboundSa(0, suite(12, 128, 12), Keys(bytes.fromhex(key), bytes(32)))
    assert sa.open(bare + icv) == (next_header, bytes.fromhex(payload))


# RFC 4868 section 2.7.2, test case AUTH*-1, and RFC 2202 case 1 cut to 96 bits: 0x0b keys over "Hi There"
@pytest.mark.parametrize(
    ("integrity", "size", "icv"),
    [
        (2, 20, "b617318655057264e28bc0b6"),
        (12, 32, "198a607eb44bfbc69903a0f1cf2bbdc5"),
        (13, 48, "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973"),
        (14, 64, "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8"),
    ],
)
def test_icvs_are_those_of_rfc_4868_and_2202(integrity: int, size: int, icv: str) -> None:
    seal = sealer(suite(11, 0, integrity), Keys(b"", b"\x0b" * size), Rng(0))
    assert seal(b"Hi There", 1, b"") == b"Hi There" + bytes.fromhex(icv)


# --- both ways ----------------------------------------------------------------------------------------------------


@each_suite
@given(payload=st.binary(max_size=300), next_header=st.integers(0, 255))
@settings(max_examples=25)
def test_what_was_sealed_opens(chosen: Suite, payload: bytes, next_header: int) -> None:
    outbound, inbound = pair(chosen)
    packet = outbound.seal(payload, next_header)
    assert len(packet) == len(payload) + outbound.overhead(len(payload))
    assert packet[:8] == SPI.to_bytes(4, "big") + (1).to_bytes(4, "big")
    assert inbound.open(packet) == (next_header, payload)


@each_suite
def test_a_thousand_packets_in_a_row_and_backwards(chosen: Suite) -> None:
    outbound, inbound = pair(chosen, window=1024)
    payloads = [bytes([n & 255]) * (n % 97) for n in range(1000)]
    packets = seal_all(outbound, payloads, GRE)
    assert len(set(packets)) == 1000
    opened = open_all(inbound, reversed(packets))
    assert opened == [(GRE, payload) for payload in reversed(payloads)]
    assert (inbound.packets, inbound.bytes) == (outbound.packets, outbound.bytes) == (1000, sum(map(len, payloads)))


@each_suite
def test_the_same_payload_never_looks_the_same_twice(chosen: Suite) -> None:
    outbound, _ = pair(chosen)
    first, second = outbound.seal(bytes(64), GRE), outbound.seal(bytes(64), GRE)
    assert first[4:] != second[4:]
    if chosen.iv:
        assert first[8 : 8 + chosen.iv] != second[8 : 8 + chosen.iv]
        assert first[8 + chosen.iv : -chosen.icv] != second[8 + chosen.iv : -chosen.icv]


def test_gcm_nonces_count_up() -> None:
    outbound, _ = pair(GCM)
    ivs = [packet[8:16] for packet in seal_all(outbound, [b""] * 5, GRE)]
    assert ivs == [n.to_bytes(8, "big") for n in range(1, 6)]


def test_cbc_ivs_depend_on_the_dice_and_on_nothing_else() -> None:
    chosen = suite(12, 128, 12)
    keys = keys_of(chosen)
    sealed = [OutboundSa(SPI, chosen, keys, Rng(seed)).seal(b"x", GRE) for seed in (1, 1, 2)]
    assert sealed[0] == sealed[1]
    assert sealed[0][8:24] != sealed[2][8:24]


# --- refusals -----------------------------------------------------------------------------------------------------


@each_suite
def test_one_flipped_bit_anywhere_is_not_authentic(chosen: Suite) -> None:
    outbound, inbound = pair(chosen)
    packet = outbound.seal(b"hello, spoke", GRE)
    for at in range(4, len(packet)):  # the SPI has chosen the SA: with HMAC and GCM it is covered too
        damaged = bytearray(packet)
        damaged[at] ^= 1
        with pytest.raises((NotAuthentic, Replayed)):
            inbound.open(bytes(damaged))
    assert inbound.packets == 0
    assert inbound.open(packet) == (GRE, b"hello, spoke")


@each_suite
def test_cut_short_at_every_length(chosen: Suite) -> None:
    outbound, inbound = pair(chosen)
    packet = outbound.seal(bytes(40), GRE)
    for size in range(len(packet)):
        with pytest.raises((Garbled, NotAuthentic, Replayed)):
            inbound.open(packet[:size])
    assert sum(inbound.counters.values()) == len(packet)
    assert inbound.counters["malformed"] >= 8 + chosen.iv + chosen.icv


def test_replays_are_counted_by_name() -> None:
    outbound, inbound = pair(GCM)
    packets = seal_all(outbound, [b""] * 100, GRE)
    open_all(inbound, packets)
    with pytest.raises(Replayed):
        inbound.open(packets[50])
    assert open_all(inbound, packets) == []
    assert inbound.counters == {"replay": 101}


def test_a_forged_number_does_not_move_the_window() -> None:
    outbound, inbound = pair(GCM)
    packet = outbound.seal(b"", GRE)
    forged = packet[:4] + (5000).to_bytes(4, "big") + packet[8:]
    with pytest.raises(NotAuthentic):
        inbound.open(forged)
    assert inbound.open(packet) == (GRE, b"")


def test_without_a_window_replays_pass() -> None:
    outbound, inbound = pair(GCM, window=0)
    packet = outbound.seal(b"again", GRE)
    assert [inbound.open(packet), inbound.open(packet)] == [(GRE, b"again")] * 2


@pytest.mark.parametrize("tail", ["ff2f", "0102012f", "0103022f", "00112f", "0102ff2f"])
def test_an_authentic_packet_with_an_impossible_trailer_is_garbled(tail: str) -> None:
    chosen = suite(11, 0, 12)
    keys = keys_of(chosen)
    plain = bytes(64) + bytes.fromhex(tail)
    plain = plain[-(len(plain) & ~3) :]
    covered = SPI.to_bytes(4, "big") + (1).to_bytes(4, "big") + plain
    inbound = InboundSa(SPI, chosen, keys)
    with pytest.raises(Garbled):
        inbound.open(covered + hmac.digest(keys.integrity, covered, "sha256")[:16])
    assert inbound.counters == {"malformed": 1}


def test_padding_longer_than_needed_is_taken_off() -> None:
    chosen = suite(11, 0, 12)
    keys = keys_of(chosen)
    covered = SPI.to_bytes(4, "big") + (1).to_bytes(4, "big") + b"data" + bytes(range(1, 255)) + bytes((254, GRE))
    packet = covered + hmac.digest(keys.integrity, covered, "sha256")[:16]
    assert InboundSa(SPI, chosen, keys).open(packet) == (GRE, b"data")


@each_suite
@given(noise=st.binary(max_size=200))
@settings(max_examples=30)
def test_noise_is_refused_and_nothing_else_comes_out(chosen: Suite, noise: bytes) -> None:
    _, inbound = pair(chosen)
    with pytest.raises(Refused):
        inbound.open(noise)


@each_suite
@given(data=st.data())
@settings(max_examples=30)
def test_authentic_noise_opens_or_is_garbled(chosen: Suite, data: st.DataObject) -> None:
    """A peer with the keys may put any plaintext into a packet: only `Garbled` comes out of that."""
    keys = keys_of(chosen)
    blocks = data.draw(st.integers(1, 5))
    plain = data.draw(st.binary(min_size=blocks * chosen.align, max_size=blocks * chosen.align))
    packet = sealer(chosen, keys, Rng(3))(SPI.to_bytes(4, "big") + (1).to_bytes(4, "big"), 1, plain)
    inbound = InboundSa(SPI, chosen, keys)
    try:
        next_header, payload = inbound.open(packet)
    except Garbled:
        return
    assert plain.startswith(payload)
    assert next_header == plain[-1]


def test_keys_of_the_wrong_size_are_a_defect_of_the_caller_and_not_shown() -> None:
    with pytest.raises(ValueError, match="wrong size") as caught:
        OutboundSa(SPI, GCM, Keys(b"sixteen bytes !!"), Rng(0))
    assert "sixteen" not in str(caught.value)


# --- the end of a life ----------------------------------------------------------------------------------------------


def test_soft_and_hard_ends_by_bytes_are_told_once() -> None:
    outbound, _ = pair(GCM, out=Lifetime(soft_bytes=800, hard_bytes=1000))
    seal_all(outbound, [bytes(100)] * 7, GRE)
    assert outbound.crossed() is None
    outbound.seal(bytes(100), GRE)
    assert [outbound.crossed(), outbound.crossed()] == ["soft", None]
    seal_all(outbound, [bytes(100)] * 5, GRE)
    assert [outbound.crossed(), outbound.crossed()] == ["hard", None]
    assert outbound.bytes == 1000
    assert outbound.counters == {"expired": 3}
    with pytest.raises(Expired):
        outbound.seal(b"", GRE)


def test_a_leap_over_both_ends_is_hard() -> None:
    outbound, _ = pair(GCM, out=Lifetime(soft_bytes=10, hard_bytes=20))
    outbound.seal(bytes(100), GRE)
    assert [outbound.crossed(), outbound.crossed()] == ["hard", None]


def test_packets_end_a_life_too() -> None:
    outbound, inbound = pair(GCM, out=Lifetime(soft_packets=2, hard_packets=4), into=Lifetime(hard_packets=3))
    packets = seal_all(outbound, [b""] * 2, GRE)
    assert outbound.crossed() == "soft"
    packets += seal_all(outbound, [b""] * 9, GRE)
    assert outbound.crossed() == "hard"
    assert len(packets) == 4
    assert len(open_all(inbound, packets)) == 3
    assert inbound.crossed() == "hard"
    assert inbound.counters == {"expired": 1}


def test_the_last_sequence_number_is_used_once_and_none_after_it() -> None:
    outbound, _ = pair(GCM)
    outbound.packets = LAST_SEQUENCE - 1
    assert outbound.seal(b"", GRE)[4:8] == b"\xff\xff\xff\xff"
    with pytest.raises(Exhausted):
        outbound.seal(b"", GRE)
    assert outbound.counters == {"sequence overflow": 1}
    assert outbound.crossed() == "hard"


def test_sequence_numbers_running_out_are_a_soft_end() -> None:
    outbound, _ = pair(GCM)
    outbound.packets = SOFT_SEQUENCE - 1
    assert outbound.crossed() is None
    outbound.seal(b"", GRE)
    assert [outbound.crossed(), outbound.crossed()] == ["soft", None]


def test_an_sa_tells_whose_it_is_and_not_its_keys() -> None:
    chosen = suite(12, 128, 12)
    keys = keys_of(chosen)
    sa = InboundSa(SPI, chosen, keys, interface="Tunnel0", local=IPv4.parse("192.0.2.1"), encap=(4500, 4501), now=7)
    assert (sa.interface, sa.encap, sa.installed, sa.last_used) == ("Tunnel0", (4500, 4501), 7, 7)
    assert repr(sa) == "InboundSa(0xc0ffee01, AES-CBC-128/HMAC-SHA256-128, 192.0.2.1 0.0.0.0)"
