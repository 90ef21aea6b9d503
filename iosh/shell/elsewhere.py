"""Long computations beside the event loop: a password held against scrypt takes some 50 ms, in which other sessions
type and packets want to be forwarded. They read values only, and give the interpreter free while they work.

Few threads, so that guessing on many connections at once takes no more than they have; the rest waits in line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final, TypeVar

_THREADS: Final = 2

Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="iosh-elsewhere")


async def compute(work: Callable[[], Result]) -> Result:
    """What `work` makes."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), work)


def begin(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Compute, and tell the result in the loop."""
    running = asyncio.get_running_loop().run_in_executor(_threads(), work)
    running.add_done_callback(lambda ended: None if ended.cancelled() else done(ended.result()))
