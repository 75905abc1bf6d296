"""Work is done at its times, and a turn that has begun is finished."""

from __future__ import annotations

import asyncio

from policy.directory.repeating import Repeating


class _Work:
    """Counts its turns, and takes as long as a test wants."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.turns = 0

    async def __call__(self) -> None:
        self.begun.set()
        await self.let_go.wait()
        self.turns += 1


async def test_a_turn_is_finished_before_it_stops() -> None:
    """Whoever closes waits for it, and no other follows."""
    work = _Work()
    repeating = Repeating(work)

    repeating.open(every_s=0.001)
    async with asyncio.timeout(5):
        await work.begun.wait()
        closing = asyncio.create_task(repeating.close())
        await asyncio.sleep(0)
        before = work.turns
        work.let_go.set()
        await closing

    assert (before, work.turns) == (0, 1)


async def test_it_is_done_again_and_again() -> None:
    """Until it is closed, however often that is."""
    work = _Work()
    work.let_go.set()
    repeating = Repeating(work)

    repeating.open(every_s=0.001)
    async with asyncio.timeout(5):
        for _ in range(3):
            await work.begun.wait()
            work.begun.clear()
        await repeating.close()
        await repeating.close()

    assert work.turns >= 3


async def test_the_first_turn_comes_after_a_pause() -> None:
    """Closed in it, nothing is done."""
    work = _Work()
    repeating = Repeating(work)

    repeating.open(every_s=3600)
    async with asyncio.timeout(5):
        await repeating.close()

    assert work.turns == 0
