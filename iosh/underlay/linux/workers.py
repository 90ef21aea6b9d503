"""Worker threads for long computations (16th decision): neither a thousand rekeys nor a guessed password may hold up
forwarding, or those who type.

`cryptography` lets go of the interpreter while it computes, so a few threads are enough for the whole program. Results
come back into the event loop, one by one; nothing of a router is touched by another thread. `Workers` compute for the
routers of a world, at its time; `compute` and `begin` for people at the door, who get all threads but one: guessing on
many connections at once leaves the rekeys theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from iosh.base.time import Instant

_THREADS: Final = 3
_FOR_PEOPLE: Final = _THREADS - 1

Result = TypeVar("Result")

_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "compute")


async def compute(work: Callable[[], Result]) -> Result:
    """What `work` makes, when it is its turn."""
    loop = asyncio.get_running_loop()
    async with _turns.setdefault(loop, asyncio.Semaphore(_FOR_PEOPLE)):
        return await loop.run_in_executor(_pool(), work)


def begin(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Compute, and tell the result in the loop."""
    running = asyncio.get_running_loop().create_task(compute(work))
    running.add_done_callback(lambda ended: None if ended.cancelled() else done(ended.result()))


class Workers:
    """A `Computer`. `clock` gives the world's time when a result is back; `after` is called once it was handed over."""

    def __init__(self, clock: Callable[[], Instant], after: Callable[[], None]) -> None:
        self._clock = clock
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._under_way: dict[Future[Any], None] = {}

    def submit(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], done: Callable[[Any, Instant], None], now: Instant
    ) -> None:
        def hand_over(future: Future[Any]) -> None:
            if future in self._under_way:
                del self._under_way[future]
                done(future.result(), self._clock())
                self._after()

        def finished(future: Future[Any]) -> None:  # in the thread
            if not future.cancelled() and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(hand_over, future)

        future = _pool().submit(work, *arguments)
        self._under_way[future] = None
        future.add_done_callback(finished)

    def close(self) -> None:
        """What is under way comes to nothing."""
        for future in self._under_way:
            future.cancel()
        self._under_way.clear()
