"""The pump moves a world by a clock that the test holds."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import pytest

from iosh.base.time import MILLISECOND, SECOND
from iosh.shell.pump import Pump
from iosh.underlay.sim.world import World


class Wall:
    """A clock that moves when told, and by `cost` at each look."""

    def __init__(self) -> None:
        self.now = 10**12
        self.cost = 0

    def __call__(self) -> int:
        self.now += self.cost
        return self.now


def pumped(speed: int | Fraction = 1, *, on_real_wires: bool = False) -> tuple[Pump, World, Wall]:
    wall, world = Wall(), World(1)
    return Pump(world, speed, wall, on_real_wires=on_real_wires), world, wall


def test_time_passes_as_on_the_wall() -> None:
    pump, world, wall = pumped()
    wall.now += 3 * SECOND
    assert pump.catch_up()
    assert world.now == 3 * SECOND


def test_time_passes_as_many_times_faster_as_asked_from_then_on() -> None:
    pump, world, wall = pumped()
    wall.now += SECOND
    pump.set_speed(Fraction(10))
    wall.now += SECOND
    pump.catch_up()
    assert world.now == 11 * SECOND


def test_a_pause_stops_time_and_a_resume_does_not_make_up_for_it() -> None:
    pump, world, wall = pumped()
    wall.now += SECOND
    pump.pause()
    wall.now += 100 * SECOND
    pump.catch_up()
    assert world.now == SECOND
    pump.resume()
    wall.now += SECOND
    pump.catch_up()
    assert world.now == 2 * SECOND


def test_a_while_can_be_let_pass_without_waiting_also_in_a_pause() -> None:
    pump, world, wall = pumped()
    pump.pause()
    asyncio.run(pump.run_for(3600 * SECOND))
    assert world.now == 3600 * SECOND
    assert pump.paused
    wall.now += 5 * SECOND
    pump.catch_up()
    assert world.now == 3600 * SECOND


def test_a_busy_lab_gives_way_to_the_keyboard_and_falls_behind_instead_of_racing() -> None:
    pump, world, wall = pumped()
    handled = _work_each_millisecond(world)
    wall.cost = 20 * MILLISECOND  # each event takes as long as twenty should
    wall.now += 10 * SECOND
    assert not pump.catch_up()
    assert len(handled) < 5
    assert pump.is_behind
    wall.cost = 0
    wall.now += SECOND
    assert pump.catch_up()
    assert not pump.is_behind
    assert world.now < 2 * SECOND


def test_a_router_on_real_wires_makes_up_for_what_is_late() -> None:
    pump, world, wall = pumped(on_real_wires=True)
    began = wall.now
    _work_each_millisecond(world)
    wall.cost = 20 * MILLISECOND
    wall.now += 10 * SECOND
    assert not pump.catch_up()
    assert pump.is_behind
    wall.cost = 0
    assert pump.catch_up()
    assert not pump.is_behind
    assert world.now == wall.now - began


def _work_each_millisecond(world: World) -> list[int]:
    handled = []

    def work() -> None:
        handled.append(world.now)
        world.call_later(MILLISECOND, work)

    world.call_later(MILLISECOND, work)
    return handled


def test_a_world_where_nothing_is_due_still_grows_older() -> None:
    pump, world, wall = pumped(4)
    wall.now += SECOND
    pump.catch_up()
    assert world.now == 4 * SECOND


def test_the_loop_is_kept_free_while_the_world_runs() -> None:
    async def scene() -> int:
        world = World(1)
        pump = Pump(world, 1000)
        turns = 0
        task = asyncio.create_task(pump.pour())
        while world.now < 20 * SECOND:
            turns += 1
            await asyncio.sleep(0.001)
        task.cancel()
        return turns

    assert asyncio.run(scene()) > 2


def test_a_speed_of_nothing_is_refused() -> None:
    pump, _, _ = pumped()
    with pytest.raises(ValueError, match="greater than 0"):
        pump.set_speed(Fraction(0))


def test_time_that_is_held_does_not_follow_the_clock_that_went_on() -> None:
    pump, world, wall = pumped()
    wall.now += 5 * SECOND
    pump.hold()
    pump.catch_up()
    assert world.now == 0
    pump.resume()
    wall.now += SECOND
    pump.catch_up()
    assert world.now == SECOND
