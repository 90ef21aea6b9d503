"""Virtual time: order, wake-ups, runs that end, and digests that repeat."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from iosh.base.time import MILLISECOND, SECOND, Instant
from iosh.underlay.sim.cable import Cable, CableSettings
from iosh.underlay.sim.station import Station
from iosh.underlay.sim.switch import Switch
from iosh.underlay.sim.world import World


def test_events_come_in_time_order_and_ties_in_the_order_put() -> None:
    world, seen = World(), list[tuple[Instant, str]]()
    for at, name in ((5, "c"), (1, "a"), (5, "d"), (3, "b")):
        world.call_at(at, lambda name=name: seen.append((world.now, name)))  # type: ignore[misc]
    world.run_until(10)
    assert seen == [(1, "a"), (3, "b"), (5, "c"), (5, "d")]
    assert world.now == 10


def test_what_an_event_puts_at_its_own_instant_comes_after_what_is_there() -> None:
    world, seen = World(), list[str]()
    world.call_at(1, lambda: (seen.append("first"), world.call_later(0, lambda: seen.append("third")))[0])
    world.call_at(1, lambda: seen.append("second"))
    world.run_until(1)
    assert seen == ["first", "second", "third"]


def test_the_past_is_refused() -> None:
    world = World()
    world.run_until(100)
    with pytest.raises(ValueError, match="past"):
        world.call_at(99, lambda: None)


def test_a_node_is_woken_when_due_and_not_before(witness: Any) -> None:
    world = World()
    _, node = witness(world, "a")
    node.alarms = [30, 10, 20]
    world.touch("a")
    world.run_until(25)
    assert node.woken == [10, 20]
    world.run_until(100)
    assert node.woken == [10, 20, 30]


def test_a_deadline_pushed_back_wakes_nobody_early(witness: Any) -> None:
    world = World()
    _, node = witness(world, "a")
    node.alarms = [10]
    world.touch("a")
    world.run_until(5)
    node.alarms = [50]
    world.touch("a")
    world.run_until(100)
    assert node.woken == [50]


def test_a_deadline_brought_forward_is_kept(witness: Any) -> None:
    world = World()
    _, node = witness(world, "a")
    node.alarms = [50]
    world.touch("a")
    node.alarms = [10, 50]
    world.touch("a")
    world.run_until(100)
    assert node.woken == [10, 50]


def test_a_node_placed_late_or_overdue_is_woken_now(witness: Any) -> None:
    world = World()
    world.run_until(100)
    _, node = witness(world, "a")
    node.alarms = [7]
    world.touch("a")
    world.run_until(100)
    assert node.woken == [100]


def test_a_node_that_never_rests_is_a_defect() -> None:
    class Restless:
        def receive(self, port: str, frames: Sequence[bytes], now: Instant) -> None: ...
        def carrier(self, port: str, up: bool, now: Instant) -> None: ...
        def wake(self, now: Instant) -> None: ...
        def due(self) -> Instant:
            return 5

    world = World()
    world.place("spinner", Restless())
    with pytest.raises(RuntimeError, match="spinner does not come to rest at 5 ns"):
        world.run_until(10)


def test_frames_sent_together_arrive_together(witness: Any) -> None:
    world = World()
    (a, _), (b, hearer) = witness(world, "a"), witness(world, "b")
    Cable(world, a, b, CableSettings(delay=7))
    a.send([b"one", b"two"])
    a.send([b"three"])
    world.run_until(10)
    assert hearer.heard == [(7, "e0", b"one"), (7, "e0", b"two"), (7, "e0", b"three")]
    assert hearer.batches == [2, 1]
    assert world.deliveries == 3


def test_a_sender_may_use_its_list_again(witness: Any) -> None:
    world = World()
    (a, _), (b, hearer) = witness(world, "a"), witness(world, "b")
    Cable(world, a, b, CableSettings(delay=7))
    frames = [b"sent"]
    a.send(frames)
    frames[0] = b"not sent"
    world.run_until(10)
    assert hearer.heard == [(7, "e0", b"sent")]


def test_a_removed_node_hears_nothing_and_its_successor_does(witness: Any) -> None:
    world = World()
    (a, _), (b, first) = witness(world, "a"), witness(world, "b")
    Cable(world, a, b)
    first.alarms = [MILLISECOND]
    world.touch("b")
    world.remove("b")
    a.send([b"lost"])
    world.run_for(SECOND)
    _, second = witness(world, "b")
    a.send([b"heard"])
    world.run_for(SECOND)
    assert (first.heard, first.woken) == ([], [])
    assert [frame for _, _, frame in second.heard] == [b"heard"]
    assert world.node("b") is second


def test_ports_are_made_once_and_have_macs_of_their_own() -> None:
    world = World()
    ports = [world.port("a", "e0"), world.port("a", "e1"), world.port("b", "e0", b"\xaa\xbb\xcc\x00\x01\x00")]
    assert len({port.mac for port in ports}) == 3
    assert world.port("a", "e0") is ports[0]
    assert world.ports("a") == {"e0": ports[0], "e1": ports[1]}
    ports[0].send([b"nowhere"])
    assert (ports[0].drops, ports[0].carrier) == ({"no cable": 1}, False)


def test_run_while_ends_at_the_instant_the_predicate_does(witness: Any) -> None:
    world = World()
    _, node = witness(world, "a")
    node.alarms = [10, 20, 30, 40]
    world.touch("a")
    assert world.run_while(lambda: len(node.woken) < 3, limit=1000)
    assert world.now == 30


def test_run_while_gives_up_at_its_limit_even_if_nothing_happens(witness: Any) -> None:
    world = World()
    assert not world.run_while(lambda: True, limit=50)
    assert world.now == 50
    witness(world, "a")[1].alarms = [60]
    world.touch("a")
    assert not world.run_while(lambda: True, limit=55)
    assert world.now == 55


def test_run_while_may_ask_rarely() -> None:
    world, asked = World(), list[Instant]()
    for at in range(1, 101):
        world.call_at(at, lambda: None)
    assert world.run_while(lambda: asked.append(world.now) is not None or world.now < 60, limit=100, every=25)
    assert asked == [0, 25, 50, 75]


# --- determinism ----------------------------------------------------------------------------------------------------


def busy_world(seed: int) -> World:
    """Four stations on a switch, over cables with every kind of fault, pinging each other while one cable flaps."""
    from iosh.base.addr import IPv4

    world = World(seed)
    poor = CableSettings(loss_ppm=100_000, corrupt_ppm=50_000, reorder_ppm=100_000, rate_bps=1_000_000, mtu=1400)
    cables = []
    for number in range(1, 5):
        cables.append(Cable(world, world.port(f"h{number}", "eth0"), world.port("switch", f"p{number}"), poor))
    world.place("switch", Switch(dict(world.ports("switch"))))
    for number in range(1, 5):
        station = Station(dict(world.ports(f"h{number}")))
        station.add_address("eth0", IPv4.parse(f"10.0.0.{number}"), 24)
        station.ping(IPv4.parse(f"10.0.0.{number % 4 + 1}"), 0, count=90, size=300 * number, interval=SECOND // 10)
        world.place(f"h{number}", station)
    world.call_at(SECOND, cables[0].cut)
    world.call_at(2 * SECOND, cables[0].heal)
    world.run_until(10 * SECOND)
    return world


def test_the_same_seed_gives_the_same_digest_and_another_seed_another() -> None:
    first, again, other = busy_world(1), busy_world(1), busy_world(2)
    assert first.deliveries > 500
    assert (first.digest(), first.events) == (again.digest(), again.events)
    assert first.digest() != other.digest()


def test_the_digest_covers_bytes_place_and_time(witness: Any) -> None:
    def run(delay: int = 5, frame: bytes = b"x", name: str = "b") -> str:
        world = World()
        (a, _), (b, _) = witness(world, "a"), witness(world, name)
        Cable(world, a, b, CableSettings(delay=delay))
        a.send([frame])
        world.run_until(100)
        return world.digest()

    assert run() == run()
    assert len({run(), run(delay=6), run(frame=b"y"), run(name="c")}) == 4


def test_the_digest_is_the_same_under_any_hash_seed() -> None:
    code = (
        "import runpy, sys; "
        "print(runpy.run_path(sys.argv[1])['busy_world'](7).digest())"
    )  # fmt: skip
    digests = [
        subprocess.run(
            [sys.executable, "-c", code, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "4711")
    ]
    assert digests[0] == digests[1] == busy_world(7).digest() + "\n"
