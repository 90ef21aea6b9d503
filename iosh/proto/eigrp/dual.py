"""DUAL: the diffusing update algorithm, its finite-state machine as a table that can be held against RFC 7868.

An input (an update, query or reply of a neighbour, a neighbour lost, a link's cost, a route of our own) first changes
a path of a node; then the node is judged, which yields events of the table until nothing more follows. What comes of it
is told to `Dual.changed` (the routing table, the neighbours) and laid out for the peers as queries and replies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, Protocol

from iosh.base.addr import Prefix
from iosh.base.time import SECOND, Instant
from iosh.proto.eigrp.metric import INFINITE, unreachable
from iosh.proto.eigrp.topology import Node, Path, Source, State
from iosh.proto.machine import Desk

SIA: Final = "sia"
SIA_QUERIES: Final = 3


class Event(Enum):
    """What can happen to a node, judged."""

    FEASIBLE = "the shortest path is feasible"
    INFEASIBLE = "the shortest path is not feasible"
    ASKED = "the successor asks, and the shortest path is not feasible"
    ASKED_AGAIN = "the successor asks of an active route"
    WORSE = "the distance by the successor grew"
    LAST_REPLY_FEASIBLE = "the last reply is there, and the shortest path is feasible"
    LAST_REPLY_INFEASIBLE = "the last reply is there, and the shortest path is not feasible"


P, A0, A1, A2, A3 = State.PASSIVE, State.ACTIVE_0, State.ACTIVE_1, State.ACTIVE_2, State.ACTIVE_3
E = Event

#    in states        on event                  do            then
TABLE: Final = (
    ((P,),           E.FEASIBLE,               "follow",     P),
    ((P,),           E.INFEASIBLE,             "ask",        A1),
    ((P,),           E.ASKED,                  "ask",        A3),
    ((A1,),          E.WORSE,                  "wait",       A0),
    ((A3,),          E.WORSE,                  "wait",       A2),
    ((A0, A1),       E.ASKED_AGAIN,            "wait",       A2),
    ((A2, A3),       E.ASKED_AGAIN,            "wait",       A2),
    ((A1, A3),       E.LAST_REPLY_FEASIBLE,    "start_over", P),
    ((A1, A3),       E.LAST_REPLY_INFEASIBLE,  "start_over", P),
    ((A0, A2),       E.LAST_REPLY_FEASIBLE,    "follow",     P),
    ((A0,),          E.LAST_REPLY_INFEASIBLE,  "ask",        A1),
    ((A2,),          E.LAST_REPLY_INFEASIBLE,  "ask",        A3),
)  # fmt: skip
TRANSITIONS: Final = {(state, event): (do, then) for states, event, do, then in TABLE for state in states}


class Asker(Protocol):
    """Who carries DUAL's words to the neighbours."""

    def queryable(self) -> Iterable[Source]:
        """The neighbours that may be asked: all but stubs."""

    def ask(self, peer: Source, node: Node) -> None:
        """A query to one of them."""

    def answer(self, peer: Source, node: Node) -> None:
        """A reply."""

    def ask_again(self, peer: Source, node: Node) -> None:
        """An SIA query."""

    def stuck(self, peer: Source, node: Node, now: Instant) -> None:
        """A neighbour owes an answer for too long."""


class Dual:
    """The topology table and its computations. `changed(node, now)` hears of every node that may be another."""

    def __init__(
        self, desk: Desk, asker: Asker, changed: Callable[[Node, Instant], None], active_s: int | None
    ) -> None:
        self.nodes: dict[Prefix, Node] = {}
        self.active: dict[Prefix, None] = {}
        self.active_s = active_s
        self._of_peer: dict[Source, dict[Prefix, None]] = {}
        self._desk = desk
        self._asker = asker
        self._changed = changed

    # --- inputs

    def told(self, prefix: Prefix, source: Source, path: Path | None, now: Instant) -> None:
        """An update, or a route of our own: this is the path by that source now, or (None) there is none."""
        node = self._learn(prefix, source, path)
        if node is not None:
            self._judge(node, now)

    def queried(self, prefix: Prefix, source: Source, path: Path | None, now: Instant) -> None:
        """A neighbour asks, and says what its own distance is now."""
        node = self.nodes.get(prefix)
        was_successor = node is not None and node.successor_source == source
        self._learn(prefix, source, path)
        if node is None:
            node = self.nodes.get(prefix) or Node(prefix)
        if not node.state.is_active:
            event = self._passive_event(node)
            if event is Event.INFEASIBLE and was_successor:
                node.origin = source
                self._happened(node, Event.ASKED, now)
                self._judge(node, now)
                return
            self._judge(node, now)
            self._asker.answer(source, node)
        elif was_successor:
            node.origin = source
            self._happened(node, Event.ASKED_AGAIN, now)
            self._judge(node, now)
        else:
            self._asker.answer(source, node)
            self._judge(node, now)

    def replied(self, prefix: Prefix, source: Source, path: Path | None, now: Instant) -> None:
        """A neighbour answers a query of ours."""
        node = self._learn(prefix, source, path)
        if node is not None:
            node.waiting.pop(source, None)
            self._judge(node, now)

    def still_active(self, prefix: Prefix, source: Source, path: Path | None, now: Instant) -> None:
        """A neighbour answers an SIA query: it is waiting, too."""
        node = self._learn(prefix, source, path)
        if node is not None:
            if source in node.waiting:
                node.waiting[source] = 0
            self._judge(node, now)

    def lost(self, source: Source, now: Instant) -> None:
        """A neighbour is gone: its paths with it, and replies it owes count as given."""
        known = self._of_peer.pop(source, {})
        for prefix in [*known, *(prefix for prefix in self.active if prefix not in known)]:
            node = self.nodes[prefix]
            node.paths.pop(source, None)
            node.waiting.pop(source, None)
            if node.origin == source:
                node.origin = None
            self._judge(node, now)

    def of(self, source: Source) -> list[tuple[Node, Path]]:
        """The nodes a source has a path to."""
        return [(self.nodes[prefix], self.nodes[prefix].paths[source]) for prefix in self._of_peer.get(source, {})]

    def time_is_up(self, prefix: Prefix, now: Instant) -> None:
        """Half the active time went by: who owes a reply is asked whether it still waits; who is silent is lost."""
        node = self.nodes.get(prefix)
        if node is None or not node.state.is_active:
            return
        node.sia_queries += 1
        silent = [source for source, unanswered in node.waiting.items() if unanswered or node.sia_queries > SIA_QUERIES]
        for source in [source for source in node.waiting if source not in silent]:
            node.waiting[source] = 1
            self._asker.ask_again(source, node)
        self._keep_time(node, now)
        for source in silent:
            self._asker.stuck(source, node, now)

    # --- how it works

    def _learn(self, prefix: Prefix, source: Source, path: Path | None) -> Node | None:
        """Put a path in its place; the node, if there is one."""
        node = self.nodes.get(prefix)
        known = self._of_peer.setdefault(source, {})
        if path is None or path.distance == INFINITE:
            known.pop(prefix, None)
            if node is not None:
                node.paths.pop(source, None)
        else:
            if node is None:
                node = self.nodes[prefix] = Node(prefix)
            known[prefix] = None
            node.paths[source] = path
        return node

    def _passive_event(self, node: Node) -> Event:
        if node.shortest or (node.least == INFINITE and node.successor is None):
            return Event.FEASIBLE
        return Event.INFEASIBLE

    def _judge(self, node: Node, now: Instant) -> None:
        """Let events follow one another until the node rests or waits."""
        if node.prefix not in self.active:
            self._happened(node, self._passive_event(node), now)
        while node.prefix in self.active:
            path = node.by_successor()
            if (path.distance if path is not None else INFINITE) > node.distance:
                self._happened(node, Event.WORSE, now)
            if node.waiting:
                self._changed(node, now)
                return
            feasible = node.shortest or node.least == INFINITE == node.feasible
            self._happened(node, Event.LAST_REPLY_FEASIBLE if feasible else Event.LAST_REPLY_INFEASIBLE, now)
        if not node.paths and self.nodes.get(node.prefix) is node:
            del self.nodes[node.prefix]

    def _happened(self, node: Node, event: Event, now: Instant) -> None:
        """The one place where a state changes."""
        transition = TRANSITIONS.get((node.state, event))
        if transition is None:  # a distance may grow more than once
            return
        do, then = transition
        if then is not node.state:
            self._desk.debug(
                "eigrp fsm", f"DUAL: dest({node.prefix}) {_state(node.state)} -> {_state(then)}: {event.value}"
            )
        node.state = then
        getattr(self, f"_{do}")(node, now)

    def _follow(self, node: Node, now: Instant) -> None:
        """Go by the shortest path; stay with the successor where it is one of several."""
        best = node.shortest
        if best:
            chosen = next((path for path in best if path.source == node.successor_source), best[0])
            node.successor, node.distance, node.metric = chosen, chosen.distance, chosen.metric
            node.feasible = min(node.feasible, node.distance)
        else:
            node.distance, node.feasible, node.metric = INFINITE, INFINITE, unreachable(node.metric)
            node.successor = None
        self._rest(node, now)

    def _start_over(self, node: Node, now: Instant) -> None:
        """Everybody knows how far we were: any path will do."""
        node.feasible = INFINITE
        self._follow(node, now)

    def _wait(self, node: Node, now: Instant) -> None:
        """Nothing to do but to remember, by the state."""

    def _ask(self, node: Node, now: Instant) -> None:
        """Begin a diffusing computation: stand by the old successor, whatever it is worth now, and ask everybody."""
        path = node.by_successor()
        if path is not None:
            node.successor, node.distance, node.metric = path, path.distance, path.metric
        else:
            node.distance, node.metric = INFINITE, unreachable(node.metric)
        node.feasible = node.distance
        self._desk.debug("eigrp fsm", f"DUAL: Dest {node.prefix} entering active state.")
        self.active[node.prefix] = None
        node.was_active = True
        node.active_since, node.sia_queries = now, 0
        self._changed(node, now)
        for source in self._asker.queryable():
            if source != node.origin:
                node.waiting[source] = 0
                self._asker.ask(source, node)
        if node.waiting:
            self._keep_time(node, now)

    def _rest(self, node: Node, now: Instant) -> None:
        """Passive: tell everybody, the successor that asked among them."""
        self.active.pop(node.prefix, None)
        node.waiting.clear()
        self._desk.no_ring((SIA, node.prefix))
        self._changed(node, now)
        if node.origin is not None:
            origin, node.origin = node.origin, None
            self._asker.answer(origin, node)

    def _keep_time(self, node: Node, now: Instant) -> None:
        if self.active_s is not None:
            self._desk.ring_at((SIA, node.prefix), now + self.active_s * SECOND // 2)


def _state(state: State) -> str:
    return "passive" if state is State.PASSIVE else f"active {state.value}"
