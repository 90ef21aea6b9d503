"""The arithmetic: key derivation against published vectors, seals, cookies, selectors, proposals, lifetimes."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from iosh.base.addr import IPv4
from iosh.base.errors import ConfigRefused
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.proto.ike import group, selectors
from iosh.proto.ike.cookie import Cookies
from iosh.proto.ike.keys import child_keys, ike_keys, prf_plus, skeyseed, skeyseed_of_rekey
from iosh.proto.ike.lifetimes import in_bytes, in_seconds
from iosh.proto.ike.negotiate import child_wishes, choose, offer
from iosh.proto.ike.settings import Cipher, transform_set_of_words
from iosh.proto.ike.suite import IkeSuite, NotAuthentic, make_seal, prf
from iosh.wire.ikev2 import Proposal, Selector, Transform

A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2")


def test_prf_is_hmac_as_rfc_4231_case_2_has_it():
    key, data = b"Jefe", b"what do ya want for nothing?"
    assert prf(5, key, data).hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert prf(6, key, data).hex().startswith("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e")
    assert prf(7, key, data).hex().startswith("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554")
    assert prf(2, key, data).hex() == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"


def test_prf_plus_is_the_expansion_of_rfc_5869_and_gives_its_vectors():
    # RFC 5869 appendices A.1 (SHA-256) and A.4 (SHA-1): the same feedback construction under another name.
    prk = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    okm = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    info = bytes(range(0xF0, 0xFA))
    assert prf_plus(5, prk, info, 42).hex() == okm
    prk = bytes.fromhex("9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243")
    okm = "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"
    assert prf_plus(2, prk, info, 42).hex() == okm
    # A.1 again: extraction is SKEYSEED with the nonces for salt.
    assert skeyseed(5, b"\x0b" * 22, bytes(range(13))).hex().startswith("077709362c2e32df")


@pytest.mark.parametrize(("algorithm", "digest"), [(2, SHA1), (5, SHA256), (6, SHA384), (7, SHA512)])
def test_prf_plus_is_what_cryptography_expands(algorithm, digest):
    for size in (1, 20, 64, 65, 500):
        expected = HKDFExpand(digest(), size, b"Ni | Nr | SPIs").derive(b"k" * 32)
        assert prf_plus(algorithm, b"k" * 32, b"Ni | Nr | SPIs", size) == expected


NI, NR, GIR = b"i" * 32, b"r" * 32, bytes(range(64))


def test_keys_are_cut_from_one_stream_in_the_order_of_the_rfc():
    suite = IkeSuite(Cipher(12, 256), 12, 5, 14)
    seed = skeyseed(5, GIR, NI + NR)
    assert seed == prf(5, NI + NR, GIR)
    keys = ike_keys(suite, seed, NI + NR, 1, 2)
    stream = prf_plus(5, seed, NI + NR + bytes(7) + b"\1" + bytes(7) + b"\2", 7 * 32)
    assert b"".join(keys) == stream
    gcm = ike_keys(IkeSuite(Cipher(20, 128), 0, 5, 19), seed, NI + NR, 1, 2)
    assert (len(gcm.d), len(gcm.ai), len(gcm.ei), len(gcm.pi)) == (32, 0, 20, 32)
    assert skeyseed_of_rekey(5, keys.d, GIR, NI + NR) == prf(5, keys.d, GIR + NI + NR)
    child = child_keys(5, keys.d, b"", NI + NR, 36, 0)
    assert b"".join(child) == prf_plus(5, keys.d, NI + NR, 72)
    assert child.encryption_i == prf_plus(5, keys.d, NI + NR, 72)[:36]


# RFC 5903 section 8.1: the 256-bit random ECP group.
def test_group_19_agrees_as_rfc_5903_has_it():
    i = bytes.fromhex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433")
    r = bytes.fromhex("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53")
    seeds = [(int.from_bytes(key, "big") - 1).to_bytes(40, "big") for key in (i, r)]
    begun = group.begin(19, seeds[0])
    assert begun.public.hex().upper().startswith("DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180")
    agreed = group.agree(19, seeds[1], begun.public)
    assert isinstance(agreed, group.Agreed)
    assert agreed.shared.hex().upper() == "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"
    assert group.finish(begun, agreed.public) == agreed.shared


@pytest.mark.parametrize(
    ("number", "end"), [(2, "ece65381"), (5, "ca237327"), (14, "8aacaa68"), (15, "a93ad2ca"), (16, "34063199")]
)
def test_modp_primes_end_as_the_rfcs_print_them(number, end):
    prime = group._modp(number).p
    assert f"{prime:x}"[-24:-16] == end
    public = group.begin(number, b"\7" * group.seed_size(number)).public
    assert int.from_bytes(public, "big") == pow(2, int.from_bytes(b"\7" * group.seed_size(number), "big"), prime)


@pytest.mark.parametrize(
    "cipher", [Cipher(12, 128), Cipher(12, 192), Cipher(12, 256), Cipher(20, 128), Cipher(20, 256)]
)
@pytest.mark.parametrize("integrity", [2, 12, 13, 14])
def test_a_seal_opens_what_it_sealed_and_nothing_else(cipher, integrity):
    check = 0 if cipher.id == 20 else integrity
    suite = IkeSuite(cipher, check, 5, 19)
    key, other = bytes(range(64)), bytes(range(1, 65))
    sizes = cipher.key_bits // 8 + (4 if cipher.id == 20 else 0), {0: 0, 2: 20, 12: 32, 13: 48, 14: 64}[check]
    ours, theirs = (make_seal(suite, k[: sizes[0]], k[: sizes[1]]) for k in (key, key))
    wrong = make_seal(suite, other[: sizes[0]], other[: sizes[1]])
    for size in range(40):
        plain = bytes(size)
        whole = ours.seal(b"head", plain, Rng(size))
        assert len(whole) == 4 + ours.size(size)
        assert theirs.open(b"head", whole[4:]) == plain
        for broken in (whole[4:-1], whole[5:], whole[4:-1] + bytes((whole[-1] ^ 1,))):
            with pytest.raises(NotAuthentic):
                theirs.open(b"head", broken)
        with pytest.raises(NotAuthentic):
            theirs.open(b"heat", whole[4:])
        with pytest.raises(NotAuthentic):
            wrong.open(b"head", whole[4:])
        assert ours.size(ours.largest(ours.size(size))) <= ours.size(size)


def test_a_cookie_is_good_for_its_asker_and_for_a_while():
    cookies = Cookies(Rng(1))
    nonce = bytes(32)
    cookie = cookies.make(nonce, A, 500, 7, 0)
    assert cookies.check(cookie, nonce, A, 500, 7, 10 * SECOND)
    assert cookies.check(cookie, nonce, A, 500, 7, 200 * SECOND)
    for nonce_, address, port, spi in (
        (b"\1" * 32, A, 500, 7),
        (nonce, B, 500, 7),
        (nonce, A, 501, 7),
        (nonce, A, 500, 8),
    ):
        assert not cookies.check(cookie, nonce_, address, port, spi, 10 * SECOND)
    assert not cookies.check(cookie, nonce, A, 500, 7, 400 * SECOND)
    assert not cookies.check(b"", nonce, A, 500, 7, 0)


@pytest.mark.parametrize(
    ("offered", "held"),
    [
        (((47, 0, 65535, A, A),), True),
        (((47, 1, 1, A, A), (47, 0, 65535, A, A)), True),
        (((47, 1, 1, A, A),), False),
        (((0, 0, 65535, A, A),), True),
        (((0, 0, 65535, IPv4(0), IPv4(0xFFFFFFFF)),), True),
        (((17, 0, 65535, A, A),), False),
        (((47, 0, 65535, B, B),), False),
        ((), False),
    ],
)
def test_the_whole_tunnel_or_nothing(offered, held):
    assert selectors.holds(tuple(Selector(*one) for one in offered), selectors.tunnel_end(A)) is held


def esp(*transforms):
    return Proposal(1, 3, b"abcd", transforms)


GCM = Transform(1, 20, 128), Transform(5, 0)


@pytest.mark.parametrize(
    ("proposal", "taken"),
    [
        (esp(*GCM), True),
        (esp(*GCM, Transform(5, 1)), True),
        (esp(GCM[0], Transform(5, 1)), False),  # only with extended sequence numbers
        (esp(GCM[0]), True),
        (esp(*GCM, Transform(3, 0)), True),
        (esp(*GCM, Transform(3, 12)), False),
        (esp(*GCM, Transform(4, 14)), False),
        (esp(*GCM, Transform(4, 14), Transform(4, 0)), True),
        (esp(Transform(1, 20, 256), Transform(5, 0)), False),
        (esp(Transform(1, 20, 256), *GCM), True),
        (esp(*GCM, Transform(6, 1)), False),  # a transform type nobody here knows
        (esp(Transform(1, 20, 128, b"\x80\x01\x00\x05"), Transform(5, 0)), False),
        (Proposal(1, 2, b"abcd", GCM), False),
    ],
)
def test_which_proposals_a_gcm_transform_set_takes(proposal, taken):
    wishes = child_wishes((transform_set_of_words("T", ("esp-gcm",), "transport"),), ())
    assert (choose((proposal,), wishes) is not None) is taken


def test_what_is_offered_is_taken_back():
    sets = tuple(
        transform_set_of_words(str(n), words, "tunnel")
        for n, words in enumerate([("esp-gcm",), ("esp-aes 256", "esp-sha256-hmac")])
    )
    for groups in ((), (19, 14)):
        wishes = child_wishes(sets, groups)
        choice = choose(offer(wishes, b"abcd")[1:], wishes, 14)
        assert choice is not None and choice.wish == 1
        assert choice.group == (14 if groups else None)


@pytest.mark.parametrize(
    "words",
    [
        ("esp-aes",),
        ("esp-gcm", "esp-sha-hmac"),
        ("esp-sha-hmac",),
        ("esp-aes", "esp-gcm"),
        ("esp-3des", "esp-sha-hmac"),
    ],
)
def test_transform_sets_that_protect_nothing_are_refused(words):
    with pytest.raises(ConfigRefused):
        transform_set_of_words("T", words, "tunnel")


def test_the_asker_replaces_before_the_answerer_and_both_before_the_end():
    dice = Rng(3)
    for _ in range(200):
        asker, end = in_seconds(3600, True, 5 * SECOND, dice)
        answerer, _ = in_seconds(3600, False, 5 * SECOND, dice)
        assert 5 * SECOND < asker < answerer < end == 3605 * SECOND
    soft, hard = in_bytes(100, True, dice)
    assert soft is not None and hard is not None and 80 * 1024 < soft < hard == 102400
    assert in_bytes(None, True, dice) == (None, None)
