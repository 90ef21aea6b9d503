"""Neighbours: how they come, how they go, what they are told, and what the transport does about loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.time import MILLISECOND, SECOND
from iosh.proto.eigrp.peer import RETRIES
from iosh.proto.eigrp.settings import AuthenticationSettings, Key, Seed, Summary
from iosh.proto.machine import Path
from iosh.wire.eigrp import Eigrp, ExternalProtocol, Flag, Metric, Opcode, Parameter, Stub

P = Prefix.parse
MD5 = AuthenticationSettings("md5", (Key(1, b"one"),))


@pytest.fixture
def pair(net: Any) -> Any:
    """Two routers with a network behind each."""
    one, other = net.station("one"), net.station("other")
    net.join("10.0.0.0/24", one, other)
    net.lan(one, "172.16.1.0/24")
    net.lan(other, "172.16.2.0/24")
    return net


def lines(station: Any) -> list[str]:
    return [line.partition("EIGRP-IPv4 1: Neighbor ")[2] for line in station.log if "NBRCHANGE" in line]


def test_two_routers_meet_and_know_each_others_networks(pair: Any) -> None:
    pair.start()
    pair.run(5)
    one, other = pair.stations.values()
    assert lines(one) == ["10.0.0.2 (Ethernet0) is up: new adjacency"]
    assert one.to("172.16.2.0/24") == ["Ethernet0 10.0.0.2 [90/156160]"]  # 256 * (10^7 / 100000 + 500 + 10)
    assert other.to("172.16.1.0/24") == ["Ethernet0 10.0.0.1 [90/156160]"]
    assert "10.0.0.0/24" not in {str(prefix) for prefix in one.routes}, "what is connected is not EIGRP's to install"
    ends = [packet for _, _, _, packet in pair.seen if packet.flags & Flag.END_OF_TABLE]
    assert len(ends) == 2


def test_the_first_update_has_nothing_in_it_and_the_table_waits_for_its_acknowledgment(pair: Any) -> None:
    pair.start()
    pair.run(5)
    mine = [packet for _, who, _, packet in pair.seen if who == "one" and packet.opcode == Opcode.UPDATE]
    assert mine[0].flags == Flag.INIT and not mine[0].tlvs
    assert mine[1].flags == Flag.END_OF_TABLE and [str(route.prefix) for route in mine[1].routes] == ["172.16.1.0/24"]


def test_wide_metrics_are_spoken_where_both_understand_them(net: Any) -> None:
    one, other, old = net.station("one", wide=True), net.station("other", wide=True), net.station("old")
    net.join("10.0.0.0/24", one, other, old, kbit=1_000_000, delay_us=10)
    net.lan(one, "172.16.1.0/24", 1_000_000, 10)
    net.start()
    net.run(10)
    assert other.to("172.16.1.0/24") == ["Ethernet0 10.0.0.1 [90/15360]"]  # 655360 + 2 * 655360, over 128
    assert old.to("172.16.1.0/24") == ["Ethernet0 10.0.0.1 [90/3072]"]
    told = [(whom, packet) for _, who, whom, packet in net.seen if who == "one" and packet.routes]
    assert {(whom, packet.routes[0].wide) for whom, packet in told} == {("10.0.0.2", True), ("10.0.0.3", False)}


def test_silence_for_the_hold_time_ends_it(pair: Any) -> None:
    pair.start()
    pair.run(5)
    one = pair.stations["one"]
    pair.stations["other"].die()
    pair.run(20)
    assert lines(one)[-1] == "10.0.0.2 (Ethernet0) is down: holding time expired"
    assert not one.routes and not one.running.dual.active


def test_a_goodbye_ends_it_at_once(pair: Any) -> None:
    pair.start()
    pair.run(5)
    pair.stations["other"].stop()
    pair.run(0.01)
    assert lines(pair.stations["one"])[-1] == "10.0.0.2 (Ethernet0) is down: Interface Goodbye received"
    assert not pair.stations["one"].routes


def test_a_router_that_comes_back_within_the_hold_time_is_met_anew(pair: Any) -> None:
    pair.start()
    pair.run(5)
    pair.stations["other"].die()
    pair.run(2)
    pair.stations["other"].start()
    pair.run(10)
    assert lines(pair.stations["one"])[-2:] == [
        "10.0.0.2 (Ethernet0) is down: peer restarted",
        "10.0.0.2 (Ethernet0) is up: new adjacency",
    ]
    assert pair.distances() == pair.oracle()


def test_other_k_values_are_said_and_no_neighbour_comes_of_it(net: Any) -> None:
    one, other = net.station("one"), net.station("other", k=(1, 1, 1, 0, 0, 0))
    net.join("10.0.0.0/24", one, other)
    net.start()
    net.run(4)
    assert lines(one) == ["10.0.0.2 (Ethernet0) is down: K-value mismatch"]
    assert not one.running.peers


def test_another_subnet_is_said_and_no_neighbour_comes_of_it(pair: Any) -> None:
    pair.stations["other"].links["Ethernet0"] = replace(
        pair.stations["other"].links["Ethernet0"], address=IPv4.parse("10.9.0.2"), prefixes=(P("10.9.0.0/24"),)
    )
    pair.start()
    pair.run(4)
    assert pair.stations["one"].log[0] == (
        "%DUAL-6-NBRINFO: EIGRP-IPv4 1: Neighbor 10.9.0.2 (Ethernet0) is blocked: not on common subnet (10.0.0.1/24)"
    )
    assert not pair.stations["one"].running.peers


def test_another_autonomous_system_is_not_ours(net: Any) -> None:
    one = net.station("one")
    net.join("10.0.0.0/24", one)
    net.start()
    hello = Eigrp(Opcode.HELLO, 2, tlvs=(Parameter((1, 0, 1, 0, 0, 0), 15),)).encode()
    one.running.receive(hello, Path("Ethernet0", "", IPv4(0), IPv4.parse("10.0.0.9")), 0)
    assert not one.running.peers and one.running.desk.counters["other autonomous system"] == 1


@pytest.mark.parametrize("mode", ["md5", "sha256"])
def test_the_same_key_on_both_sides_makes_neighbours(pair: Any, mode: str) -> None:
    chosen = AuthenticationSettings(mode, (Key(7, b"not told"),))
    for station in pair.stations.values():
        station.links["Ethernet0"] = replace(station.links["Ethernet0"], authentication=chosen)
    pair.start()
    pair.run(5)
    assert pair.distances() == pair.oracle()
    assert "not told" not in repr(pair.stations["one"].running.settings)


@pytest.mark.parametrize(
    "theirs",
    [None, AuthenticationSettings("md5", (Key(1, b"two"),)), AuthenticationSettings("md5", (Key(2, b"one"),)),
     AuthenticationSettings("sha256", (Key(1, b"one"),)), AuthenticationSettings("md5", ())],
    ids=["none", "other key", "other number", "other digest", "no key"],
)  # fmt: skip
def test_any_other_key_makes_none(pair: Any, theirs: AuthenticationSettings | None) -> None:
    one, other = pair.stations.values()
    one.links["Ethernet0"] = replace(one.links["Ethernet0"], authentication=MD5)
    other.links["Ethernet0"] = replace(other.links["Ethernet0"], authentication=theirs)
    pair.start()
    pair.run(10)
    assert not one.running.peers and one.running.desk.counters["authentication failed"]
    assert not one.routes


def test_an_update_that_is_not_acknowledged_comes_again_until_the_retry_limit(pair: Any) -> None:
    pair.start()
    pair.run(5)
    one = pair.stations["one"]
    deaf = pair.stations["other"]

    def hello() -> None:
        greeting = Eigrp(Opcode.HELLO, 1, tlvs=(Parameter((1, 0, 1, 0, 0, 0), 15),)).encode()
        one.running.receive(greeting, Path("Ethernet0", "", IPv4(0), IPv4.parse("10.0.0.2")), pair.now)
        one.work()

    deaf.die()
    before = len(pair.seen)
    pair.lan(one, "172.16.9.0/24")
    one.settle()
    for _ in range(30):
        hello()
        pair.run(4)
    sent = [
        packet
        for _, who, _, packet in pair.seen[before:]
        if who == "one" and packet.sequence == one_sequence(pair, before)
    ]
    assert len(sent) == 1 + RETRIES
    assert any(line.endswith("is down: retry limit exceeded") for line in lines(one))


def one_sequence(net: Any, before: int) -> int:
    """Of the first update after that."""
    return next(int(packet.sequence) for _, who, _, packet in net.seen[before:] if who == "one" and packet.sequence)


def test_a_lost_update_is_sent_again_to_who_lost_it(net: Any) -> None:
    hub, *spokes = (net.station(name) for name in ("hub", "a", "b", "c"))
    net.join("10.0.0.0/24", hub, *spokes)
    net.start()
    net.run(5)
    before = len(net.seen)
    first = iter([True])
    net.loss = lambda number: next(first, False)  # the copy for a
    net.lan(hub, "172.16.1.0/24")
    hub.settle()
    net.run(3)
    updates = [(whom, packet) for _, who, whom, packet in net.seen[before:] if who == "hub" and packet.routes]
    assert [whom for whom, _ in updates] == ["224.0.0.10", "10.0.0.2"]
    assert updates[0][1].sequence == updates[1][1].sequence
    assert all(spoke.via("172.16.1.0/24") == ["10.0.0.1"] for spoke in spokes)


def test_who_is_behind_is_named_and_does_not_take_the_next_multicast(net: Any) -> None:
    hub, *spokes = (net.station(name) for name in ("hub", "a", "b", "c"))
    net.join("10.0.0.0/24", hub, *spokes)
    net.start()
    net.run(5)
    before = len(net.seen)
    first = iter([True])
    net.loss = lambda number: next(first, False)
    net.lan(hub, "172.16.1.0/24")
    hub.settle()
    net.run(0.01)  # b and c acknowledged, a did not
    net.lan(hub, "172.16.2.0/24")
    hub.settle()
    net.run(0.01)
    after = [packet for _, who, _, packet in net.seen[before:] if who == "hub" and packet.sequence]
    assert after[1].flags == Flag.CONDITIONAL_RECEIVE
    assert [spoke.via("172.16.2.0/24") for spoke in spokes] == [[], ["10.0.0.1"], ["10.0.0.1"]]
    net.run(5)
    assert [spoke.via("172.16.2.0/24") for spoke in spokes] == [["10.0.0.1"]] * 3
    assert net.distances() == net.oracle()


def test_round_trips_are_measured_and_retransmissions_are_not(pair: Any) -> None:
    pair.start()
    pair.run(5)
    (peer,) = pair.stations["one"].running.peers
    assert peer.srtt == 2 * MILLISECOND and peer.rto == 100 * MILLISECOND


def test_split_horizon_keeps_a_route_from_where_it_came_unless_told_otherwise(net: Any) -> None:
    hub, a, b = (net.station(name) for name in ("hub", "a", "b"))
    net.join("10.0.1.0/24", hub, a)
    net.lan(a, "172.16.1.0/24")
    net.start()
    net.run(5)
    assert not a.running.dual.nodes[P("172.16.1.0/24")].paths.keys() - {
        source for source in a.running.dual.nodes[P("172.16.1.0/24")].paths if source.kind == "connected"
    }
    hub.link("Ethernet0", split_horizon=False)
    net.run(5)
    assert any(source.kind == "neighbor" for source in a.running.dual.nodes[P("172.16.1.0/24")].paths)
    hub.link("Ethernet0", split_horizon=True)
    net.run(5)
    assert all(source.kind == "connected" for source in a.running.dual.nodes[P("172.16.1.0/24")].paths)
    assert b.machine is not None


def hub_and_spokes(net: Any, **hub_link: Any) -> tuple[Any, Any, Any]:
    """A hub with two spokes that hear only it: a tunnel, as the routers see it."""
    hub, a, b = (net.station(name) for name in ("hub", "a", "b"))
    wire = net.join("10.0.0.0/24", hub, a, b)
    wire.hides = (a, b)
    hub.links["Ethernet0"] = replace(hub.links["Ethernet0"], **hub_link)
    net.lan(a, "172.16.1.0/24")
    net.lan(b, "172.16.2.0/24")
    net.start()
    net.run(10)
    return hub, a, b


def test_phase_1_and_3_spokes_reach_each_other_by_the_hub(net: Any) -> None:
    _, a, b = hub_and_spokes(net, split_horizon=False)
    assert (a.via("172.16.2.0/24"), b.via("172.16.1.0/24")) == (["10.0.0.1"], ["10.0.0.1"])


def test_phase_2_spokes_keep_the_next_hop(net: Any) -> None:
    _, a, b = hub_and_spokes(net, split_horizon=False, next_hop_self=False)
    assert (a.via("172.16.2.0/24"), b.via("172.16.1.0/24")) == (["10.0.0.3"], ["10.0.0.2"])


def test_a_summary_hides_what_it_covers_and_discards_what_it_lacks(net: Any) -> None:
    hub, a, b = hub_and_spokes(net, summaries=(Summary(P("172.16.0.0/16")),))
    assert hub.to("172.16.0.0/16") == ["Null0 None [5/156160]"]
    assert (a.via("172.16.0.0/16"), a.via("172.16.2.0/24")) == (["10.0.0.1"], [])
    b.stop()
    net.run(1)
    assert a.via("172.16.0.0/16") == ["10.0.0.1"]
    a.stop()
    net.run(1)
    assert not hub.routes
    hub.link("Ethernet0", summaries=())
    a.start()
    net.run(10)
    assert hub.via("172.16.1.0/24") == ["10.0.0.2"] and not hub.via("172.16.0.0/16")


def seed(prefix: str, protocol: int, tag: int = 0) -> dict[Prefix, Seed]:
    return {P(prefix): Seed(P(prefix), Metric(100_000_000, 10_000), protocol, tag)}


@pytest.mark.parametrize(
    ("stub", "told"),
    [
        (None, ["172.16.1.0/24", "172.18.0.0/16", "192.168.1.0/24"]),
        (Stub.CONNECTED | Stub.SUMMARY, ["172.16.1.0/24"]),
        (Stub.STATIC, ["192.168.1.0/24"]),
        (Stub.REDISTRIBUTED, ["192.168.1.0/24"]),
        (Stub.RECEIVE_ONLY, []),
    ],
)
def test_a_stub_tells_what_it_is_to_tell_and_is_not_asked(net: Any, stub: int | None, told: list[str]) -> None:
    hub, spoke, behind = net.station("hub"), net.station("spoke", stub=stub), net.station("behind")
    net.join("10.0.0.0/24", hub, spoke)
    net.join("10.0.1.0/24", spoke, behind, passive=stub is not None)
    net.lan(spoke, "172.16.1.0/24")
    net.lan(behind, "172.18.0.0/16")
    net.lan(hub, "172.19.0.0/16")
    spoke.seeds = seed("192.168.1.0/24", ExternalProtocol.STATIC, 77)
    net.start()
    net.run(10)
    heard = [str(prefix) for prefix in sorted(hub.routes) if prefix != P("10.0.1.0/24")]
    assert heard == told
    if "192.168.1.0/24" in told:
        (way,) = hub.routes[P("192.168.1.0/24")]
        assert (way.distance, way.kind, way.tag) == (170, "external", 77)
    before = len(net.seen)
    hub.links.pop("Loopback1")
    hub.settle()
    net.run(5)
    asked = [packet for _, who, _, packet in net.seen[before:] if who == "hub" and packet.opcode == Opcode.QUERY]
    assert bool(asked) == (stub is None)
    assert "172.19.0.0/16" not in {str(prefix) for prefix in spoke.routes}


def test_equal_paths_are_shared_and_variance_lets_unequal_ones_in(net: Any) -> None:
    one, other = net.station("one"), net.station("other", variance=1)
    for number, delay_us in enumerate((1000, 1000, 1500)):
        net.join(f"10.0.{number}.0/24", one, other, delay_us=delay_us)
    net.lan(one, "172.16.1.0/24", delay_us=100)
    net.start()
    net.run(10)
    assert other.via("172.16.1.0/24") == ["10.0.0.1", "10.0.1.1"]
    other.settle(variance=2)
    assert other.via("172.16.1.0/24") == ["10.0.0.1", "10.0.1.1", "10.0.2.1"]
    other.settle(maximum_paths=1)
    assert other.via("172.16.1.0/24") == ["10.0.0.1"]


def test_named_neighbours_are_spoken_to_alone_and_others_are_not_heard(net: Any) -> None:
    one, other, third = (net.station(name) for name in ("one", "other", "third"))
    net.join("10.0.0.0/24", one, other, third)
    for station, whom in ((one, "10.0.0.2"), (other, "10.0.0.1")):
        station.links["Ethernet0"] = replace(station.links["Ethernet0"], neighbors=(IPv4.parse(whom),))
    net.start()
    net.run(10)
    assert [str(peer.address) for peer in one.running.peers] == ["10.0.0.2"]
    assert not third.running.peers
    assert "224.0.0.10" not in {whom for _, who, whom, _ in net.seen if who != "third"}


def test_a_passive_interface_neither_speaks_nor_hears(pair: Any) -> None:
    pair.stations["one"].links["Ethernet0"] = replace(pair.stations["one"].links["Ethernet0"], passive=True)
    pair.start()
    pair.run(10)
    assert not any(station.running.peers for station in pair.stations.values())
    assert "one" not in {who for _, who, _, _ in pair.seen}
    pair.stations["one"].link("Ethernet0", passive=False)
    pair.run(10)
    assert pair.distances() == pair.oracle()
    pair.stations["one"].link("Ethernet0", passive=True)
    pair.run(0.1)
    assert not any(station.running.peers for station in pair.stations.values())


def test_a_neighbour_stuck_in_active_is_let_go(net: Any) -> None:
    one, other, third = (net.station(name) for name in ("one", "other", "third"))
    net.join("10.0.0.0/24", one, other)
    net.join("10.0.1.0/24", one, third)
    net.lan(other, "172.16.1.0/24")
    net.start()
    net.run(10)
    third.running._routes = lambda *_: None  # it takes packets, and does nothing with them
    other.stop()
    net.run(200)
    assert "%DUAL-3-SIA: Route 172.16.1.0/24 stuck-in-active state in EIGRP-IPv4 1.  Cleaning up" in one.log
    assert any(line.endswith("is down: stuck in active") for line in lines(one))
    assert net.is_quiet()


def test_clearing_neighbours_brings_them_back(pair: Any) -> None:
    pair.start()
    pair.run(5)
    one = pair.stations["one"]
    one.running.clear(None, None, pair.now)
    one.work()
    pair.run(10)
    assert [line.rpartition(": ")[2] for line in lines(one)] == ["new adjacency", "manually cleared", "new adjacency"]
    assert "Interface PEER-TERMINATION received" in lines(pair.stations["other"])[1]
    assert pair.distances() == pair.oracle()


def test_a_thousand_routes_travel_in_packets_that_fit(pair: Any) -> None:
    one, other = pair.stations.values()
    for number in range(1000):
        one.seeds |= seed(f"20.{number >> 8}.{number & 255}.0/24", ExternalProtocol.STATIC)
    pair.start()
    pair.run(10)
    assert len(other.routes) == 1001
    assert max(len(packet.encode()) for _, _, _, packet in pair.seen) <= 1480
    one.running.redistributed({}, pair.now)
    one.work()
    pair.run(10)
    assert len(other.routes) == 1


def test_hold_time_is_what_the_neighbour_says(pair: Any) -> None:
    pair.stations["other"].links["Ethernet0"] = replace(pair.stations["other"].links["Ethernet0"], hold_s=40)
    pair.start()
    pair.run(5)
    (peer,) = pair.stations["one"].running.peers
    assert peer.hold_s == 40 and peer.hold_until > pair.now + 30 * SECOND


def test_two_that_begin_again_at_once_meet_once(pair: Any) -> None:
    pair.start()
    pair.run(5)
    for station in pair.stations.values():
        station.die()
    for station in pair.stations.values():
        station.start()
    pair.stations["one"].running.clear(None, None, pair.now)
    pair.stations["one"].work()
    pair.run(0.003)
    pair.stations["other"].die()
    pair.stations["other"].start()
    before = len(pair.seen)
    pair.run(20)
    assert len(pair.seen) - before < 60
    assert pair.distances() == pair.oracle()
