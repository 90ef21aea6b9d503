"""Two machines bring up a session: every exchange, the retries inside it, and what makes it fail."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.proto.ike.effects import InstallSa, SessionDown, SessionUp
from iosh.proto.ike.settings import (
    DEFAULT_POLICY,
    Dpd,
    Identity,
    KeyringPeer,
    RemoteMatch,
    identity_of_words,
    proposal_of_words,
    transform_set_of_words,
)

A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2")
GCM = transform_set_of_words("GCM", ("esp-gcm 256",), "transport")
CBC = transform_set_of_words("CBC", ("esp-aes 256", "esp-sha256-hmac"), "transport")
TUNNEL_MODE = transform_set_of_words("TUN", ("esp-aes 256", "esp-sha256-hmac"), "tunnel")


def test_four_messages_bring_a_session_up(make_pair):
    pair = make_pair().want().run(1)
    # HDR, SAi1, KEi, Ni -->            <-- HDR, SAr1, KEr, Nr
    # HDR, SK{IDi, AUTH, SAi2, TS} -->  <-- HDR, SK{IDr, AUTH, SAr2, TS}
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth"
    pair.agree()
    assert pair.a.said(SessionUp) == [SessionUp("Tunnel0", A, B)]
    assert pair.b.said(SessionUp) == [SessionUp("Tunnel0", B, A)]
    assert pair.a.ike.phase("Tunnel0", B) == pair.b.ike.phase("Tunnel0", A) == "UP"


@pytest.mark.parametrize("group", [2, 5, 14, 15, 16, 19, 20, 21])
def test_every_group_agrees(make_pair, group):
    pair = make_pair(a={"groups": (group,)}, b={"groups": (group,)}).up()
    pair.agree()


@pytest.mark.parametrize("prf", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("cipher", ["aes-cbc-128", "aes-cbc-192", "aes-cbc-256", "aes-gcm-128", "aes-gcm-256"])
def test_every_ike_suite_agrees(make_pair, cipher, prf):
    integrity = () if "gcm" in cipher else (prf,)
    wish = {"encryption": (cipher,), "integrity": integrity, "prf": (prf,)}
    make_pair(a=wish, b=wish).up().agree()


@pytest.mark.parametrize(
    "words",
    [
        ("esp-aes", "esp-sha-hmac"),
        ("esp-aes 192", "esp-sha256-hmac"),
        ("esp-aes 256", "esp-sha384-hmac"),
        ("esp-aes 256", "esp-sha512-hmac"),
        ("esp-null", "esp-sha256-hmac"),
        ("esp-gcm 128",),
        ("esp-gcm 256",),
    ],
)
def test_every_transform_set_agrees(make_pair, words):
    wish = {"gate": {"transform_sets": (transform_set_of_words("TS", words, "transport"),)}}
    pair = make_pair(a=wish, b=wish).up()
    pair.agree()
    (sa,) = pair.a.pairs.values()
    assert (sa.encryption, sa.key_bits) == transform_set_of_words("TS", words, "transport").cipher


def test_the_first_common_transform_set_is_taken(make_pair):
    pair = make_pair(a={"gate": {"transform_sets": (CBC, GCM)}}, b={"gate": {"transform_sets": (GCM,)}}).up()
    assert [sa.encryption for sa in pair.a.pairs.values()] == [20]


def test_mode_transport_is_kept_where_both_want_it_and_dropped_where_one_does_not(make_pair):
    assert [sa.mode for sa in make_pair().up().b.pairs.values()] == ["transport"]
    wish = {"gate": {"transform_sets": (TUNNEL_MODE,)}}
    assert [sa.mode for sa in make_pair(a=wish, b=wish).up().b.pairs.values()] == ["tunnel"]
    mixed = make_pair(a={"gate": {"transform_sets": (CBC,)}}, b=wish).up()
    assert [sa.mode for end in (mixed.a, mixed.b) for sa in end.pairs.values()] == ["tunnel", "tunnel"]


def test_required_transport_mode_is_not_given_up(make_pair):
    require = CBC._replace(mode="transport require")
    wishes = {"gate": {"transform_sets": (require,)}}, {"gate": {"transform_sets": (TUNNEL_MODE,)}}
    for a, b in (wishes, wishes[::-1]):
        pair = make_pair(a=a, b=b).want().run(1)
        assert not pair.a.is_up or not pair.b.is_up


def test_a_wrong_guess_of_the_group_costs_one_more_round(make_pair):
    pair = make_pair(a={"groups": (19, 14)}, b={"groups": (14,)}).want().run(1)
    # HDR, SA, KE(19), N -->  <-- HDR, N(INVALID_KE_PAYLOAD, 14);  HDR, SA, KE(14), N --> …
    assert pair.arrows == "a:INIT b:init a:INIT b:init a:AUTH b:auth"
    pair.agree()


def test_a_common_group_that_was_guessed_right_is_taken_before_a_preferred_one(make_pair):
    pair = make_pair(a={"groups": (14, 19)}, b={"groups": (19, 14)}).want().run(1)
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth"


def test_under_load_a_cookie_is_asked_for_and_nothing_remembered(make_pair):
    pair = make_pair(b={"cookie_challenge": 0}).want()
    pair.run(0.012)
    # HDR, SA, KE, N -->  <-- HDR, N(COOKIE)
    assert pair.b.ike.sas() == []
    pair.run(1)
    # HDR, N(COOKIE), SA, KE, N --> …
    assert pair.arrows == "a:INIT b:init a:INIT b:init a:AUTH b:auth"
    pair.agree()


def test_cookie_and_wrong_group_together(make_pair):
    pair = make_pair(a={"groups": (19, 14)}, b={"groups": (14,), "cookie_challenge": 0}).want().run(1)
    assert pair.arrows.startswith("a:INIT b:init a:INIT b:init a:INIT b:init")
    pair.agree()


def test_a_forged_cookie_is_answered_with_a_fresh_one(make_pair):
    pair = make_pair(b={"cookie_challenge": 0})

    def forge(end, datagram):
        first_cookie = len(pair.sent) == 3
        payload = datagram.payload
        return [datagram._replace(payload=payload[:40] + b"\xff" * 8 + payload[48:])] if first_cookie else None

    pair.bend = forge
    pair.want().run(1)
    assert pair.b.ike.desk.counters["cookies asked for"] == 2
    assert pair.a.is_up


def test_no_common_proposal_ends_it_on_both_sides_with_a_reason(make_pair):
    pair = make_pair(a={"groups": (14,)}, b={"groups": (19,)}).want().run(1)
    # HDR, SA, KE, N -->  <-- HDR, N(NO_PROPOSAL_CHOSEN)
    assert pair.arrows == "a:INIT b:init"
    (down,) = pair.a.said(SessionDown)
    assert down.reason == "Received error notify NO_PROPOSAL_CHOSEN"
    assert "Failed to find a matching policy" in pair.b.log[0]
    assert pair.b.ike.sas() == []


def test_a_wrong_key_fails_authentication_and_both_stay_in_phase_ike(make_pair):
    pair = make_pair(a={"key": b"cisco123"}, b={"key": b"cisco124"})
    pair.a.debugging = pair.b.debugging = True
    pair.want().run(1)
    # HDR, SK{IDi, AUTH, …} -->  <-- HDR, SK{N(AUTHENTICATION_FAILED)}
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth"
    assert not pair.a.is_up and not pair.b.is_up
    assert pair.a.ike.phase("Tunnel0", B) == pair.b.ike.phase("Tunnel0", A) == "IKE"
    assert pair.a.said(SessionDown)[0].reason == "Auth exchange failed: received AUTHENTICATION_FAILED"
    assert any("Verification of peer's authentication data FAILED" in line for line in pair.b.debug)
    assert pair.b.log == ["%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: Auth exchange failed"]


def test_an_initiator_that_does_not_believe_the_responder_says_so(make_pair):
    keys = {"local_key": b"from-a", "remote_key": b"from-b"}
    a = (KeyringPeer("ANY", Prefix(IPv4(0), 0), **keys),)
    b = (KeyringPeer("ANY", Prefix(IPv4(0), 0), local_key=b"not what A expects", remote_key=b"from-a"),)
    pair = make_pair(a={"peers": a}, b={"peers": b}).want().run(1)
    # <-- HDR, SK{IDr, AUTH, …}   HDR, SK{N(AUTHENTICATION_FAILED)} -->  <-- HDR, SK{}
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth a:INFO b:info"
    assert not pair.a.is_up and not pair.b.is_up
    assert pair.a.ike.sas() == pair.b.ike.sas() == []


def test_different_keys_each_way(make_pair):
    a = (KeyringPeer("B", Prefix(B, 32), local_key=b"from-a", remote_key=b"from-b"),)
    b = (KeyringPeer("A", Prefix(A, 32), local_key=b"from-b", remote_key=b"from-a"),)
    make_pair(a={"peers": a}, b={"peers": b}).up().agree()


def test_no_key_for_the_peer_means_no_sa_at_all(make_pair):
    other = (KeyringPeer("OTHER", Prefix.parse("10.0.0.0/8"), local_key=b"x", remote_key=b"x"),)
    pair = make_pair(a={"peers": other}).want().run(1)
    assert pair.sent == []
    assert pair.a.ike.sas() == []
    assert pair.a.said(SessionDown)[0].reason == "No preshared key for 192.0.2.2 in keyring KR"


def test_a_responder_without_a_key_refuses_to_authenticate(make_pair):
    other = (KeyringPeer("OTHER", Prefix.parse("10.0.0.0/8"), local_key=b"x", remote_key=b"x"),)
    pair = make_pair(b={"peers": other}).want().run(1)
    assert not pair.a.is_up
    assert pair.b.ike.sas() == []


def test_the_longest_mask_of_a_keyring_wins(make_pair):
    def peers(*blocks):
        return tuple(KeyringPeer(name, prefix, local_key=key, remote_key=key) for name, prefix, key in blocks)

    a = peers(("ALL", Prefix(IPv4(0), 0), b"wrong"), ("B", Prefix(B, 32), b"right"))
    b = peers(("NET", Prefix.parse("192.0.2.0/24"), b"right"), ("ALL", Prefix(IPv4(0), 0), b"wrong"))
    make_pair(a={"peers": a}, b={"peers": b}).up()


def test_keys_are_found_by_identity_where_no_address_matches(make_pair):
    name = Identity(2, b"spoke1.example.net")
    by_identity = (KeyringPeer("SPOKE", None, name, b"named", b"named"),)
    by_address = (KeyringPeer("HUB", Prefix(B, 32), None, b"named", b"named"),)
    a = {"peers": by_address, "profile": {"identity_local": name}}
    pair = make_pair(a=a, b={"peers": by_identity}).up()
    assert str(pair.b.ike.sas()[0].remote_identity) == "spoke1.example.net"


@pytest.mark.parametrize(
    ("kind", "text", "match", "accepted"),
    [
        ("fqdn", "spoke1.example.net", RemoteMatch("fqdn", None, "spoke1.example.net"), True),
        ("fqdn", "spoke1.example.net", RemoteMatch("fqdn", None, "spoke2.example.net"), False),
        ("fqdn", "spoke1.example.net", RemoteMatch("fqdn domain", None, "example.net"), True),
        ("fqdn", "spoke1.badexample.net", RemoteMatch("fqdn domain", None, "example.net"), False),
        ("email", "a@example.net", RemoteMatch("email", None, "a@example.net"), True),
        ("key-id", "branch", RemoteMatch("key-id", None, "branch"), True),
        ("key-id", "branch", RemoteMatch("key-id", None, "Branch"), False),
        ("address", "192.0.2.1", RemoteMatch("address", Prefix.parse("192.0.2.0/24")), True),
        ("address", "192.0.2.1", RemoteMatch("address", Prefix.parse("198.51.100.0/24")), False),
        ("fqdn", "spoke1.example.net", RemoteMatch("address", Prefix(IPv4(0), 0)), False),
    ],
)
def test_a_profile_matches_the_identity_it_names(make_pair, kind, text, match, accepted):
    a = {"profile": {"identity_local": identity_of_words(kind, text)}}
    pair = make_pair(a=a, b={"profile": {"match_remote": (match,)}}).want().run(1)
    assert pair.a.is_up is pair.b.is_up is accepted


def test_an_initiator_checks_the_responders_identity_too(make_pair):
    pair = make_pair(a={"profile": {"match_remote": (RemoteMatch("fqdn", None, "hub.example.net"),)}}).want().run(1)
    assert not pair.a.is_up and not pair.b.is_up


def test_without_a_common_transform_set_the_ike_sa_stands_alone_in_phase_ipsec(make_pair):
    pair = make_pair(a={"gate": {"transform_sets": (GCM,)}}, b={"gate": {"transform_sets": (CBC,)}}).want().run(1)
    # <-- HDR, SK{IDr, AUTH, N(NO_PROPOSAL_CHOSEN)}
    assert not pair.a.is_up
    assert pair.a.ike.phase("Tunnel0", B) == pair.b.ike.phase("Tunnel0", A) == "IPSEC"
    assert pair.downs(pair.a) == 1
    pair.want().run(1)
    # HDR, SK{SA, N, TS} -->  <-- HDR, SK{N(NO_PROPOSAL_CHOSEN)}
    assert pair.arrows.endswith("a:CREATE b:create")
    assert pair.downs(pair.a) == 2
    pair.run(200)
    assert pair.a.ike.sas() == pair.b.ike.sas() == []


def test_a_failed_session_is_tried_again_when_it_is_wanted_again(make_pair):
    pair = make_pair()
    pair.bend = lambda end, datagram: []
    pair.want().want().run(1)
    assert pair.arrows == "a:INIT"
    pair.run(100)
    # 0, 2, 6, 14, 30 s; given up at 62 s
    assert pair.arrows == "a:INIT a:INIT a:INIT a:INIT a:INIT"
    assert [at // 10**9 for at, _, _ in pair.datagrams] == [0, 2, 6, 14, 30]
    assert pair.a.said(SessionDown)[0].reason == "Maximum number of retransmissions reached"
    assert pair.a.log == [
        "%IKEV2-3-NEG_ABORT: Negotiation aborted due to ERROR: Maximum number of retransmissions reached"
    ]
    pair.bend = lambda end, datagram: None
    pair.want().run(1)
    assert pair.a.is_up


def test_a_peer_that_keeps_refusing_is_asked_less_and_less_often(make_pair):
    pair = make_pair(a={"key": b"one"}, b={"key": b"two"})
    for _ in range(1200):
        pair.want().run(0.1)  # NHRP asks again and again
    begun = [at / 10**9 for at, name, datagram in pair.datagrams if name == "a" and datagram.payload[18] == 34]
    gaps = [round(later - sooner) for sooner, later in itertools.pairwise(begun)]
    assert gaps == [1, 2, 4, 8, 16, 32, 32]
    pair.b.ike.settle(replace(pair.b.ike.settings, keyrings=pair.a.ike.settings.keyrings), pair.now)
    pair.run(32)
    assert pair.a.is_up
    pair.a.ike.clear(pair.now)
    pair.want().run(1)
    assert pair.a.is_up


def test_a_peer_that_refuses_every_transform_set_is_asked_less_and_less_often(make_pair):
    pair = make_pair(a={"gate": {"transform_sets": (GCM,)}}, b={"gate": {"transform_sets": (CBC,)}})
    for _ in range(700):
        pair.want().run(0.1)
    asked = [at / 10**9 for at, name, datagram in pair.datagrams if name == "a" and datagram.payload[18] in (35, 36)]
    assert [round(later - sooner) for sooner, later in itertools.pairwise(asked)] == [1, 2, 4, 8, 16, 32]


def test_new_wishes_end_the_waiting(make_pair):
    pair = make_pair(a={"key": b"one"}, b={"key": b"two"})
    for _ in range(300):
        pair.want().run(0.1)
    settings = pair.a.ike.settings
    pair.a.ike.settle(replace(settings, keyrings=pair.b.ike.settings.keyrings), pair.now)
    pair.want().run(1)
    assert pair.a.is_up


def test_a_session_that_stands_is_told_again_and_nothing_sent(make_pair):
    pair = make_pair().up()
    count = len(pair.sent)
    pair.want()
    assert pair.ups(pair.a) == 2
    assert len(pair.sent) == count


def test_an_unwanted_session_is_deleted_on_both_sides(make_pair):
    pair = make_pair().up()
    pair.a.ike.unwanted("Tunnel0", A, B, pair.now)
    pair.run(1)
    # HDR, SK{D} -->  <-- HDR, SK{}
    assert pair.arrows.endswith("a:INFO b:info")
    assert not pair.a.is_up and not pair.b.is_up
    assert pair.a.ike.sessions() == pair.b.ike.sessions() == []
    assert pair.b.said(SessionDown)[0].reason == "Deleted by peer"
    pair.run(60)
    assert pair.b.ike.context.sas == {}


@pytest.mark.parametrize("ikev2", [None, "NOSUCH"])
def test_an_ipsec_profile_without_an_ikev2_profile_stays_down_and_says_why(make_pair, ikev2):
    pair = make_pair(a={"gate": {"ike_profile": ikev2}}).want().run(1)
    assert pair.sent == []
    assert "IKEv" in pair.a.said(SessionDown)[0].reason


@pytest.mark.parametrize(
    "change", [{"authentication_remote": "rsa-sig"}, {"authentication_local": None}, {"match_remote": ()}]
)
def test_a_profile_that_is_incomplete_neither_begins_nor_answers(make_pair, change):
    pair = make_pair(a={"profile": change}).want().run(1)
    assert pair.sent == []
    assert "incomplete" in pair.a.said(SessionDown)[0].reason
    pair = make_pair(b={"profile": change}).want().run(1)
    assert not pair.a.is_up and not pair.b.is_up


def test_a_responder_only_profile_never_begins_but_answers(make_pair):
    pair = make_pair(b={"gate": {"responder_only": True}})
    pair.want(pair.b).run(1)
    assert pair.sent == []
    pair.up()


def test_without_configuration_the_default_proposal_is_spoken(make_pair):
    nothing = {"policies": {}, "proposals": {}}
    pair = make_pair(a=nothing, b={"policies": {"default": DEFAULT_POLICY}, "proposals": {}}).up()
    suite = pair.a.ike.sas()[0].suite
    assert (suite.cipher.key_bits, suite.integrity, suite.prf, suite.group) == (256, 14, 7, 19)


def test_a_proposal_with_both_kinds_of_cipher_agrees_with_either(make_pair):
    both = proposal_of_words("P", ("aes-gcm-256", "aes-cbc-128"), ("sha256",), ("sha256",), (19,))
    for wish, expected in (
        ({"encryption": ("aes-cbc-128",)}, 12),
        ({"encryption": ("aes-gcm-256",), "integrity": ()}, 20),
    ):
        pair = make_pair(a={"proposals": {"P": both}}, b=wish).up()
        assert pair.b.ike.sas()[0].suite.cipher.id == expected


def test_keys_are_told_as_an_sa_gets_them_and_remembered_by_nobody(make_pair):
    pair = make_pair().up()
    (before,) = pair.a.ike.export_keys()
    assert before == pair.b.ike.export_keys()[0]
    pair.a.ike.stop(pair.now)
    pair.run(1)
    assert pair.a.ike.export_keys() == []
    assert pair.a.witnessed == pair.b.witnessed == [before]
    assert before.sk_ei.hex() not in repr(before)


def test_no_secret_is_ever_shown_in_debug_or_log(make_pair):
    pair = make_pair(a={"key": b"sesame-open"}, b={"key": b"sesame-open"})
    pair.a.debugging = pair.b.debugging = True
    pair.up().run(4000)
    keys = pair.a.ike.export_keys()[0]
    shown = "\n".join([*pair.a.debug, *pair.b.debug, *pair.a.log, repr(pair.a.ike.settings), repr(pair.a.effects)])
    assert "sesame" not in shown
    assert keys.sk_ei.hex() not in shown.lower() and repr(keys.sk_ei)[2:-1] not in shown
    for sa in pair.a.said(InstallSa):
        assert repr(sa.inbound_key)[2:-1] not in shown


def test_logging_session_tells_ups_and_downs(make_pair):
    pair = make_pair(b={"logging_session": True}).up()
    pair.a.ike.stop(pair.now)
    pair.run(1)
    what = "%CRYPTO-5-IKEV2_SESSION_STATUS: Crypto tunnel v2 is {}.  Peer 192.0.2.1:500       Id: 192.0.2.1"
    assert pair.b.log == [what.format("UP"), what.format("DOWN")]


def test_a_limit_of_half_open_sas_is_kept(make_pair):
    pair = make_pair(b={"limit_max_sa": 1}).up()
    pair.a.begin(pair.a.ike.settings)
    pair.want().run(1)
    assert pair.b.ike.desk.counters["half-open limit"] == 1
    assert len(pair.b.ike.sas()) == 1


def test_a_peer_that_never_authenticates_is_forgotten(make_pair):
    pair = make_pair()
    pair.bend = lambda end, datagram: [] if "AUTH" in pair.sent[-1][1] else None
    pair.want().run(1)
    assert [sa.state.value for sa in pair.b.ike.sas()] == ["AUTH"]
    pair.run(31)
    assert pair.b.ike.sas() == []
    assert pair.b.ike.context.half_open == {}


@pytest.mark.parametrize("periodic", [True, False])
def test_a_dead_peer_is_noticed(make_pair, periodic):
    pair = make_pair(a={"dpd": Dpd(10, 2, periodic)}).up()
    pair.run(35)
    # HDR, SK{} -->  <-- HDR, SK{}
    asked = pair.arrows.count("a:INFO b:info")
    assert asked == (3 if periodic else 0)
    pair.bend = lambda end, datagram: []
    (spi,) = pair.a.pairs
    pair.a.traffic[spi] = (0, pair.now)  # we send, nothing comes back
    pair.run(40)
    assert not pair.a.is_up
    assert pair.a.said(SessionDown)[0].reason == "Peer is dead (DPD)"


def test_esp_from_the_peer_is_a_sign_of_life(make_pair):
    pair = make_pair(a={"dpd": Dpd(10, 2, True)}).up()
    (spi,) = pair.a.pairs
    for _ in range(10):
        pair.a.traffic[spi] = (pair.now, pair.now)
        pair.run(5)
    assert "INFO" not in pair.arrows


def test_an_idle_child_is_deleted_and_the_session_with_it(make_pair):
    pair = make_pair(a={"gate": {"idle_time_s": 60}}).up()
    (spi,) = pair.a.pairs
    pair.run(50)
    pair.a.traffic[spi] = (pair.now, pair.now)
    pair.run(50)
    assert pair.a.is_up
    pair.run(20)
    assert not pair.a.is_up and not pair.b.is_up
    assert pair.a.said(SessionDown)[0].reason == "Idle"


def test_a_message_is_one_entry_of_the_debug_with_its_payloads_below(make_pair):
    pair = make_pair()
    pair.a.debugging = True
    pair.up()
    sent = next(text for text in pair.a.debug if "Sending Packet" in text)
    first, spis, exchange, *rest = sent.split("\n")
    assert first == "IKEv2:(SESSION ID = 1,SA ID = 1):Sending Packet [To 192.0.2.2:500/From 192.0.2.1:500/VRF i0:f0] "
    assert spis.endswith(" - Responder SPI : 0000000000000000 Message id: 0")
    assert exchange == "IKEv2 IKE_SA_INIT Exchange REQUEST "
    assert rest == [
        "Payload contents: ",
        " SA KE N NOTIFY(NAT_DETECTION_SOURCE_IP) NOTIFY(NAT_DETECTION_DESTINATION_IP) ",
        "",
    ]
