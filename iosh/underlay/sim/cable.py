"""An Ethernet cable between two ports: two directions, each a chain of wires that hand frames on.

A wire takes `carry(frames, at)`: these frames leave at `at`. It hands all, some or changed ones to the next, at that
instant or later. What it keeps back it counts in the direction's `drops`, by name. Only the last wire, the `Arrival`,
puts events into the world, so a plain cable costs one event per batch however many wires it has.

    port A -> watchers -> frame size -> queue and rate -> loss -> corruption -> reordering -> delay -> port B

Probabilities are whole parts per million. Both directions have their own queue and dice; the dice are forked from the
world's by the cable's name and the kind of wire, so that adding loss to one cable disturbs no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from iosh.base.rng import Rng
from iosh.base.time import MICROSECOND, MILLISECOND, SECOND, Instant, Span
from iosh.underlay.sim.world import Outlet, SimPort, World

MILLION: Final = 1_000_000
_ENVELOPE: Final = 18  # Ethernet header and one 802.1Q tag


@dataclass(frozen=True, slots=True)
class CableSettings:
    """What a cable is like, in each direction. `rate_bps` 0: no limit; the queue counts bytes waiting for the rate."""

    delay: Span = 100 * MICROSECOND
    loss_ppm: int = 0
    corrupt_ppm: int = 0
    reorder_ppm: int = 0
    reorder_by: Span = MILLISECOND
    rate_bps: int = 0
    queue_bytes: int = 64 * 1024
    mtu: int = 0  # the largest IP packet; 0: any

    def __post_init__(self) -> None:
        if self.delay < 1:
            raise ValueError("a cable needs a delay of at least 1 ns")
        if not all(0 <= ppm <= MILLION for ppm in (self.loss_ppm, self.corrupt_ppm, self.reorder_ppm)):
            raise ValueError("a probability is 0 to 1000000 parts per million")
        if min(self.rate_bps, self.queue_bytes, self.mtu, self.reorder_by) < 0:
            raise ValueError("rate, queue, MTU and reordering cannot be negative")


PLAIN: Final = CableSettings()
Show = Callable[[Sequence[bytes], Instant], None]


class Arrival:
    """The end of the wire: frames reach the port after the delay, unless the cable was cut meanwhile."""

    __slots__ = ("_arrive", "_drops", "_port", "_world", "delay", "is_cut")

    def __init__(self, world: World, port: SimPort, drops: Counter[str]) -> None:
        self._world = world
        self._port = port
        self._drops = drops
        self.delay: Span = 1
        self._arrive = self._come_out
        self.is_cut = False

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        self._world.put(at + self.delay, self._arrive, frames)

    def _come_out(self, frames: Sequence[bytes]) -> None:
        if self.is_cut:
            self._drops["cut"] += len(frames)
        else:
            self._port.arrive(frames)


class FrameSize:
    """Passes frames up to a size, as a link with that MTU."""

    __slots__ = ("_drops", "_largest", "_onward")

    def __init__(self, mtu: int, drops: Counter[str], onward: Outlet) -> None:
        self._largest = mtu + _ENVELOPE
        self._drops = drops
        self._onward = onward

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        fitting = [frame for frame in frames if len(frame) <= self._largest]
        if len(fitting) < len(frames):
            self._drops["too big"] += len(frames) - len(fitting)
        if fitting:
            self._onward.carry(fitting, at)


class Rate:
    """A bounded first-in first-out queue in front of a line of so many bits a second; goes on where `before` was."""

    __slots__ = ("_bps", "_drops", "_free_at", "_onward", "_queue_bytes")

    def __init__(
        self, rate_bps: int, queue_bytes: int, drops: Counter[str], onward: Outlet, before: Rate | None = None
    ) -> None:
        self._bps = rate_bps
        self._queue_bytes = queue_bytes
        self._drops = drops
        self._onward = onward
        self._free_at: Instant = before._free_at if before else 0  # when the line has sent all it was given

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        for frame in frames:
            start = max(at, self._free_at)
            waiting = (start - at) * self._bps // (8 * SECOND)
            if waiting + len(frame) > self._queue_bytes:
                self._drops["queue full"] += 1
                continue
            self._free_at = start + len(frame) * 8 * SECOND // self._bps
            self._onward.carry([frame], self._free_at)


class Loss:
    """Loses frames at random."""

    __slots__ = ("_drops", "_onward", "_ppm", "_rng")

    def __init__(self, ppm: int, rng: Rng, drops: Counter[str], onward: Outlet) -> None:
        self._ppm = ppm
        self._rng = rng
        self._drops = drops
        self._onward = onward

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        kept = [frame for frame in frames if self._rng.below(MILLION) >= self._ppm]
        if len(kept) < len(frames):
            self._drops["loss"] += len(frames) - len(kept)
        if kept:
            self._onward.carry(kept, at)


class Corrupt:
    """Flips one bit of some frames. There is no frame check sequence here: the damage reaches the receiver."""

    __slots__ = ("_onward", "_ppm", "_rng", "_tally")

    def __init__(self, ppm: int, rng: Rng, tally: Counter[str], onward: Outlet) -> None:
        self._ppm = ppm
        self._rng = rng
        self._tally = tally
        self._onward = onward

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        self._onward.carry([self._damage(frame) for frame in frames], at)

    def _damage(self, frame: bytes) -> bytes:
        if not frame or self._rng.below(MILLION) >= self._ppm:
            return frame
        self._tally["corrupted"] += 1
        bit = self._rng.below(len(frame) * 8)
        damaged = bytearray(frame)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        return bytes(damaged)


class Reorder:
    """Holds some frames back, so that later ones overtake them."""

    __slots__ = ("_by", "_onward", "_ppm", "_rng", "_tally")

    def __init__(self, ppm: int, by: Span, rng: Rng, tally: Counter[str], onward: Outlet) -> None:
        self._ppm = ppm
        self._by = by
        self._rng = rng
        self._tally = tally
        self._onward = onward

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        in_time = []
        for frame in frames:
            if self._rng.below(MILLION) < self._ppm:
                self._tally["reordered"] += 1
                self._onward.carry([frame], at + self._by)
            else:
                in_time.append(frame)
        if in_time:
            self._onward.carry(in_time, at)


class Tee:
    """Shows frames to somebody as they are put on the cable, before anything happens to them."""

    __slots__ = ("_onward", "_show")

    def __init__(self, show: Show, onward: Outlet) -> None:
        self._show = show
        self._onward = onward

    def carry(self, frames: Sequence[bytes], at: Instant) -> None:
        self._show(frames, at)
        self._onward.carry(frames, at)


class _Direction:
    """One way through a cable: dice, queue and counters that last, and a chain built anew when something changes."""

    __slots__ = ("_arrival", "_dice", "_name", "_rate", "_world", "drops", "source", "target")

    def __init__(self, world: World, source: SimPort, target: SimPort) -> None:
        self._world = world
        self._name = f"cable/{source.node}/{source.name}/{target.node}/{target.name}"
        self._dice: dict[str, Rng] = {}
        self._rate: Rate | None = None
        self.source = source
        self.target = target
        self.drops: Counter[str] = Counter()
        self._arrival = Arrival(world, target, self.drops)

    def connect(self, settings: CableSettings, shows: Sequence[Show]) -> None:
        """Build the chain for these settings, from its end to its beginning, and plug the port into it."""
        s, drops = settings, self.drops
        if self._arrival.is_cut:
            self._arrival = Arrival(self._world, self.target, drops)
        self._arrival.delay = s.delay
        chain: Outlet = self._arrival
        if s.reorder_ppm:
            chain = Reorder(s.reorder_ppm, s.reorder_by, self._rng("reorder"), drops, chain)
        if s.corrupt_ppm:
            chain = Corrupt(s.corrupt_ppm, self._rng("corrupt"), drops, chain)
        if s.loss_ppm:
            chain = Loss(s.loss_ppm, self._rng("loss"), drops, chain)
        if s.rate_bps:
            chain = self._rate = Rate(s.rate_bps, s.queue_bytes, drops, chain, self._rate)
        if s.mtu:
            chain = FrameSize(s.mtu, drops, chain)
        for show in shows:
            chain = Tee(show, chain)
        self.source.plug(chain)

    def cut(self) -> None:
        """What is under way is lost."""
        self._arrival.is_cut = True
        self._rate = None
        self.source.plug(None)

    def _rng(self, kind: str) -> Rng:
        if kind not in self._dice:
            self._dice[kind] = self._world.rng.fork(f"{self._name}/{kind}")
        return self._dice[kind]


class Cable:
    """Two ports joined. Cut and heal tell both ends; new settings and observers take effect at once."""

    __slots__ = ("_directions", "_shows", "_world", "a", "b", "is_up", "settings")

    def __init__(self, world: World, a: SimPort, b: SimPort, settings: CableSettings = PLAIN) -> None:
        if a is b or a.is_plugged or b.is_plugged:
            raise ValueError(f"a port takes one cable: {a} {b}")
        self._world = world
        self._directions = _Direction(world, a, b), _Direction(world, b, a)
        self._shows: list[Show] = []
        self.a = a
        self.b = b
        self.settings = settings
        self.is_up = False
        self.heal()

    def cut(self) -> None:
        """Frames under way are lost, both ends lose carrier."""
        if self.is_up:
            self.is_up = False
            for direction in self._directions:
                direction.cut()

    def heal(self) -> None:
        """Whole again, both ends have carrier."""
        self.is_up = True
        self._connect()

    def settle(self, settings: CableSettings) -> None:
        """Be like this from now on. Frames under way keep the delay they left with."""
        self.settings = settings
        if self.is_up:
            self._connect()

    def watch(self, show: Show) -> None:
        """Show every frame to `show(frames, at)` as it is put on the cable, from either end."""
        self._shows.append(show)
        self.settle(self.settings)

    def unwatch(self, show: Show) -> None:
        """No longer."""
        self._shows.remove(show)
        self.settle(self.settings)

    def drops(self) -> dict[str, Counter[str]]:
        """What happened to frames, by the node and port they came from: lost, kept back, damaged."""
        return {f"{way.source.node}:{way.source.name}": way.drops for way in self._directions}

    def _connect(self) -> None:
        for direction in self._directions:
            direction.connect(self.settings, self._shows)

    def __repr__(self) -> str:
        return f"Cable({self.a.node}:{self.a.name} {self.b.node}:{self.b.name})"
