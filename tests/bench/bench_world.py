"""What the simulated world costs: events and deliveries a second, and the memory of what is idle in it.

The bare heap loop is the floor: the same pushes and pops with nothing behind them, in the same run.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from iosh.underlay.sim.cable import PLAIN, Cable, CableSettings
from iosh.underlay.sim.switch import Switch
from iosh.underlay.sim.world import SimPort, World

EVENTS = 100_000
SPOKES = 500


class Mirror:
    """Sends back what comes."""

    __slots__ = ("port",)

    def __init__(self, port: SimPort) -> None:
        self.port = port

    def receive(self, port: str, frames: Sequence[bytes], now: int) -> None:
        self.port.send(frames)

    def carrier(self, port: str, up: bool, now: int) -> None: ...
    def wake(self, now: int) -> None: ...
    def due(self) -> None: ...


class Sink(Mirror):
    """Keeps what comes to itself."""

    def receive(self, port: str, frames: Sequence[bytes], now: int) -> None: ...


class Sleeper(Sink):
    """Wakes every microsecond."""

    __slots__ = ("at",)

    def __init__(self, port: SimPort) -> None:
        super().__init__(port)
        self.at = 0

    def wake(self, now: int) -> None:
        self.at = now + 1000

    def due(self) -> int:  # type: ignore[override]
        return self.at


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def heap_loop() -> tuple[float, int]:
    """The floor."""
    heap = [(n, n, None, None) for n in range(50)]

    def run() -> None:
        for n in range(EVENTS):
            at, _, what, data = heappop(heap)
            heappush(heap, (at + 50, n + 50, what, data))

    return timed(run), EVENTS


def wakes() -> tuple[float, int]:
    """Fifty nodes that wake."""
    world = World()
    for n in range(50):
        world.place(f"n{n}", Sleeper(world.port(f"n{n}", "e0")))
    return timed(lambda: world.run_until(EVENTS // 50 * 1000)), world.events


def mirrors(settings: CableSettings, batch: int, size: int) -> tuple[float, int]:
    """Two mirrors with fifty batches in flight between them."""
    world = World()
    a, b = world.port("a", "e0"), world.port("b", "e0")
    Cable(world, a, b, settings)
    world.place("a", Mirror(a))
    world.place("b", Mirror(b))
    for _ in range(50):
        a.send([bytes(size)] * batch)
    until = EVENTS // 50 // batch * settings.delay
    return timed(lambda: world.run_until(until)), world.deliveries


def flood() -> tuple[float, int]:
    """Broadcasts into a switch of many ports."""
    world = World()
    for n in range(SPOKES):
        Cable(world, world.port(f"n{n}", "e0"), world.port("switch", f"p{n}"))
        world.place(f"n{n}", Sink(world.port(f"n{n}", "e0")))
    world.place("switch", Switch(dict(world.ports("switch"))))
    world.run_for(1)
    for n in range(EVENTS // SPOKES):
        world.port(f"n{n % SPOKES}", "e0").send([b"\xff" * 6 + n.to_bytes(6, "big") + bytes(48)])
    return timed(lambda: world.run_for(1_000_000)), world.deliveries


def idle_bytes() -> int:
    """Of a node's place, its port, the switch's port and the cable between them."""
    gc.collect()
    tracemalloc.start()
    world = World()
    cables = [Cable(world, world.port(f"n{n}", "e0"), world.port("switch", f"p{n}")) for n in range(SPOKES)]
    world.run_for(1)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used // len(cables)


def main() -> None:
    """Print the table."""
    lossy = CableSettings(loss_ppm=100, rate_bps=100_000_000_000, queue_bytes=10_000_000, mtu=1500)
    rows = [
        ("bare heap loop", heap_loop()),
        ("node woken", wakes()),
        ("frame of 100 bytes delivered", mirrors(PLAIN, 1, 100)),
        ("frame of 1400 bytes delivered", mirrors(PLAIN, 1, 1400)),
        ("the same, in batches of 10", mirrors(PLAIN, 10, 1400)),
        ("the same, rate, MTU and loss", mirrors(lossy, 10, 1400)),
        (f"broadcast copy, {SPOKES}-port switch", flood()),
    ]
    print(f"{'simulated world':<34}{'events':>10}{'us each':>10}{'a second':>12}")
    for name, (took, count) in rows:
        print(f"{name:<34}{count:>10}{took / count * 1e6:>10.2f}{count / took:>12.0f}")
    print(f"{'idle node with its cable, bytes':<34}{idle_bytes():>10}")


if __name__ == "__main__":
    main()
