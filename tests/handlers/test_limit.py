"""What takes too long is ended, and nothing else is."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest

from policy.handlers.limit import Limit

SOON_S: Final = 0.05
LONG_S: Final = 30.0


def held(limit: Limit) -> asyncio.Future[int]:
    """Wait for something, but not too long."""
    outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    limit.hold(outcome)
    return outcome


async def test_what_comes_in_time_is_not_late() -> None:
    """It is given as it is."""
    limit = Limit(LONG_S)
    outcome = held(limit)

    outcome.set_result(1)

    assert await outcome == 1
    assert not limit.release(outcome)


async def test_what_is_late_is_ended_in_time() -> None:
    """Each by its own time, also those that come while others wait."""
    limit = Limit(SOON_S)
    for _ in range(3):
        began_s = time.monotonic()

        outcomes = [held(limit) for _ in range(5)]
        await asyncio.wait(outcomes)

        assert all(each.cancelled() and limit.release(each) for each in outcomes)
        assert SOON_S * 0.9 <= time.monotonic() - began_s < 10 * SOON_S


async def test_who_is_late_is_alone() -> None:
    """The next one has all of its time."""
    limit = Limit(SOON_S)
    late = held(limit)
    await asyncio.wait([late], timeout=SOON_S / 2)
    next_one = held(limit)

    await asyncio.wait([late])
    next_one.set_result(1)

    assert limit.release(late)
    assert not limit.release(next_one)


async def test_who_gives_up_is_not_late() -> None:
    """Nor is what is waited for by nobody any more."""
    limit = Limit(SOON_S)
    first, second = held(limit), held(limit)

    first.cancel()
    assert not limit.release(first)
    await asyncio.wait([second])

    assert limit.release(second)


async def test_a_task_that_is_late_is_ended() -> None:
    """It hears of it where it waits."""
    limit, ended = Limit(SOON_S), asyncio.Event()
    task = asyncio.create_task(_waiting(ended))

    limit.hold(task)

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert limit.release(task)


async def test_what_came_at_the_last_moment_is_not_late() -> None:
    """Though nobody has looked at it yet."""
    limit = Limit(SOON_S)
    outcome, other = held(limit), held(limit)
    outcome.set_result(1)

    await asyncio.wait([other])

    assert not limit.release(outcome)


async def _waiting(ended: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()
