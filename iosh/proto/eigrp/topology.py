"""The topology table: of each prefix the paths that are known, by who told of them, and how its computation stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from iosh.base.addr import UNSPECIFIED, IPv4, Prefix
from iosh.base.time import Instant
from iosh.proto.eigrp.metric import INFINITE
from iosh.wire.eigrp import INFINITE_DELAY, Exterior, Metric

CONNECTED: Final = "connected"
SUMMARY: Final = "summary"
REDISTRIBUTED: Final = "redistributed"
NEIGHBOR: Final = "neighbor"

NOWHERE: Final = Metric(INFINITE_DELAY, 1)


class State(IntEnum):
    """Passive, or active by query-origin flag (RFC 7868 section 3.5): whose the diffusing computation is."""

    ACTIVE_0 = 0  # our own, and the distance grew meanwhile
    ACTIVE_1 = 1  # our own
    ACTIVE_2 = 2  # our successor's, and the distance grew or it asked meanwhile
    ACTIVE_3 = 3  # our successor's
    PASSIVE = 4

    @property
    def is_active(self) -> bool:
        return self is not State.PASSIVE


class Source(NamedTuple):
    """Who tells of a path: a neighbour by interface and address, or a part of this router."""

    kind: str
    interface: str = ""
    address: IPv4 = UNSPECIFIED


@dataclass(slots=True)
class Path:
    """One way to a prefix. `reported` is the neighbour's distance, `distance` and `metric` are with the link to it."""

    source: Source
    metric: Metric
    distance: int
    reported: int = 0
    reported_metric: Metric = NOWHERE
    next_hop: IPv4 = UNSPECIFIED
    exterior: Exterior | None = None
    router: IPv4 = UNSPECIFIED

    @property
    def is_local(self) -> bool:
        return self.source.kind != NEIGHBOR


@dataclass(slots=True)
class Node:
    """One prefix. `distance`, `metric` and `successor` are what we go by and tell; in active state they stand still."""

    prefix: Prefix
    state: State = State.PASSIVE
    feasible: int = INFINITE  # the feasible distance
    distance: int = INFINITE
    metric: Metric = NOWHERE
    successor: Path | None = None
    paths: dict[Source, Path] = field(default_factory=dict)
    waiting: dict[Source, int] = field(default_factory=dict)  # whose replies are due: SIA queries unanswered
    origin: Source | None = None  # the successor whose query we owe a reply
    active_since: Instant = 0
    sia_queries: int = 0
    was_active: bool = False  # and neighbours have not been told since

    @property
    def least(self) -> int:
        """The least distance over all paths."""
        return min((path.distance for path in self.paths.values()), default=INFINITE)

    @property
    def shortest(self) -> list[Path]:
        """The shortest paths that are feasible: those one may go by."""
        least = self.least
        if least == INFINITE:
            return []
        return [path for path in self.paths.values() if path.distance == least and path.reported < self.feasible]

    def by_successor(self) -> Path | None:
        """The path of the successor as it is now."""
        return self.paths.get(self.successor.source) if self.successor is not None else None

    def usable(self, variance: int) -> list[Path]:
        """What traffic may go by: while active only the successor, as long as it lasts; else the successors, and the
        feasible successors within the variance."""
        if self.state.is_active:
            path = self.by_successor()
            return [path] if path is not None and path.distance < INFINITE else []
        if self.successor is None:
            return []
        found = [
            path
            for path in self.paths.values()
            if path.distance < INFINITE
            and path.distance <= variance * self.distance
            and (path.reported < self.feasible or path.source == self.successor.source)
        ]
        return sorted(found, key=lambda path: (path.distance, path.source != self.successor_source))

    @property
    def successor_source(self) -> Source | None:
        return self.successor.source if self.successor is not None else None

    @property
    def successors(self) -> int:
        """How many paths are the shortest, and feasible."""
        return 0 if self.successor is None else max(1, len(self.shortest))
