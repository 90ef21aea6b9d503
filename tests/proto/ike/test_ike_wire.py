"""Bad wires: loss, repetition, disorder, NAT, small packets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iosh.base.addr import IPv4
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.proto.ike.effects import MoveSa

A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2")
PUBLIC = IPv4.parse("203.0.113.7")


def lose(*numbers: int) -> Callable:
    """Lose the datagrams with these numbers, counted from 0 over both directions."""
    count = -1

    def bend(end, datagram):
        nonlocal count
        count += 1
        return [] if count in numbers else None

    return bend


@pytest.mark.parametrize("number", range(4))
def test_any_one_message_of_the_first_four_may_be_lost(make_pair, number):
    pair = make_pair()
    pair.bend = lose(number)
    pair.want().run(10)
    assert pair.a.is_up and pair.b.is_up
    assert len(pair.b.ike.sas()) == 1
    pair.agree()


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("what", ["child", "ike"])
def test_any_one_message_of_a_rekey_may_be_lost(make_pair, number, what):
    pair = make_pair().up()
    pair.bend = lose(number)
    sa = pair.a.ike.sas()[0]
    (child,) = sa.children.values()
    name = ("child-soft", child.inbound_spi) if what == "child" else ("rekey", sa.own_spi)
    pair.a.ike.wake(name, pair.now)
    pair.run(60)
    assert len(pair.a.pairs) == len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
    assert pair.downs(pair.a) == pair.downs(pair.b) == 0
    pair.agree()


@pytest.mark.parametrize("seed", range(12))
def test_a_third_lost_at_random_and_it_still_comes_up_and_stays(make_pair, seed):
    dice = Rng(seed)
    wish = {"gate": {"lifetime_s": 300}, "profile": {"lifetime_s": 900}}
    pair = make_pair(a=wish, b=wish, seed=seed)
    pair.bend = lambda end, datagram: [] if dice.below(3) == 0 else None
    for _ in range(40):
        pair.want().run(30)
    pair.bend = lambda end, datagram: None
    pair.run(600)
    pair.want().run(120)
    assert len(pair.a.pairs) == len(pair.b.pairs) == 1
    pair.agree()


def test_every_message_twice_changes_nothing(make_pair):
    pair = make_pair()
    pair.bend = lambda end, datagram: [datagram, datagram]
    pair.want().run(4000)
    assert len(pair.a.pairs) == len(pair.b.ike.sas()) == 1
    assert pair.downs(pair.a) == 0
    assert pair.b.ike.desk.counters["answers repeated"] == 4
    assert pair.a.ike.desk.counters["answers not waited for"] >= 4
    pair.agree()


def test_old_messages_played_again_later_change_nothing(make_pair):
    pair = make_pair().up()
    pair.run(4000)
    old = [datagram for _, _, datagram in pair.datagrams]
    count = len(pair.a.ike.sas())
    for end, name in ((pair.a, "b"), (pair.b, "a")):
        for datagram in [one for _, sender, one in pair.datagrams if sender == name]:
            pair._send(pair.other(end), datagram)
    pair.run(100)
    assert old and len(pair.a.ike.sas()) == count
    assert pair.downs(pair.a) == pair.downs(pair.b) == 0
    pair.agree()


def through_nat(pair, port: int = 40000) -> dict[str, int]:
    """A is behind a NAT that shows it as PUBLIC and another port. Returns the mapping, to be changed by tests."""
    state = {"shift": port}
    pair.a_private = A

    def bend(end, datagram):
        if end is pair.a:
            return [datagram._replace(local=PUBLIC, local_port=state["shift"] + datagram.local_port)]
        assert datagram.remote == PUBLIC
        behind = datagram.remote_port - state["shift"]
        return [datagram._replace(remote=A, remote_port=behind)] if behind in (500, 4500) else []

    pair.bend = bend
    return state


def test_behind_a_nat_it_floats_to_port_4500_and_esp_goes_in_udp(make_pair):
    pair = make_pair()
    through_nat(pair, 40000)
    pair.want().run(1)
    ports = [(name, one.local_port, one.remote_port) for _, name, one in pair.datagrams]
    assert ports == [("a", 500, 500), ("b", 500, 40500), ("a", 4500, 4500), ("b", 4500, 44500)]
    assert [sa.encap for sa in pair.a.pairs.values()] == [(4500, 4500)]
    assert [sa.encap for sa in pair.b.pairs.values()] == [(4500, 44500)]
    assert [sa.remote for sa in pair.b.pairs.values()] == [PUBLIC]
    assert [sa.mode for sa in pair.b.pairs.values()] == ["transport"]
    assert pair.a.ike.sas()[0].nat == (True, False)
    assert pair.b.ike.sas()[0].nat == (False, True)


@pytest.mark.parametrize("forced", ["a", "b"])
def test_esp_goes_in_udp_without_a_nat_where_one_end_is_told_so(make_pair, forced):
    pair = make_pair(**{forced: {"profile": {"nat_force_encap": True}}})
    pair.want().run(1)
    assert [sa.encap for end in (pair.a, pair.b) for sa in end.pairs.values()] == [(4500, 4500)] * 2
    assert pair.a.ike.sas()[0].nat == (forced == "a", forced == "b")
    assert pair.b.ike.sas()[0].nat == (forced == "b", forced == "a")
    pair.agree()


def test_who_is_behind_the_nat_keeps_it_open(make_pair):
    pair = make_pair()
    through_nat(pair)
    pair.want().run(65)
    assert [name for name, what in pair.sent if what == "keepalive"] == ["a", "a", "a"]
    assert pair.b.ike.desk.counters["NAT keepalives received"] == 3


def test_a_nat_that_changes_its_port_is_followed(make_pair):
    pair = make_pair()
    state = through_nat(pair)
    pair.want().run(1)
    state["shift"] = 50000
    pair.a.ike.wake(("rekey", pair.a.ike.sas()[0].own_spi), pair.now)
    pair.run(5)
    assert pair.b.ike.sas()[0].remote_port == 54500
    assert [sa.encap for sa in pair.b.pairs.values()] == [(4500, 54500)]
    assert pair.b.said(MoveSa)


def test_a_replayed_message_from_elsewhere_does_not_move_a_peer(make_pair):
    pair = make_pair()
    through_nat(pair)
    pair.want().run(1)
    replayed = [one for _, name, one in pair.datagrams if name == "a"][-1]
    pair.bend = lambda end, datagram: [datagram._replace(local=PUBLIC, local_port=666)] if end is pair.a else []
    pair._send(pair.a, replayed)
    pair.run(1)
    assert pair.b.ike.sas()[0].remote_port == 44500


def test_without_a_nat_a_strange_port_is_not_followed(make_pair):
    pair = make_pair().up()
    pair.bend = lambda end, datagram: [datagram._replace(local_port=666)] if end is pair.a else None
    pair.a.ike.wake(("rekey", pair.a.ike.sas()[0].own_spi), pair.now)
    pair.run(1)
    assert pair.b.ike.sas()[0].remote_port == 500


@pytest.mark.parametrize("cipher", ["aes-cbc-256", "aes-gcm-256"])
@pytest.mark.parametrize("mtu", [160, 200, 576])
def test_long_messages_go_in_pieces_where_both_agreed(make_pair, mtu, cipher):
    wish = {"fragmentation_mtu": mtu, "encryption": (cipher,), "integrity": () if "gcm" in cipher else ("sha256",)}
    pair = make_pair(a=wish, b=wish).want().run(1)
    encrypted = [one.payload for _, _, one in pair.datagrams if one.payload[18] != 34]
    assert all(len(payload) + 28 <= mtu for payload in encrypted)
    assert (len(encrypted) > 2) is (mtu < 300)
    pair.agree()


def test_pieces_in_disorder_doubled_and_lost_come_together(make_pair):
    wish = {"fragmentation_mtu": 160}
    pair = make_pair(a=wish, b=wish)
    held: list = []
    dropped = []

    def bend(end, datagram):
        if datagram.payload[18] != 35:
            return None
        if not dropped:
            dropped.append(datagram)
            return []
        held.append(datagram)
        return [datagram, held[0]]

    pair.bend = bend
    pair.want().run(10)
    pair.agree()
    assert pair.a.is_up


def test_no_pieces_unless_both_agreed(make_pair):
    pair = make_pair(a={"fragmentation_mtu": 160}).want().run(1)
    assert len(pair.datagrams) == 4
    assert pair.a.is_up


def test_time_stands_still_while_nothing_is_due(make_pair):
    pair = make_pair().up()
    pair.run(1000)
    assert pair.now == 1002 * SECOND
    assert len(pair.datagrams) == 4
