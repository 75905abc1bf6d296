"""Who asks for what is under way already waits for that."""

from __future__ import annotations

import asyncio

import pytest

from policy.directory.flights import Flights


class _Source:
    """Counts how often it is started, and answers once it is let go."""

    def __init__(self) -> None:
        self.started = 0
        self.let_go = asyncio.Event()
        self.fails = False

    async def start(self) -> int:
        self.started += 1
        await self.let_go.wait()
        if self.fails:
            raise ValueError("broken")
        return self.started


async def _waiting(
    flights: Flights[str, int], source: _Source, number: int
) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(flights.join("x", source.start)) for _ in range(number)]
    await asyncio.sleep(0)
    return tasks


async def test_all_who_wait_get_one_answer() -> None:
    """One task for a key; once it has landed the next one starts afresh."""
    flights: Flights[str, int] = Flights()
    source = _Source()

    waiting = await _waiting(flights, source, 3)
    assert ("x" in flights, len(flights)) == (True, 1)
    source.let_go.set()

    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert len(flights) == 0
    assert await flights.join("x", source.start) == 2


async def test_one_who_leaves_takes_nothing_away() -> None:
    """The others still get the answer."""
    flights: Flights[str, int] = Flights()
    source = _Source()
    waiting = await _waiting(flights, source, 2)

    waiting[0].cancel()
    source.let_go.set()

    assert await waiting[1] == 1


async def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    """The next who asks may have more luck."""
    flights: Flights[str, int] = Flights()
    source = _Source()
    source.fails = True
    waiting = await _waiting(flights, source, 2)
    source.let_go.set()

    assert [str(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [
        "broken",
        "broken",
    ]
    source.fails = False
    assert await flights.join("x", source.start) == 2


async def test_closing_ends_what_is_under_way() -> None:
    """Whoever waits is told, and no task is left."""
    flights: Flights[str, int] = Flights()
    (waiting,) = await _waiting(flights, _Source(), 1)

    await flights.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(flights) == 0


async def test_nobody_need_wait_for_a_flight() -> None:
    """One that was launched is joined by whoever comes, and an error that nobody hears is none."""
    flights: Flights[str, int] = Flights()
    source = _Source()

    task = flights.launch("x", source.start)
    waiting = await _waiting(flights, source, 1)
    source.let_go.set()
    first = await waiting[0]
    source.fails = True
    unheard = flights.launch("x", source.start)
    await asyncio.wait([unheard])

    assert (first, await task, source.started) == (1, 1, 2)
    assert len(flights) == 0
