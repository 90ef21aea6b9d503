"""Worker threads for long computations (16th decision): a thousand rekeys must not hold up forwarding.

`cryptography` lets go of the interpreter while it computes, so a few threads are enough. Results come back into the
event loop, one by one, at the world's time then; nothing of a router is touched by another thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from iosh.base.time import Instant

_THREADS: Final = 2


class Workers:
    """A `Computer`. `clock` gives the world's time when a result is back; `after` is called once it was handed over."""

    def __init__(self, clock: Callable[[], Instant], after: Callable[[], None]) -> None:
        self._clock = clock
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(_THREADS, "compute")

    def submit(
        self, work: Callable[..., Any], arguments: tuple[Any, ...], done: Callable[[Any, Instant], None], now: Instant
    ) -> None:
        def hand_over(future: Future[Any]) -> None:
            done(future.result(), self._clock())
            self._after()

        def finished(future: Future[Any]) -> None:  # in the thread
            if not future.cancelled() and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(hand_over, future)

        self._pool.submit(work, *arguments).add_done_callback(finished)

    def close(self) -> None:
        """What is under way comes to nothing."""
        self._pool.shutdown(wait=False, cancel_futures=True)
