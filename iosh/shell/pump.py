"""The pump: advances a world inside the event loop, in real time, so many times faster, or as fast as it goes.

Virtual time is tied to the wall clock at an anchor: `virtual = anchor + (wall - anchor's wall) * speed`. The world is
run in slices, so that the keyboard answers while a busy lab catches up; a lab that cannot keep the speed asked for
falls behind and says so, it does not freeze. A router on real wires never lets time go: its neighbours' clocks do not
wait, so what is late is made up for. There is no thread and no lock: everything happens in the loop.
"""

from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from iosh.base.time import MILLISECOND, SECOND, Instant, Span
from iosh.underlay.sim.world import World

if TYPE_CHECKING:
    import asyncio

_SLICE_WALL: Final = 30 * MILLISECOND  # at most this long without a look at the keyboard
_SLEEP: Final = 50 * MILLISECOND  # and no longer sleep than this, for commands that change what is due
_BEHIND: Final = SECOND  # wall time the world may lag before the anchor is moved


class Pump:
    """Moves one world; `on_real_wires` never falls behind for good. `clock` gives wall nanoseconds, for tests."""

    def __init__(
        self, world: World, speed: Fraction | int = 1, clock: object = None, *, on_real_wires: bool = False
    ) -> None:
        self.world = world
        self.paused = False
        self.is_behind = False
        self._on_real_wires = on_real_wires
        self._speed = Fraction(speed)
        self._clock = clock if callable(clock) else time.monotonic_ns
        self._anchor_wall = self._clock()
        self._anchor: Instant = world.now
        self._sleeper: asyncio.Future[None] | None = None
        self._until: Instant | None = None  # when the sleeper gets up, in virtual time

    @property
    def speed(self) -> Fraction:
        """Virtual seconds in a second of the wall clock."""
        return self._speed

    def set_speed(self, speed: Fraction) -> None:
        """Go on at that speed from now."""
        if speed <= 0:
            raise ValueError("a speed is greater than 0")
        self.catch_up()
        self._speed = speed
        self._anchor_here()

    def pause(self) -> None:
        """Stop time."""
        self.catch_up()
        self.paused = True

    def hold(self) -> None:
        """Stop time where it is: what the wall clock did meanwhile leaves no trace, so a script repeats exactly."""
        self.paused = True

    def resume(self) -> None:
        """Let time go on."""
        self.paused = False
        self._anchor_here()

    def catch_up(self) -> bool:
        """Bring the world to where the clock says it should be, for one slice at most. True when it got there."""
        if self.paused:
            return True
        wall = self._clock()
        target = self._anchor + int((wall - self._anchor_wall) * self._speed)
        arrived = self._run(target, wall + _SLICE_WALL)
        if arrived:
            self.is_behind = False
        elif (target - self.world.now) / self._speed > _BEHIND:
            self.is_behind = True
            if not self._on_real_wires:
                self._anchor_here()
        return arrived

    async def pour(self) -> None:
        """Advance the world for ever; cancelled by whoever started it."""
        import asyncio  # with the event loop, not before the first prompt

        while True:
            if self.catch_up():
                await self._sleep()
            else:
                await asyncio.sleep(0)

    def poke(self) -> None:
        """Something was done from outside: get up sooner if it is due sooner."""
        due = self.world.due()
        if self._sleeper is None or self._sleeper.done() or due is None:
            return
        if self._until is None or due < self._until:
            self._sleeper.set_result(None)

    async def run_for(self, span: Span) -> None:
        """Let `span` of virtual time pass as fast as it goes, paused or not; time then goes on from there."""
        import asyncio  # with the event loop, not before the first prompt

        target = self.world.now + span
        was_paused, self.paused = self.paused, True  # the other task must not run on
        try:
            while not self._run(target, self._clock() + _SLICE_WALL):
                await asyncio.sleep(0)
        finally:
            self.paused = was_paused
            self._anchor_here()

    def _run(self, target: Instant, wall_limit: int) -> bool:
        """Run to `target` or until the wall clock passes the limit; at least one event is handled."""
        while True:
            due = self.world.due()
            if due is None or due > target:
                self.world.run_until(target)
                return True
            self.world.run_until(due)
            if self._clock() >= wall_limit:
                return False

    async def _sleep(self) -> None:
        """Until something is due, or `poke`."""
        import asyncio

        loop = asyncio.get_running_loop()
        self._until = self.world.due()
        self._sleeper = sleeper = loop.create_future()
        alarm = loop.call_later(self._rest() / SECOND, _get_up, sleeper)
        try:
            await sleeper
        finally:
            alarm.cancel()
            self._sleeper = None

    def _rest(self) -> int:
        """Wall nanoseconds until something is due."""
        due = self.world.due()
        if self.paused or due is None:
            return _SLEEP
        return max(0, min(_SLEEP, int((due - self.world.now) / self._speed)))

    def _anchor_here(self) -> None:
        self._anchor_wall = self._clock()
        self._anchor = self.world.now


def _get_up(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
