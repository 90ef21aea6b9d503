"""Virtual time: one heap of (at, sequence, what, with what), obeyed in order; ties in the order they were put.

A node is anything with `receive`, `wake`, `due` and `carrier`. After the world has told a node something, it asks
when the node is due next and wakes it then; whoever changes a node from outside says so with `touch`. A deadline
that a node pushes back costs nothing: the world asks again when the old one comes.

The digest covers every delivery (when, to which node and port, which bytes), so two runs that agree in it did the
same. It depends on the seed only through what the nodes and cables drew from their dice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any, Final, Protocol, cast

from iosh.base.rng import Rng
from iosh.base.time import Instant, Span
from iosh.wire.train import Frame

_RESTLESS: Final = 10_000  # wakes of one node at one instant before the world calls it a defect


class Node(Protocol):
    """What the world tells a node, and the one question it asks."""

    def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None:
        """Frames came in, in order."""

    def carrier(self, port: str, up: bool, now: Instant) -> None:
        """A cable was plugged, cut or healed."""

    def wake(self, now: Instant) -> None:
        """The instant named by `due` has come."""

    def due(self) -> Instant | None:
        """When to be woken next, or None."""


class Outlet(Protocol):
    """What a port puts its frames into: the first wire of a cable. `at` is when they leave, never in the past."""

    def carry(self, frames: Sequence[bytes], at: Instant) -> None: ...


class SimPort:
    """A port of a node, an `iosh.router.ports.Port`. Outlives the node, as an interface card outlives a reload."""

    __slots__ = (
        "_carrier",
        "_label",
        "_outlet",
        "_place",
        "_world",
        "drops",
        "ear",
        "errors",
        "hears",
        "mac",
        "name",
        "takes_trains",
    )

    def __init__(self, world: World, place: _Place, name: str, mac: bytes) -> None:
        self._world = world
        self._place = place
        self.name = name
        self.mac = mac
        self.hears = mac  # the address of the node's choice
        self.ear: Callable[[bytes], None] | None = None  # told when it chooses another
        self.drops: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.takes_trains = False
        self._carrier = False
        self._outlet: Outlet | None = None
        self._label = f"{place.name}\0{name}\0".encode()

    @property
    def node(self) -> str:
        """The name of the node this is a port of."""
        return self._place.name

    @property
    def carrier(self) -> bool:
        return self._carrier

    def send(self, frames: Sequence[Frame]) -> None:
        if self._outlet is None:
            self.drops["no cable"] += len(frames)
        else:
            leaving = cast(tuple[bytes, ...], tuple(frames))  # a copy: the sender may use its list again
            self._outlet.carry(leaving, self._world.now)

    def hear(self, mac: bytes) -> None:
        self.hears = mac
        if self.ear is not None:
            self.ear(mac)

    def plug(self, outlet: Outlet | None) -> None:
        """Where frames go from now on; None takes the carrier away. The node hears of a change, in its turn."""
        self._outlet = outlet
        if self.is_plugged != self._carrier:
            self._world.call_at(self._world.now, self._tell_carrier)

    @property
    def is_plugged(self) -> bool:
        """Is there a cable in it, live or not yet told?"""
        return self._outlet is not None

    def _tell_carrier(self) -> None:
        if self.is_plugged != self._carrier:
            self._carrier = self.is_plugged
            self._place.told_carrier(self.name, self._carrier)

    def arrive(self, frames: Sequence[bytes]) -> None:
        """Frames come out of the cable: into the digest, where a run can be repeated, and to the node.

        Trains are among them, and among those that `carry` gets, at a port that `takes_trains`: one on a real wire.
        """
        world = self._world
        world.deliveries += len(frames)
        if world.rng.seeded:
            prefix = world.now.to_bytes(8, "big") + self._label
            for frame in frames:
                world.record(prefix + len(frame).to_bytes(4, "big") + frame)
        self._place.received(self.name, frames)

    def __repr__(self) -> str:
        return f"SimPort({self.node}:{self.name})"


class _Place:
    """Where a node stands: its name, and the one wake-up of it that is in the heap."""

    __slots__ = ("_at", "_restless", "_woken_at", "_world", "name", "node", "ports")

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.name = name
        self.ports: dict[str, SimPort] = {}
        self.node: Node | None = None
        self._at: Instant | None = None
        self._woken_at: Instant = -1
        self._restless = 0

    def received(self, port: str, frames: Sequence[bytes]) -> None:
        if self.node is not None:
            self.node.receive(port, frames, self._world.now)
            self.settle()

    def told_carrier(self, port: str, up: bool) -> None:
        if self.node is not None:
            self.node.carrier(port, up, self._world.now)
            self.settle()

    def settle(self) -> None:
        """See that a wake-up is in the heap no later than the node is due."""
        due = None if self.node is None else self.node.due()
        if due is not None and (self._at is None or due < self._at):
            self._at = max(due, self._world.now)
            self._world.put(self._at, self._wake, self._at)

    def _wake(self, at: Instant) -> None:
        if at != self._at:
            return  # an earlier wake-up took its place
        self._at = None
        if self.node is None:
            return
        due = self.node.due()
        if due is not None and due <= at:
            self._count(at)
            self.node.wake(at)
        self.settle()

    def _count(self, at: Instant) -> None:
        self._restless = self._restless + 1 if at == self._woken_at else 0
        self._woken_at = at
        if self._restless > _RESTLESS:
            raise RuntimeError(f"{self.name} does not come to rest at {at} ns")


class World:
    """Time, nodes and their ports. All randomness in it is forked from `rng`, seeded unless one is given."""

    def __init__(self, seed: int = 0, epoch_s: int = 0, rng: Rng | None = None) -> None:
        self.now: Instant = 0
        self.epoch_s = epoch_s  # the wall clock's seconds at instant 0, for whoever writes dates
        self.rng = rng or Rng(seed)
        self.events = 0
        self.deliveries = 0
        self._heap: list[tuple[Instant, int, Callable[[Any], None], Any]] = []
        self._count = 0
        self._places: dict[str, _Place] = {}
        self._port_count = 0
        self._digest = hashlib.blake2b(digest_size=16)

    # --- building -------------------------------------------------------------------------------------------------

    def port(self, node: str, name: str, mac: bytes | None = None) -> SimPort:
        """The port `name` of the node named `node`, made when first asked for; the node itself may come later.

        Without `mac` it gets a locally administered address of its own.
        """
        place = self._place(node)
        port = place.ports.get(name)
        if port is None:
            self._port_count += 1
            mac = mac or b"\x02\x00" + self._port_count.to_bytes(4, "big")
            port = place.ports[name] = SimPort(self, place, name, mac)
        return port

    def ports(self, node: str) -> dict[str, SimPort]:
        """All ports of a node, by name."""
        return dict(self._place(node).ports)

    def place(self, name: str, node: Node) -> None:
        """Put a node where its ports are; a reload puts another in its stead."""
        place = self._place(name)
        place.node = node
        place.settle()

    def remove(self, name: str) -> None:
        """Switch a node off: what arrives is lost, its carriers stay."""
        self._place(name).node = None

    def node(self, name: str) -> Node | None:
        """Who stands at `name`."""
        place = self._places.get(name)
        return place.node if place else None

    def touch(self, name: str) -> None:
        """The node was changed from outside: ask it again when it is due."""
        self._places[name].settle()

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = _Place(self, name)
        return place

    # --- events ---------------------------------------------------------------------------------------------------

    def put(self, at: Instant, what: Callable[[Any], None], data: Any) -> None:
        """Have `what(data)` called at `at`. The past is refused."""
        if at < self.now:
            raise ValueError(f"{at} ns is past, it is {self.now} ns")
        self._count += 1
        heappush(self._heap, (at, self._count, what, data))

    def call_at(self, at: Instant, what: Callable[[], None]) -> None:
        """Have `what()` called at `at`: a fault, a check, a script."""
        self.put(at, _call, what)

    def call_later(self, span: Span, what: Callable[[], None]) -> None:
        """Have `what()` called after `span`."""
        self.put(self.now + span, _call, what)

    def record(self, data: bytes) -> None:
        """One delivery, for the digest."""
        self._digest.update(data)

    def digest(self) -> str:
        """All deliveries so far in 32 hexadecimal digits."""
        return self._digest.hexdigest()

    # --- running --------------------------------------------------------------------------------------------------

    def due(self) -> Instant | None:
        """When the next event is, or None if nothing will ever happen by itself."""
        return self._heap[0][0] if self._heap else None

    def run_until(self, at: Instant) -> None:
        """Let everything happen that is due up to and including `at`; then it is `at`."""
        heap = self._heap
        while heap and heap[0][0] <= at:
            self.now, _, what, data = heappop(heap)
            self.events += 1
            what(data)
        self.now = max(self.now, at)

    def run_for(self, span: Span) -> None:
        """Let `span` pass."""
        self.run_until(self.now + span)

    def run_while(self, predicate: Callable[[], bool], limit: Instant, every: Span = 0) -> bool:
        """Run while `predicate()` holds, at most until `limit`. True if it ended; it is then the instant it did.

        It is asked when all of an instant has happened, with `every` no more often than that in virtual time.
        """
        while predicate():
            due = self.due()
            if due is None or due > limit:
                self.run_until(limit)
                return not predicate()
            self.run_until(min(max(due, self.now + every), limit))
        return True


def _call(what: Callable[[], None]) -> None:
    what()
