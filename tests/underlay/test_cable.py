"""Cables: delay, loss, rate, queue, size, order, damage, cutting and healing."""

from __future__ import annotations

from typing import Any

import pytest

from iosh.base.time import MILLISECOND, SECOND
from iosh.underlay.sim.cable import Cable, CableSettings
from iosh.underlay.sim.world import World


@pytest.fixture
def line(witness: Any) -> Any:
    """Settings and seed to a world, its cable, the sending port and the witness at the other end."""

    def build(settings: CableSettings = CableSettings(), seed: int = 1) -> Any:  # noqa: B008
        world = World(seed)
        (a, _), (b, hearer) = witness(world, "a"), witness(world, "b")
        return world, Cable(world, a, b, settings), a, hearer

    return build


def test_a_plain_cable_only_delays(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=3 * MILLISECOND))
    port.send([b"frame"])
    world.run_until(SECOND)
    assert hearer.heard == [(3 * MILLISECOND, "e0", b"frame")]
    assert cable.drops() == {"a:e0": {}, "b:e0": {}}


def test_loss_is_near_its_probability_and_counted(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(loss_ppm=250_000))
    for n in range(1000):
        port.send([n.to_bytes(4, "big")] * 4)
    world.run_until(SECOND)
    lost = cable.drops()["a:e0"]["loss"]
    assert lost + len(hearer.heard) == 4000
    assert 850 < lost < 1150


@pytest.mark.parametrize(("ppm", "arrive"), [(0, 100), (1_000_000, 0)])
def test_never_and_always_are_exact(line: Any, ppm: int, arrive: int) -> None:
    world, _, port, hearer = line(CableSettings(loss_ppm=ppm))
    port.send([b"x"] * 100)
    world.run_until(SECOND)
    assert len(hearer.heard) == arrive


def test_a_rate_spaces_frames_and_a_full_queue_drops(line: Any) -> None:
    # 1000 bytes at 8 Mbit/s take one millisecond; the queue holds 5000 bytes
    world, cable, port, hearer = line(CableSettings(delay=1, rate_bps=8_000_000, queue_bytes=5000))
    port.send([bytes(1000)] * 8)
    world.run_until(SECOND)
    assert [at for at, _, _ in hearer.heard] == [n * MILLISECOND + 1 for n in range(1, 6)]
    assert cable.drops()["a:e0"] == {"queue full": 3}


def test_an_idle_line_is_free_at_once(line: Any) -> None:
    world, _, port, hearer = line(CableSettings(delay=1, rate_bps=8_000_000))
    for _ in range(2):
        port.send([bytes(1000)])
        world.run_for(SECOND)
    assert [at for at, _, _ in hearer.heard] == [MILLISECOND + 1, SECOND + MILLISECOND + 1]


def test_a_queue_is_kept_when_something_else_changes(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=1, rate_bps=8_000_000))
    port.send([bytes(1000)] * 3)
    cable.watch(lambda frames, at: None)
    port.send([b"x" * 1000])
    world.run_until(SECOND)
    assert [at for at, _, _ in hearer.heard] == [n * MILLISECOND + 1 for n in range(1, 5)]


def test_the_largest_frame_is_the_mtu_and_a_tagged_header(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(mtu=1400))
    port.send([bytes(1418), bytes(1419)])
    world.run_until(SECOND)
    assert [len(frame) for _, _, frame in hearer.heard] == [1418]
    assert cable.drops()["a:e0"] == {"too big": 1}


def test_corruption_flips_one_bit(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(corrupt_ppm=500_000))
    port.send([bytes(50)] * 100)
    world.run_until(SECOND)
    weights = [int.from_bytes(frame, "big").bit_count() for _, _, frame in hearer.heard]
    assert set(weights) == {0, 1}
    assert cable.drops()["a:e0"]["corrupted"] == sum(weights)


def test_reordered_frames_arrive_later_and_none_is_lost(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=1, reorder_ppm=300_000, reorder_by=10 * MILLISECOND))
    sent = [n.to_bytes(2, "big") for n in range(100)]
    for frame in sent:
        port.send([frame])
        world.run_for(MILLISECOND)
    world.run_for(SECOND)
    arrived = [frame for _, _, frame in hearer.heard]
    assert arrived != sent
    assert sorted(arrived) == sent
    assert cable.drops()["a:e0"]["reordered"] > 10


def test_both_ends_hear_of_plug_cut_and_heal(witness: Any) -> None:
    world = World()
    (a, left), (b, right) = witness(world, "a"), witness(world, "b")
    cable = Cable(world, a, b)
    assert not a.carrier
    world.run_until(10)
    assert a.carrier and b.carrier
    world.call_at(20, cable.cut)
    world.call_at(25, cable.cut)
    world.call_at(30, cable.heal)
    world.run_until(40)
    assert left.carriers == right.carriers == [(0, "e0", True), (20, "e0", False), (30, "e0", True)]


def test_a_cut_loses_what_is_under_way_and_what_is_sent(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=100))
    port.send([b"arrives"])
    world.run_until(50)
    port.send([b"under way"])
    world.run_until(100)
    cable.cut()
    port.send([b"into the void"])
    world.run_until(120)
    cable.heal()
    port.send([b"after"])
    world.run_until(1000)
    assert [frame for _, _, frame in hearer.heard] == [b"arrives", b"after"]
    assert cable.drops()["a:e0"] == {"cut": 1}
    assert port.drops == {"no cable": 1}


def test_a_cut_and_heal_in_one_instant_loses_frames_and_nobody_notices(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=100))
    world.run_until(10)
    port.send([b"lost"])
    cable.cut()
    cable.heal()
    world.run_until(1000)
    assert hearer.heard == []
    assert hearer.carriers == [(0, "e0", True)]


def test_new_settings_hold_at_once(line: Any) -> None:
    world, cable, port, hearer = line(CableSettings(delay=100))
    port.send([b"slow"])
    cable.settle(CableSettings(delay=10))
    port.send([b"quick"])
    world.run_until(1000)
    assert [(at, frame) for at, _, frame in hearer.heard] == [(10, b"quick"), (100, b"slow")]


def test_faults_of_one_cable_leave_the_dice_of_another_alone(witness: Any) -> None:
    def arrivals(other_loss: int) -> list[Any]:
        world = World(3)
        (a, _), (b, hearer) = witness(world, "a"), witness(world, "b")
        (c, _), (d, _) = witness(world, "c"), witness(world, "d")
        Cable(world, c, d, CableSettings(loss_ppm=other_loss))
        Cable(world, a, b, CableSettings(loss_ppm=500_000))
        for n in range(50):
            c.send([b"noise"])
            a.send([bytes([n])])
        world.run_until(SECOND)
        return list(hearer.heard)

    assert arrivals(0) == arrivals(900_000)


def test_a_port_takes_one_cable(witness: Any) -> None:
    world = World()
    (a, _), (b, _), (c, _) = witness(world, "a"), witness(world, "b"), witness(world, "c")
    Cable(world, a, b)
    with pytest.raises(ValueError, match="one cable"):
        Cable(world, a, c)
    with pytest.raises(ValueError, match="one cable"):
        Cable(world, c, c)


@pytest.mark.parametrize("wrong", [{"delay": 0}, {"loss_ppm": 1_000_001}, {"corrupt_ppm": -1}, {"rate_bps": -1}])
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CableSettings(**wrong)


def test_a_watcher_sees_both_directions_until_it_is_sent_away(witness: Any) -> None:
    world = World()
    (a, _), (b, _) = witness(world, "a"), witness(world, "b")
    cable, seen = Cable(world, a, b), list[Any]()

    def show(frames: Any, at: int) -> None:
        seen.append((at, list(frames)))

    cable.watch(show)
    a.send([b"to b"])
    world.run_until(5)
    b.send([b"to a"])
    cable.unwatch(show)
    a.send([b"unseen"])
    assert seen == [(0, [b"to b"]), (5, [b"to a"])]
