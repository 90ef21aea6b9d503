"""Long computations run beside the event loop and come back into it."""

from __future__ import annotations

import asyncio
import threading

from iosh.underlay.linux.workers import Workers, compute


def test_a_result_comes_back_into_the_loop_at_the_time_it_is_then():
    heard = []

    async def story():
        handed = asyncio.Event()
        workers = Workers(lambda: 77, handed.set)
        main = threading.get_ident()
        where = lambda one, other: (threading.get_ident() != main, one + other)  # noqa: E731
        workers.submit(where, (2, 3), lambda result, now: heard.append((result, now, threading.get_ident() == main)), 5)
        assert heard == []
        await asyncio.wait_for(handed.wait(), 10)
        workers.close()

    asyncio.run(story())
    assert heard == [((True, 5), 77, True)]


def test_results_after_the_end_are_nobodys():
    started, go_on = threading.Event(), threading.Event()
    heard = []

    async def story():
        workers = Workers(lambda: 0, lambda: None)
        workers.submit(lambda: (started.set(), go_on.wait(10)), (), lambda result, now: heard.append(result), 0)
        await asyncio.to_thread(started.wait, 10)
        workers.close()

    asyncio.run(story())
    go_on.set()
    assert heard == []


def test_guessing_on_many_connections_leaves_the_routers_a_thread():
    go_on = threading.Event()
    heard = []

    async def story():
        guesses = [asyncio.create_task(compute(lambda: go_on.wait(10))) for _ in range(20)]
        await asyncio.sleep(0)
        handed = asyncio.Event()
        workers = Workers(lambda: 0, handed.set)
        workers.submit(lambda: "rekeyed", (), lambda result, now: heard.append(result), 0)
        await asyncio.wait_for(handed.wait(), 10)
        assert not any(guess.done() for guess in guesses)
        go_on.set()
        assert await asyncio.wait_for(asyncio.gather(*guesses), 10) == [True] * 20
        workers.close()

    asyncio.run(story())
    assert heard == ["rekeyed"]
