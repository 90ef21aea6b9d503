"""What happens to SAs that stand: replaced, replaced by both ends at once, doubled, deleted, lost with their peer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iosh.base.addr import IPv4
from iosh.base.time import SECOND
from iosh.proto.ike.create_child import CreateChild
from iosh.proto.ike.effects import InstallSa, RemoveSa, SessionDown, SessionUp, UseSa
from iosh.proto.ike.informational import DeleteChild
from iosh.proto.ike.rekey_ike import RekeyIke
from iosh.proto.ike.settings import Dpd
from iosh.wire.ikev2 import IKE_SA_INIT

A, B = IPv4.parse("192.0.2.1"), IPv4.parse("192.0.2.2")


def sa_of(end):
    return end.ike.sas()[-1]


def rekey_child(pair, end):
    (child,) = sa_of(end).children.values()
    end.ike.sa_expired(child.inbound_spi, False, pair.now)
    pair.settle()


def rekey_ike(pair, end):
    end.ike.wake(("rekey", sa_of(end).own_spi), pair.now)
    pair.settle()


def never_down(pair):
    assert pair.downs(pair.a) == pair.downs(pair.b) == 0
    pair.agree()


def test_a_child_is_replaced_before_its_end_and_the_session_never_notices(make_pair):
    pair = make_pair().up()
    first = dict(pair.a.pairs)
    pair.run(3600)
    # HDR, SK{N(REKEY_SA), SA, Ni, TS} -->  <-- HDR, SK{SA, Nr, TS};  HDR, SK{D} -->  <-- HDR, SK{D}
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth a:CREATE b:create a:INFO b:info"
    assert pair.a.pairs.keys() != first.keys()
    never_down(pair)


@pytest.mark.parametrize("group", [14, 19])
def test_with_pfs_a_new_child_has_its_own_exchange(make_pair, group):
    wish = {"gate": {"pfs_group": group}}
    pair = make_pair(a=wish, b=wish).up()
    rekey_child(pair, pair.a)
    pair.run(1)
    assert [child.terms.group for child in sa_of(pair.b).children.values()] == [group]
    never_down(pair)


def test_pfs_that_only_one_side_insists_on(make_pair):
    pair = make_pair(a={"gate": {"pfs_group": 14}}).up()
    rekey_child(pair, pair.a)
    pair.run(1)
    never_down(pair)
    pair = make_pair(b={"gate": {"pfs_group": 14}}).up()
    rekey_child(pair, pair.a)
    pair.run(1)
    # <-- HDR, SK{N(NO_PROPOSAL_CHOSEN)}: the old one goes on to its end
    assert pair.arrows.endswith("a:CREATE b:create")
    assert any("NO_PROPOSAL_CHOSEN" in line for line in pair.a.log)
    never_down(pair)


def test_the_answerer_sends_on_the_old_child_until_the_asker_has_the_new_one(make_pair):
    pair = make_pair().up()
    rekey_child(pair, pair.a)
    pair.run(0.015)
    new = pair.b.said(InstallSa)[-1]
    assert not new.use
    assert pair.b.using[A] != new.outbound_spi
    pair.run(1)
    assert pair.b.using[A] == new.outbound_spi
    assert pair.b.said(UseSa)
    never_down(pair)


def test_bytes_end_a_child_as_time_does(make_pair):
    pair = make_pair(a={"gate": {"lifetime_kilobytes": 1000}}).up()
    (sa,) = pair.a.pairs.values()
    assert 0.85 * 1024000 <= sa.soft_bytes < sa.hard_bytes == 1024000
    assert [one.hard_bytes for one in pair.b.pairs.values()] == [None]
    pair.a.ike.sa_expired(sa.inbound_spi, True, pair.now)
    pair.run(1)
    assert not pair.a.is_up and not pair.b.is_up
    assert pair.a.said(SessionDown)[0].reason == "Lifetime expired"


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("group", [None, 19])
def test_both_ends_replacing_the_same_child_at_once_leave_one(make_pair, seed, group):
    wish = {"gate": {"pfs_group": group}}
    pair = make_pair(a=wish, b=wish, seed=seed).up()
    rekey_child(pair, pair.a)
    rekey_child(pair, pair.b)
    pair.run(5)
    # HDR, SK{N(REKEY_SA), …} -->   <-- HDR, SK{N(REKEY_SA), …}, and the one with the lowest nonce goes
    assert len(pair.a.pairs) == 1
    never_down(pair)


@pytest.mark.parametrize("seed", range(1, 9))
def test_both_ends_replacing_the_ike_sa_at_once_leave_one(make_pair, seed):
    pair = make_pair(seed=seed).up()
    rekey_ike(pair, pair.a)
    rekey_ike(pair, pair.b)
    pair.run(40)
    assert len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
    assert sa_of(pair.a).peer_spi == sa_of(pair.b).own_spi
    assert len(sa_of(pair.a).children) == len(sa_of(pair.b).children) == 1
    rekey_child(pair, pair.b)
    pair.run(5)
    never_down(pair)


def test_the_ike_sa_is_replaced_and_its_children_go_over(make_pair):
    pair = make_pair(a={"profile": {"lifetime_s": 1000}}).up()
    before = sa_of(pair.a), set(pair.a.pairs)
    pair.run(1000)
    # HDR, SK{SA, Ni, KEi} -->  <-- HDR, SK{SA, Nr, KEr};  HDR, SK{D} -->  <-- HDR, SK{}
    assert pair.arrows == "a:INIT b:init a:AUTH b:auth a:CREATE b:create a:INFO b:info"
    assert sa_of(pair.a) is not before[0]
    assert set(pair.a.pairs) == before[1]
    assert len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
    rekey_child(pair, pair.b)
    pair.run(5)
    never_down(pair)


def test_replacing_the_ike_sa_over_and_over(make_pair):
    pair = make_pair(
        a={"profile": {"lifetime_s": 600}, "gate": {"lifetime_s": 300}}, b={"gate": {"lifetime_s": 400}}
    ).up()
    pair.run(20000)
    assert len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
    never_down(pair)
    pair.run(60)
    assert len(pair.a.ike.context.sas) == 1


def test_equal_lifetimes_on_both_ends_seldom_collide_and_never_hurt(make_pair):
    wish = {"gate": {"lifetime_s": 120}, "profile": {"lifetime_s": 300}}
    pair = make_pair(a=wish, b=wish).up()
    pair.run(10000)
    assert len(pair.a.pairs) == 1
    never_down(pair)


def test_a_child_rekey_meets_an_ike_rekey(make_pair):
    for child_end, ike_end in (("a", "b"), ("b", "a"), ("a", "a")):
        pair = make_pair().up()
        rekey_child(pair, getattr(pair, child_end))
        rekey_ike(pair, getattr(pair, ike_end))
        pair.run(60)
        # TEMPORARY_FAILURE to whoever came second; it tries again later
        assert len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
        assert len(pair.a.pairs) == 1
        never_down(pair)


def test_rekeying_a_child_the_peer_is_deleting_is_put_off(make_pair):
    pair = make_pair().up()
    (child,) = sa_of(pair.b).children.values()
    rekey_child(pair, pair.a)
    sa_of(pair.b).start(DeleteChild(sa_of(pair.b), child, "test"), pair.now)
    pair.run(30)
    assert not pair.a.is_up and not pair.b.is_up
    pair.want().run(1)
    # HDR, SK{SA, Ni, TS} --> on the IKE SA that still stands
    assert pair.a.is_up
    pair.agree()


def test_rekeying_a_child_the_peer_does_not_know_drops_it(make_pair):
    pair = make_pair().up()
    (child,) = sa_of(pair.b).children.values()
    child.remove("test", pair.now)
    rekey_child(pair, pair.a)
    pair.run(1)
    # <-- HDR, SK{N(CHILD_SA_NOT_FOUND)}
    assert not pair.a.is_up
    pair.want().run(1)
    pair.agree()


def test_both_ends_deleting_the_same_child(make_pair):
    pair = make_pair().up()
    pair.a.ike.clear_children(pair.now)
    pair.b.ike.clear_children(pair.now)
    pair.run(1)
    assert not pair.a.is_up and not pair.b.is_up
    assert len(pair.a.ike.sas()) == 1
    pair.run(300)
    assert pair.a.ike.sas() == pair.b.ike.sas() == []


def test_both_ends_deleting_the_ike_sa(make_pair):
    pair = make_pair().up()
    pair.a.ike.clear(pair.now)
    pair.b.ike.clear(pair.now)
    pair.run(40)
    assert pair.a.ike.context.sas == pair.b.ike.context.sas == {}


def test_clearing_one_peer_spares_the_others(make_pair):
    pair = make_pair().up()
    pair.a.ike.clear(pair.now, IPv4.parse("203.0.113.9"))
    pair.a.ike.clear_children(pair.now, IPv4.parse("203.0.113.9"))
    pair.run(1)
    assert pair.a.is_up
    pair.a.ike.clear(pair.now, B)
    pair.run(1)
    assert not pair.a.is_up


@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("head_start_ms", [0, 5, 15, 25, 35])
def test_both_ends_beginning_at_once_end_with_one_ike_sa_and_never_flap(make_pair, seed, head_start_ms):
    pair = make_pair(seed=seed)
    pair.want(pair.a)
    pair.run(head_start_ms / 1000)
    pair.want(pair.b)
    pair.run(5)
    assert pair.a.is_up and pair.b.is_up
    pair.agree()
    pair.run(120)
    assert len(pair.a.ike.sas()) == len(pair.b.ike.sas()) == 1
    assert len(pair.a.pairs) == 1
    never_down(pair)
    pair.run(7200)
    never_down(pair)


def test_a_peer_that_restarted_is_taken_back_at_its_initial_contact(make_pair):
    pair = make_pair().up()
    before = set(pair.b.pairs)
    pair.a.begin(pair.a.ike.settings)
    pair.want().run(2)
    # HDR, SK{IDi, AUTH, …, N(INITIAL_CONTACT)} -->
    assert not before & set(pair.b.pairs)
    assert len(pair.b.ike.sas()) == 1
    assert pair.downs(pair.b) == 1, "whoever keeps what the peer lost hears of it"
    pair.agree()


def test_a_peer_that_restarted_without_saying_so_replaces_its_old_self(make_pair, monkeypatch):
    pair = make_pair().up()
    pair.run(100)
    pair.a.begin(pair.a.ike.settings)
    monkeypatch.setattr("iosh.proto.ike.auth._is_alone", lambda sa: False)
    pair.want().run(2)
    assert len(pair.b.ike.sas()) == 2
    assert pair.b.using[A] in pair.a.pairs
    pair.run(60)
    # HDR, SK{D} of the old IKE SA, which nobody answers
    assert len(pair.b.ike.sas()) == 1
    assert pair.downs(pair.b) == 0
    pair.agree()


def test_a_hub_that_restarted_heals_by_the_spi_it_does_not_know(make_pair):
    pair = make_pair().up()
    pair.b.begin(pair.b.ike.settings)
    (sa,) = pair.a.pairs.values()
    pair.b.ike.invalid_spi_seen(sa.outbound_spi, B, A, pair.now)
    pair.settle()
    pair.run(15)
    # <-- HDR, N(INVALID_SPI) in the clear;  HDR, SK{} -->  <-- HDR, N(INVALID_IKE_SPI) in the clear;  silence
    assert pair.arrows.startswith("a:INIT b:init a:AUTH b:auth b:INFO a:INFO b:info")
    assert not pair.a.is_up
    pair.want().run(1)
    pair.agree()


def lost_by_b(make_pair, **wishes):
    """A session that B knows nothing of any more, and what A sends it by."""
    pair = make_pair(b=wishes).up()
    pair.b.begin(pair.b.ike.settings)
    (sa,) = pair.a.pairs.values()
    pair.sent.clear()
    pair.a.effects.clear()
    return pair, sa.outbound_spi


def test_a_hub_that_restarted_begins_with_whoever_it_does_not_know_where_it_shall(make_pair):
    pair, spi = lost_by_b(make_pair, invalid_spi_recovery=True)
    pair.b.ike.invalid_spi_seen(spi, B, A, pair.now)
    pair.run(1)
    # <-- HDR, SAi1, ...  -->  <-- HDR, SK{..., N(INITIAL_CONTACT)}  -->  <-- HDR, SK{N(INVALID_SPI)}  -->
    assert pair.arrows == "b:INIT a:init b:AUTH a:auth b:INFO a:info"
    told = [type(one) for one in pair.a.effects if isinstance(one, RemoveSa | SessionDown | InstallSa | SessionUp)]
    assert told == [RemoveSa, SessionDown, InstallSa, SessionUp]
    assert len(pair.a.ike.sas()) == 1
    pair.agree()


@pytest.mark.parametrize("wishes", [{"gate": {"responder_only": True}}, {"peers": ()}, {"limit_max_sa": 0}])
def test_who_may_not_begin_complains_in_the_clear(make_pair, wishes):
    pair, spi = lost_by_b(make_pair)
    pair.b.begin(make_pair(b=wishes | {"invalid_spi_recovery": True}).b.ike.settings)
    pair.b.ike.invalid_spi_seen(spi, B, A, pair.now)
    pair.settle()
    assert pair.arrows == "b:INFO"
    assert pair.b.ike.sessions() == []


def test_recovery_begins_once_with_each_and_not_with_everybody(make_pair):
    pair = make_pair(b={"invalid_spi_recovery": True})
    pair.bend = lambda end, datagram: []  # nobody answers
    strangers = [IPv4(A + 256 + n) for n in range(500)]
    for _ in range(3):
        for stranger in strangers:
            pair.b.ike.invalid_spi_seen(0x12345678, B, stranger, pair.now)
        pair.run(6)
    begun = {datagram.remote for _, _, datagram in pair.datagrams if datagram.payload[18] == IKE_SA_INIT}
    assert len(pair.b.ike.sas()) == len(begun) == 400
    pair.run(200)
    assert pair.b.ike.sessions() == []


def test_a_hint_alone_never_takes_a_session_down(make_pair):
    pair = make_pair().up()
    pair.b.ike.context.sessions.clear()  # B answers still, but thinks it knows nobody
    pair.b.ike.invalid_spi_seen(0x12345678, B, A, pair.now)
    pair.settle()
    pair.run(30)
    assert pair.a.ike.desk.counters["hints of lost state"] == 1
    assert pair.a.is_up


def test_complaints_about_unknown_spis_are_rationed(make_pair):
    pair = make_pair()
    for _ in range(100):
        pair.b.ike.invalid_spi_seen(0x12345678, B, A, pair.now)
    pair.settle()
    assert len(pair.sent) == 1


def test_a_protected_complaint_drops_the_pair_it_names(make_pair):
    pair = make_pair().up()
    (sa,) = pair.a.pairs.values()
    pair.b.ike.invalid_spi_seen(sa.outbound_spi, B, A, pair.now)
    pair.run(1)
    # <-- HDR, SK{N(INVALID_SPI)}
    assert not pair.a.is_up
    assert len(pair.a.ike.sas()) == 1


def test_new_wishes_take_down_what_no_longer_fits(make_pair):
    pair = make_pair().up()
    settings = pair.a.ike.settings
    assert pair.a.ike.settle(replace(settings, cookie_challenge=5), pair.now)
    pair.run(1)
    assert pair.a.is_up
    assert pair.a.ike.settle(replace(settings, gates={}), pair.now)
    pair.run(1)
    assert not pair.a.is_up and not pair.b.is_up


def test_deadlines_of_dead_sas_do_not_linger(make_pair):
    pair = make_pair().up()
    pair.a.ike.stop(pair.now)
    pair.run(60)
    assert len(pair.a.timers) == len(pair.b.timers) == 0


def test_a_new_child_waits_its_turn_behind_a_request_under_way(make_pair):
    pair = make_pair().up()
    sa = sa_of(pair.a)
    (child,) = sa.children.values()
    sa.start(CreateChild(sa, child.session, None), pair.now)
    sa.start(RekeyIke(sa), pair.now)
    pair.run(0.001)
    assert pair.arrows.endswith("b:auth a:CREATE")
    pair.run(5)
    assert len(pair.a.pairs) == 2
    never_down(pair)
    assert pair.now < 10 * SECOND


def test_an_address_of_ours_that_changes_begins_anew_at_once(make_pair):
    pair = make_pair().up()
    moved = IPv4.parse("192.0.2.77")
    settings = pair.a.ike.settings
    gates = {"Tunnel0": replace(settings.gates["Tunnel0"], local=moved)}
    pair.a.ike.settle(replace(settings, gates=gates), pair.now)
    pair.a.ike.wanted("Tunnel0", moved, B, pair.now)
    pair.run(1)
    assert [sa.local for sa in pair.a.pairs.values()] == [moved]
    assert moved in pair.b.using
    pair.run(100)
    assert [session.local for session in pair.a.ike.sessions()] == [moved]
    assert pair.a.is_up


def test_dpd_that_is_configured_later_looks_after_sas_that_stand(make_pair):
    pair = make_pair().up()
    pair.a.ike.settle(replace(pair.a.ike.settings, dpd=Dpd(10, 2, True)), pair.now)
    pair.run(25)
    assert pair.arrows.endswith("a:INFO b:info a:INFO b:info")
