"""Whatever comes in from the wire: nothing is raised, and what stands stays standing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.proto.ike.fragment import MOST_FRAGMENTS, Assembly
from iosh.proto.machine import Path
from iosh.wire.ikev2 import (
    CREATE_CHILD_SA,
    IKE_AUTH,
    IKE_SA_INIT,
    INFORMATIONAL,
    INVALID_KE_PAYLOAD,
    INVALID_MAJOR_VERSION,
    INVALID_SYNTAX,
    NO_PROPOSAL_CHOSEN,
    TS_UNACCEPTABLE,
    UNSUPPORTED_CRITICAL_PAYLOAD,
    Delete,
    Fragment,
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
)
from iosh.wire.isakmp import Header

A, B, C = (IPv4.parse(f"192.0.2.{host}") for host in (1, 2, 3))
FROM_A = Path("Gi1", "", B, A, 500, 500)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def standing(pair) -> None:
    """Both ends still hold what they held, and can still replace it."""
    assert pair.a.is_up and pair.b.is_up
    assert pair.downs(pair.a) == pair.downs(pair.b) == 0
    (child,) = pair.a.ike.sas()[0].children.values()
    pair.a.ike.sa_expired(child.inbound_spi, False, pair.now)
    pair.run(5)
    pair.agree()


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_arbitrary_and_mutated_datagrams_leave_sas_standing(make_pair, data):
    pair = make_pair().up()
    recorded = [one.payload for _, _, one in pair.datagrams]
    spis = [sa.own_spi for sa in (pair.b.ike.sas()[0], pair.a.ike.sas()[0])]
    for _ in range(30):
        kind = data.draw(st.integers(0, 2))
        if kind == 0:
            raw = data.draw(st.binary(max_size=200))
        elif kind == 1:
            flags, exchange = data.draw(st.integers(0, 255)), data.draw(st.integers(30, 40))
            first, number = data.draw(st.integers(0, 60)), data.draw(st.integers(0, 3))
            body = data.draw(st.binary(max_size=80))
            raw = Header(spis[1], spis[0], first, 0x20, exchange, flags, number, 28 + len(body)).encode() + body
        else:
            mutated = bytearray(data.draw(st.sampled_from(recorded)))
            for _ in range(data.draw(st.integers(1, 4))):
                mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
            raw = bytes(mutated)
        port = data.draw(st.sampled_from([500, 4500]))
        for end, path in ((pair.b, Path("Gi1", "", B, A, port, port)), (pair.a, Path("Gi1", "", A, B, port, port))):
            end.ike.receive(raw, path, pair.now)
        pair.bend = lambda end, datagram: []
        pair.settle()
    pair.bend = lambda end, datagram: None
    standing(pair)


def sealed(pair, exchange: int, payloads: tuple) -> Message:
    """A request of A's with any payloads, authentic: what a peer with the keys, but without manners, may send."""
    sa = pair.a.ike.sas()[0]
    for datagram in sa._pack(exchange, sa._next_id, False, payloads):
        pair.b.ike.receive(datagram, FROM_A, pair.now)
    sa._next_id += 1
    before = len(pair.datagrams)
    pair.settle()
    answers = pair.datagrams[before:]
    assert len(answers) == 1
    received = sa.open(Message.decode(answers[0][2].payload), answers[0][2].payload)
    pair.flight.clear()
    return received


@pytest.mark.parametrize("exchange", [CREATE_CHILD_SA, INFORMATIONAL, IKE_AUTH, 38, 240])
@pytest.mark.parametrize("seed", range(15))
def test_a_peer_with_the_keys_but_without_manners_breaks_nothing(make_pair, exchange, seed):
    pair = make_pair().up()
    dice = Rng(seed)
    kinds = [33, 34, 35, 36, 39, 40, 41, 42, 44, 45, 47, 99]
    payloads = tuple(
        Opaque(kinds[dice.below(len(kinds))], bool(dice.below(2)), dice.bytes(dice.below(40)))
        for _ in range(1 + dice.below(4))
    )
    sa = pair.a.ike.sas()[0]
    for datagram in sa._pack(exchange, sa._next_id, False, payloads):
        pair.b.ike.receive(datagram, FROM_A, pair.now)
    pair.run(1)
    assert len(pair.b.ike.sas()) <= 1


def test_an_unsupported_critical_payload_is_named_in_the_answer(make_pair):
    pair = make_pair().up()
    answer = sealed(pair, INFORMATIONAL, (Opaque(77, True, b"?"),))
    assert answer.payloads == (Notify(UNSUPPORTED_CRITICAL_PAYLOAD, b"\x4d"),)
    assert sealed(pair, INFORMATIONAL, (Opaque(77, False, b"?"),)).payloads == ()
    assert pair.b.is_up


def test_a_payload_out_of_place_or_missing_is_invalid_syntax(make_pair):
    pair = make_pair().up()
    nonce = Nonce(bytes(32))
    offered = SecurityAssociation((Proposal(1, 3, b"abcd", ()),))
    for exchange, payloads in (
        (INFORMATIONAL, (nonce,)),
        (CREATE_CHILD_SA, (nonce,)),
        (CREATE_CHILD_SA, (offered, nonce, nonce)),
        (CREATE_CHILD_SA, (offered, nonce)),
        (INFORMATIONAL, (Opaque(41, False, b"x"),)),
    ):
        assert sealed(pair, exchange, payloads).payloads == (Notify(INVALID_SYNTAX),)
    assert pair.b.is_up


def test_a_complaint_about_a_packet_is_no_reason_to_part_one_about_authentication_is(make_pair):
    pair = make_pair().up()
    assert sealed(pair, INFORMATIONAL, (Notify(39, b"packet"),)).payloads == ()
    assert pair.b.is_up
    assert sealed(pair, INFORMATIONAL, (Notify(24),)).payloads == ()
    assert not pair.b.is_up


def test_deleting_what_does_not_exist_is_answered_with_nothing(make_pair):
    pair = make_pair().up()
    (sa,) = pair.b.pairs.values()
    assert sealed(pair, INFORMATIONAL, (Delete(3, (0x1234, 0x5678)),)).payloads == ()
    assert sealed(pair, INFORMATIONAL, (Delete(2, (sa.outbound_spi,)),)).payloads == ()  # AH, not ESP
    assert pair.b.is_up


def init(**changes) -> Message:
    header = Header(0x1122334455667788, 0, 0, 0x20, IKE_SA_INIT, 8, 0, 0)._replace(**changes)
    return Message(
        header, (SecurityAssociation((Proposal(1, 1, b"", ()),)), KeyExchange(19, bytes(64)), Nonce(bytes(32)))
    )


def test_a_higher_major_version_is_answered_and_ikev1_counted(make_pair):
    pair = make_pair()
    pair.b.ike.receive(init(version=0x30).encode(), FROM_A, 0)
    pair.settle()
    (_, _, sent) = pair.datagrams[0]
    assert Message.decode(sent.payload).payloads == (Notify(INVALID_MAJOR_VERSION),)
    pair.b.ike.receive(init(version=0x10).encode(), FROM_A, 0)
    pair.settle()
    assert len(pair.datagrams) == 1
    assert pair.b.ike.desk.counters["IKE version 1"] == 1


def test_a_public_value_outside_the_group_is_refused(make_pair):
    for group, value in ((19, bytes(64)), (19, b"\1" * 63), (14, bytes(256)), (14, (1).to_bytes(256, "big"))):
        pair = make_pair(a={"groups": (group,)}, b={"groups": (group,)})

        def swap(end, datagram, value=value, group=group):
            message = Message.decode(datagram.payload)
            changed = tuple(
                KeyExchange(group, value) if isinstance(one, KeyExchange) else one for one in message.payloads
            )
            return [datagram._replace(payload=Message(message.header, changed).encode())]

        pair.bend = swap
        pair.want().run(1)
        assert pair.b.ike.sas() == []
        assert "not in the group" in pair.b.log[0]


def test_a_flood_of_beginnings_is_bounded_and_costs_cookies_only(make_pair):
    pair = make_pair(b={"cookie_challenge": 10}).want()
    first = Message.decode(pair.datagrams[0][2].payload)
    for number in range(500):
        forged = Message(first.header._replace(initiator_spi=1000 + number), first.payloads).encode()
        pair.b.ike.receive(forged, FROM_A._replace(remote=IPv4(C + number)), pair.now)
        pair.flight.clear()
        pair.settle()
    assert len(pair.b.ike.context.half_open) == 10
    assert pair.b.ike.desk.counters["cookies asked for"] == 490


def test_half_open_sas_have_a_limit(make_pair):
    pair = make_pair(b={"limit_max_in_negotiation_sa": 5}).want()
    first = Message.decode(pair.datagrams[0][2].payload)
    for number in range(20):
        forged = Message(first.header._replace(initiator_spi=1000 + number), first.payloads).encode()
        pair.b.ike.receive(forged, FROM_A, pair.now)
        pair.flight.clear()
        pair.settle()
    assert len(pair.b.ike.sas()) == 5
    assert pair.b.ike.desk.counters["half-open limit"] == 15
    pair.bend = lambda end, datagram: []
    pair.run(31)
    assert pair.b.ike.sas() == []


def test_a_forged_delete_of_a_stranger_does_nothing(make_pair):
    pair = make_pair().up()
    sa = pair.b.ike.sas()[0]
    header = Header(sa.spi_i, sa.spi_r, 0, 0x20, INFORMATIONAL, 8, 2, 0)
    pair.b.ike.receive(Message(header, (Delete(1),)).encode(), FROM_A, pair.now)
    pair.run(1)
    standing(pair)


def test_pieces_without_end_are_not_collected():
    assembly = Assembly()
    for number in range(1, 1000):
        assert assembly.add(1, Fragment(33, number, 1000, b""), b"x") is None
    assert not assembly.has(1, Fragment(33, 1, 1000, b""))
    assert MOST_FRAGMENTS < 1000
    assert assembly.add(2, Fragment(33, 2, 2, b""), b"b") is None
    assert assembly.add(2, Fragment(0, 1, 2, b""), b"a") == (0, b"ab")


def test_a_beginning_that_lacks_a_payload_is_told_so_and_not_remembered(make_pair):
    pair = make_pair()
    whole = init()
    for missing in range(3):
        payloads = tuple(one for at, one in enumerate(whole.payloads) if at != missing)
        pair.b.ike.receive(Message(whole.header, payloads).encode(), FROM_A, 0)
    pair.settle()
    answers = [Message.decode(datagram.payload).payloads for _, _, datagram in pair.datagrams]
    assert answers == [(Notify(INVALID_SYNTAX),)] * 3
    for wrong in ({"message_id": 1}, {"flags": 0}, {"initiator_spi": 0}):
        pair.b.ike.receive(init(**wrong).encode(), FROM_A, 0)
    assert pair.b.ike.desk.counters["malformed"] == 3
    assert pair.b.ike.context.sas == {}


def test_an_answer_that_lacks_a_payload_ends_the_negotiation(make_pair):
    pair = make_pair()

    def strip(end, datagram):
        message = Message.decode(datagram.payload)
        if not message.header.is_response:
            return None
        kept = tuple(one for one in message.payloads if not isinstance(one, Nonce))
        return [datagram._replace(payload=Message(message.header, kept).encode())]

    pair.bend = strip
    pair.want().run(1)
    assert pair.a.ike.sas() == []
    assert "missing payload N" in pair.a.log[0]


def test_an_answer_with_a_group_nobody_offered_ends_the_negotiation(make_pair):
    pair = make_pair()

    def other_group(end, datagram):
        message = Message.decode(datagram.payload)
        if not message.header.is_response:
            return None
        changed = tuple(one._replace(group=14) if isinstance(one, KeyExchange) else one for one in message.payloads)
        return [datagram._replace(payload=Message(message.header, changed).encode())]

    pair.bend = other_group
    pair.want().run(1)
    assert pair.a.ike.sas() == []
    assert "was not offered" in pair.a.log[0]


@pytest.mark.parametrize(
    "retry", [Notify(16390, bytes(8)), Notify(16390, b""), Notify(17, b"\0\x63"), Notify(17, b"\0\x13")]
)
def test_a_peer_that_asks_for_another_try_for_ever_is_left(make_pair, retry):
    pair = make_pair()

    def again(end, datagram):
        message = Message.decode(datagram.payload)
        if end is pair.b:
            return [datagram._replace(payload=Message(message.header, (retry,)).encode())]
        return None

    pair.bend = again
    pair.want().run(70)
    assert pair.a.ike.sas() == []
    assert pair.arrows.count("a:INIT") <= 12
    assert len(pair.a.log) == 1


def gre_selectors() -> tuple:
    return tuple(
        TrafficSelectors(first, (Selector(47, 0, 65535, address, address),))
        for first, address in ((True, A), (False, B))
    )


ESP_19 = Proposal(1, 3, b"abcd", (Transform(1, 12, 128), Transform(3, 2), Transform(4, 19), Transform(5, 0)))


def test_a_bad_public_value_in_a_rekey_is_refused_and_nothing_lost(make_pair):
    pair = make_pair().up()
    nonce, bad = Nonce(bytes(32)), KeyExchange(19, bytes(64))
    child = (SecurityAssociation((ESP_19,)), nonce, bad, *gre_selectors())
    assert sealed(pair, CREATE_CHILD_SA, child).payloads == (Notify(INVALID_SYNTAX),)
    ike = Proposal(1, 1, b"abcdefgh", (Transform(1, 12, 256), Transform(2, 5), Transform(3, 12), Transform(4, 19)))
    assert sealed(pair, CREATE_CHILD_SA, (SecurityAssociation((ike,)), nonce, bad)).payloads == (
        Notify(INVALID_SYNTAX),
    )
    short = ike._replace(spi=b"abcd")
    assert sealed(pair, CREATE_CHILD_SA, (SecurityAssociation((short,)), nonce, bad)).payloads == (
        Notify(INVALID_SYNTAX),
    )
    other = ike._replace(transforms=(Transform(1, 12, 128), *ike.transforms[1:]))
    refused = sealed(pair, CREATE_CHILD_SA, (SecurityAssociation((other,)), nonce, bad)).payloads
    assert refused == (Notify(NO_PROPOSAL_CHOSEN),)
    assert pair.b.is_up


def test_a_child_with_the_wrong_public_value_is_told_the_right_group(make_pair):
    pair = make_pair(b={"gate": {"pfs_group": 19}}).up()
    both = ESP_19._replace(transforms=(*ESP_19.transforms, Transform(4, 14)))
    asked = (SecurityAssociation((both,)), Nonce(bytes(32)), KeyExchange(14, bytes(256)), *gre_selectors())
    assert sealed(pair, CREATE_CHILD_SA, asked).payloads == (Notify(INVALID_KE_PAYLOAD, b"\0\x13"),)
    assert pair.b.is_up


def test_selectors_that_do_not_hold_the_tunnel_are_unacceptable(make_pair):
    pair = make_pair().up()
    esp = ESP_19._replace(transforms=(Transform(1, 12, 128), Transform(3, 2), Transform(5, 0)))
    for one in (Selector(47, 1, 1, A, A), Selector(17, 0, 65535, A, A), Selector(47, 0, 65535, C, C)):
        asked = (SecurityAssociation((esp,)), Nonce(bytes(32)), TrafficSelectors(True, (one,)), gre_selectors()[1])
        assert sealed(pair, CREATE_CHILD_SA, asked).payloads == (Notify(TS_UNACCEPTABLE),)
    two = TrafficSelectors(True, (Selector(47, 1, 1, A, A), Selector(47, 0, 65535, A, A)))
    answer = sealed(pair, CREATE_CHILD_SA, (SecurityAssociation((esp,)), Nonce(bytes(32)), two, gre_selectors()[1]))
    assert gre_selectors()[0] in answer.payloads


def test_a_negotiation_that_is_no_longer_wanted_is_broken_off(make_pair):
    pair = make_pair().want()
    pair.a.ike.unwanted("Tunnel0", A, B, pair.now)
    pair.run(1)
    assert pair.a.ike.context.sas == {}
    assert pair.a.ike.sessions() == []
    assert not pair.a.is_up
