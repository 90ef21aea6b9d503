"""DUAL's table, row by row: a node is told what neighbours say, and does what the row says."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import pytest

from iosh.base.addr import IPv4, Prefix
from iosh.base.rng import Rng
from iosh.base.time import SECOND
from iosh.base.timers import Timers
from iosh.proto.eigrp.dual import SIA, TABLE, TRANSITIONS, Dual, Event
from iosh.proto.eigrp.metric import INFINITE
from iosh.proto.eigrp.topology import NEIGHBOR, NOWHERE, Node, Path, Source, State
from iosh.proto.machine import Desk

X = Prefix.parse("10.0.0.0/8")
A, B, C = (Source(NEIGHBOR, f"Ethernet{n}", IPv4(n)) for n in range(3))


class Stage:
    """A topology table with three neighbours; what it says to them is a list of words."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.tray: deque[Any] = deque()
        self.said: list[tuple[str, Source]] = []
        self.peers = [A, B, C]
        self.dual = Dual(Desk("eigrp", self.tray, self.timers, Rng()), self, lambda node, now: None, 180)

    def queryable(self) -> Iterable[Source]:
        return self.peers

    def ask(self, peer: Source, node: Node) -> None:
        self.said.append(("query", peer))

    def answer(self, peer: Source, node: Node) -> None:
        self.said.append(("reply", peer))

    def ask_again(self, peer: Source, node: Node) -> None:
        self.said.append(("sia-query", peer))

    def stuck(self, peer: Source, node: Node, now: int) -> None:
        self.said.append(("stuck", peer))
        self.peers.remove(peer)
        self.dual.lost(peer, now)

    # --- what neighbours say: a reported distance, and the cost of the link to them is 10

    def update(self, source: Source, reported: int | None) -> Stage:
        self.dual.told(X, source, _path(source, reported), 0)
        return self

    def query(self, source: Source, reported: int | None = None) -> Stage:
        self.dual.queried(X, source, _path(source, reported), 0)
        return self

    def reply(self, source: Source, reported: int | None = None) -> Stage:
        self.dual.replied(X, source, _path(source, reported), 0)
        return self

    def lose(self, source: Source) -> Stage:
        self.peers.remove(source)
        self.dual.lost(source, 0)
        return self

    @property
    def node(self) -> Node:
        return self.dual.nodes[X]

    def is_in(self, state: State, *said: tuple[str, Source]) -> Stage:
        """The state now, and what was said since the last look."""
        assert self.node.state is state
        assert self.said == list(said)
        self.said.clear()
        return self


def _path(source: Source, reported: int | None, cost: int = 10) -> Path | None:
    return None if reported is None else Path(source, NOWHERE, reported + cost, reported)


QUERIES = (("query", A), ("query", B), ("query", C))


@pytest.fixture
def stage() -> Stage:
    """By A it is 30 away, by B 60 and not feasible."""
    return Stage().update(A, 20).update(B, 50).is_in(State.PASSIVE)


def test_passive_goes_by_the_shortest_feasible_path(stage: Stage) -> None:
    assert (stage.node.feasible, stage.node.distance, stage.node.successor_source) == (30, 30, A)
    stage.update(C, 15).is_in(State.PASSIVE)
    assert (stage.node.feasible, stage.node.distance, stage.node.successor_source) == (25, 25, C)
    stage.update(C, None).is_in(State.PASSIVE)
    assert (stage.node.feasible, stage.node.distance, stage.node.successor_source) == (25, 30, A)  # 20 < 25


def test_passive_answers_who_asks_and_stays_so_while_the_shortest_path_is_feasible(stage: Stage) -> None:
    stage.query(B).is_in(State.PASSIVE, ("reply", B))
    stage.update(C, 25).query(A).is_in(State.PASSIVE, ("reply", A))
    assert stage.node.successor_source == C


def test_passive_to_active_1_when_the_shortest_path_is_not_feasible(stage: Stage) -> None:
    stage.update(A, None).is_in(State.ACTIVE_1, *QUERIES)
    assert stage.node.distance == INFINITE and stage.node.by_successor() is None


def test_a_longer_feasible_path_does_not_help_where_the_shortest_is_not_feasible(stage: Stage) -> None:
    far = Path(C, NOWHERE, 90, 25)
    stage.dual.told(X, C, far, 0)
    stage.is_in(State.PASSIVE).update(A, None).is_in(State.ACTIVE_1, *QUERIES)


def test_passive_to_active_3_when_the_successor_asks(stage: Stage) -> None:
    stage.query(A).is_in(State.ACTIVE_3, ("query", B), ("query", C))
    assert stage.node.origin == A


def test_active_1_to_passive_at_the_last_reply(stage: Stage) -> None:
    stage.update(A, None).is_in(State.ACTIVE_1, *QUERIES)
    stage.reply(A).reply(C, 200).is_in(State.ACTIVE_1).reply(B, 50).is_in(State.PASSIVE)
    assert (stage.node.successor_source, stage.node.feasible) == (B, 60)


def test_active_1_to_active_0_when_the_distance_grows(stage: Stage) -> None:
    stage.update(A, 100).is_in(State.ACTIVE_1, *QUERIES).update(A, 120).is_in(State.ACTIVE_0)
    stage.update(A, 130).is_in(State.ACTIVE_0)
    assert stage.node.distance == 110, "it stands still while active"


def test_active_0_to_passive_when_the_shortest_path_is_feasible_in_the_end(stage: Stage) -> None:
    stage.update(A, 100).update(A, 120).is_in(State.ACTIVE_0, *QUERIES)
    stage.reply(A, 120).reply(C).reply(B, 50).is_in(State.PASSIVE)
    assert (stage.node.successor_source, stage.node.distance) == (B, 60)


def test_active_0_to_active_1_when_it_is_not(stage: Stage) -> None:
    stage.update(A, 100).update(A, 120).is_in(State.ACTIVE_0, *QUERIES)
    stage.reply(A, 120).reply(C).reply(B, 115).is_in(State.ACTIVE_1, *QUERIES)  # 115 >= 110
    stage.reply(A, 120).reply(C).reply(B, 115).is_in(State.PASSIVE)
    assert (stage.node.successor_source, stage.node.distance) == (B, 125)


def test_active_1_to_active_2_when_the_successor_asks(stage: Stage) -> None:
    stage.update(A, 100).is_in(State.ACTIVE_1, *QUERIES).query(A, 100).is_in(State.ACTIVE_2)
    stage.reply(A, 100).reply(C).reply(B, 50).is_in(State.PASSIVE, ("reply", A))


def test_active_0_to_active_2_when_the_successor_asks(stage: Stage) -> None:
    stage.update(A, 100).update(A, 120).is_in(State.ACTIVE_0, *QUERIES).query(A, 120).is_in(State.ACTIVE_2)


def test_active_3_to_passive_at_the_last_reply_and_the_successor_hears(stage: Stage) -> None:
    stage.query(A).is_in(State.ACTIVE_3, ("query", B), ("query", C))
    stage.reply(B, 50).is_in(State.ACTIVE_3).reply(C).is_in(State.PASSIVE, ("reply", A))
    assert stage.node.successor_source == B


def test_active_3_to_active_2_when_the_distance_grows(stage: Stage) -> None:
    stage.query(A, 100).is_in(State.ACTIVE_3, ("query", B), ("query", C)).update(A, 150).is_in(State.ACTIVE_2)
    stage.query(A, 150).is_in(State.ACTIVE_2)


def test_active_2_to_passive_when_the_shortest_path_is_feasible_in_the_end(stage: Stage) -> None:
    stage.query(A, 100).update(A, 150).is_in(State.ACTIVE_2, ("query", B), ("query", C))
    stage.reply(B, 50).reply(C).is_in(State.PASSIVE, ("reply", A))


def test_active_2_to_active_3_when_it_is_not_and_the_successor_waits_on(stage: Stage) -> None:
    stage.query(A, 100).update(A, 150).is_in(State.ACTIVE_2, ("query", B), ("query", C))
    stage.reply(B, 120).reply(C).is_in(State.ACTIVE_3, ("query", B), ("query", C))
    stage.reply(B, 120).reply(C).is_in(State.PASSIVE, ("reply", A))


def test_every_row_of_the_table_is_one_of_the_above() -> None:
    assert len(TRANSITIONS) == sum(len(states) for states, *_ in TABLE) == 17
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_active_answers_who_asks_and_is_not_the_successor(stage: Stage) -> None:
    stage.update(A, None).is_in(State.ACTIVE_1, *QUERIES).query(B).is_in(State.ACTIVE_1, ("reply", B))


def test_a_neighbour_that_is_lost_counts_as_having_answered(stage: Stage) -> None:
    stage.update(A, None).is_in(State.ACTIVE_1, *QUERIES).reply(A).reply(B, 50).lose(C).is_in(State.PASSIVE)
    assert stage.node.successor_source == B


def test_a_successor_that_is_lost_while_we_ask_for_it_is_not_answered(stage: Stage) -> None:
    stage.query(A).is_in(State.ACTIVE_3, ("query", B), ("query", C)).lose(A).is_in(State.ACTIVE_3)
    stage.reply(B, 50).reply(C).is_in(State.PASSIVE)


def test_nobody_to_ask_is_nobody_to_wait_for(stage: Stage) -> None:
    stage.peers.clear()
    stage.update(A, None).is_in(State.PASSIVE)
    assert stage.node.successor_source == B
    stage.update(B, None)
    assert X not in stage.dual.nodes


def test_a_network_nobody_knows_is_answered(stage: Stage) -> None:
    other = Prefix.parse("192.168.0.0/16")
    stage.dual.queried(other, B, None, 0)
    assert stage.said == [("reply", B)] and other not in stage.dual.nodes


def test_who_does_not_answer_is_asked_after_half_the_time_and_lost_after_the_whole(stage: Stage) -> None:
    stage.update(A, None).reply(A).reply(B, 50).is_in(State.ACTIVE_1, *QUERIES)
    assert stage.timers.when(("eigrp", (SIA, X))) == 90 * SECOND
    stage.dual.time_is_up(X, 90 * SECOND)
    stage.is_in(State.ACTIVE_1, ("sia-query", C))
    stage.dual.time_is_up(X, 180 * SECOND)
    stage.is_in(State.PASSIVE, ("stuck", C))


def test_who_says_that_it_waits_itself_is_waited_for_six_minutes(stage: Stage) -> None:
    stage.update(A, None).reply(A).reply(B, 50).is_in(State.ACTIVE_1, *QUERIES)
    for n in range(1, 4):
        stage.dual.time_is_up(X, 90 * n * SECOND)
        stage.is_in(State.ACTIVE_1, ("sia-query", C))
        stage.dual.still_active(X, C, None, 90 * n * SECOND)
    stage.dual.time_is_up(X, 360 * SECOND)
    stage.is_in(State.PASSIVE, ("stuck", C))
