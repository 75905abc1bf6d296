"""What takes too long is ended, and nothing else is."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest

from policy.handlers.limit import Limit

SOON_S: Final = 0.05
LONG_S: Final = 30.0


async def held(limit: Limit, event: asyncio.Event) -> bool:
    """Wait for an event, but not too long."""
    return await limit.hold(event.wait())


async def test_what_comes_in_time_is_given() -> None:
    """And so is an error."""
    limit, event = Limit(LONG_S), asyncio.Event()
    waiting = asyncio.create_task(held(limit, event))

    event.set()

    assert await waiting
    with pytest.raises(ZeroDivisionError):
        await limit.hold(_failing())


async def test_what_is_late_is_ended_in_time() -> None:
    """Each by its own time, also those that come while others wait."""
    limit, event = Limit(SOON_S), asyncio.Event()
    for _ in range(3):
        began_s = time.monotonic()

        ended = await asyncio.gather(
            *(held(limit, event) for _ in range(5)), return_exceptions=True
        )

        assert [type(each) for each in ended] == [TimeoutError] * 5
        assert SOON_S * 0.9 <= time.monotonic() - began_s < 10 * SOON_S


async def test_who_is_late_is_alone() -> None:
    """The next one has all of its time."""
    limit, event = Limit(SOON_S), asyncio.Event()
    late = asyncio.create_task(held(limit, event))
    await asyncio.wait([late], timeout=SOON_S / 2)
    next_one = asyncio.create_task(held(limit, event))

    with pytest.raises(TimeoutError):
        await late
    event.set()

    assert await next_one


async def test_who_gives_up_is_cancelled() -> None:
    """It is no lateness, and disturbs nobody."""
    limit, event = Limit(LONG_S), asyncio.Event()
    first, second = (asyncio.create_task(held(limit, event)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    event.set()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second


async def test_a_late_task_goes_on_uncancelled() -> None:
    """What it does next is not ended by a limit that is behind it."""
    limit = Limit(SOON_S)
    with pytest.raises(TimeoutError):
        await limit.hold(asyncio.Event().wait())
    task = asyncio.current_task()

    assert task is not None
    assert task.cancelling() == 0
    assert await limit.hold(_prompt()) == 1


async def _failing() -> None:
    raise ZeroDivisionError


async def _prompt() -> int:
    return 1
