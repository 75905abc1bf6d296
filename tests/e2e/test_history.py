"""Two servers, two PostgreSQL, ten thousand commits: no answer contradicts what is committed."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

from tests.clusters import pair
from tests.e2e.traffic import Traffic, Writer, spread, tell
from tests.e2e.two_sites import BOUND_S, POLL_S, serving
from tests.e2e.worlds import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.clusters import Pair
    from tests.e2e.two_sites import Server

COMMITS: Final = 10_000
ROUNDS: Final = 200
WRITERS: Final = 4
SAMPLERS: Final = 2
# A slow transaction is open for the second half of the commits; every night for at least so long.
HELD_S: Final = 60.0 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 0.0
# So soon a commit is to be known to every server, but for one in a hundred.
SOON_S: Final = 0.1


@dataclass(slots=True)
class Lags:
    """How long after a commit was acknowledged somebody called first who was answered truly."""

    before: dict[str, list[float]] = field(default_factory=dict)  # the slow transaction began
    beside: dict[str, list[float]] = field(default_factory=dict)
    of_held: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """What came of it."""

    traffic: Traffic
    lags: Lags
    commits: int = 0
    took_s: float = 0.0
    held_s: float = 0.0
    let_in_s: dict[str, list[float]] = field(default_factory=dict)  # so late after a cancellation


@pytest.fixture(scope="module")
async def run() -> AsyncIterator[Run]:
    """Commit, call and measure; the tests look at what came of it."""
    async with pair() as nodes, AsyncExitStack() as parts:
        traffic = Traffic(())
        writers = [
            await _writer(nodes, traffic, number, parts) for number in range(WRITERS + SAMPLERS + 1)
        ]
        traffic.servers = await parts.enter_async_context(
            serving((nodes.first, nodes.second), (nodes.second, nodes.first))
        )
        result = Run(traffic, Lags())
        await _Course(result, writers).go()
        yield result


async def _writer(nodes: Pair, traffic: Traffic, number: int, parts: AsyncExitStack) -> Writer:
    world = World(f"unit-{number}", random.Random(number))  # noqa: S311  no secret
    writer = Writer(nodes.first.dsn, world, traffic.history)
    parts.push_async_callback(writer.close)
    await writer.make()
    return writer


class _Course:
    """One run: some write, some measure as well, and one holds a transaction open."""

    def __init__(self, run: Run, writers: Sequence[Writer]) -> None:
        self._run = run
        self._traffic = run.traffic
        *self._writers, self._holder = writers
        self._lags = run.lags.before
        self._half = asyncio.Event()
        self._rest = asyncio.Event()
        self._left = COMMITS

    async def go(self) -> None:
        began_s = time.monotonic()
        async with self._traffic.going_on():
            async with asyncio.TaskGroup() as group:
                for writer in self._writers[SAMPLERS:]:
                    group.create_task(self._write(writer))
                for writer in self._writers[:SAMPLERS]:
                    group.create_task(self._sample(writer))
                group.create_task(self._hold())
            self._run.took_s = time.monotonic() - began_s
        self._run.commits = sum(writer.commits for writer in self._writers)
        for _ in range(ROUNDS):
            await self._cancel()
        await self._traffic.ask_all()

    def _goes_on(self) -> bool:
        """Count a commit that is to be made."""
        self._left -= 1
        if self._left <= COMMITS // 2:
            self._half.set()
        if self._left <= 0:
            self._rest.set()
        return self._left > 0 or not self._run.held_s

    async def _write(self, writer: Writer) -> None:
        while self._goes_on():
            await writer.write(writer.world.change)

    async def _sample(self, writer: Writer) -> None:
        """Commit, and ask for it at once and on, until both servers know of it."""
        while self._goes_on():
            changed = await writer.write(writer.world.change)
            if changed:
                await self._measure(changed[0], self._lags)

    async def _measure(self, alias: str, lags: dict[str, list[float]]) -> None:
        commit = self._traffic.history.commits[alias][-1]
        servers = self._traffic.servers
        known_s = await asyncio.gather(
            *(self._first_true(server, alias, commit.answer) for server in servers)
        )
        for server, at_s in zip(servers, known_s, strict=True):
            lags.setdefault(server.name, []).append(max(at_s - commit.acknowledged_s, 0.0))

    async def _first_true(self, server: Server, alias: str, answer: str) -> float:
        while (asked := await self._traffic.ask(server, alias)).answer != answer:
            pass
        return asked.asked_s

    async def _cancel(self) -> None:
        """Book a meeting, and cancel it while calls come in at both servers."""
        world, servers = self._holder.world, self._traffic.servers
        (alias,) = await self._holder.write(lambda: world.book("OK"))
        meeting = world.rooms[-1]
        open_to_all = world.answers()[alias]
        await asyncio.gather(*(self._first_true(each, alias, open_to_all) for each in servers))
        calls = [
            asyncio.create_task(self._last_let_in(server, alias, open_to_all)) for server in servers
        ]
        await self._holder.write(lambda: world.cancel(meeting))
        commit = self._traffic.history.commits[alias][-1]
        for server, at_s in zip(servers, await asyncio.gather(*calls), strict=True):
            late_s = max(at_s - commit.acknowledged_s, 0.0)
            self._run.let_in_s.setdefault(server.name, []).append(late_s)
        await self._holder.write(lambda: world.delete_room(meeting))

    async def _last_let_in(self, server: Server, alias: str, open_to_all: str) -> float:
        """Call until nobody is let in any more; gives when the last one called who was."""
        last_s = 0.0
        while (asked := await self._traffic.ask(server, alias)).answer == open_to_all:
            last_s = asked.asked_s
        return last_s

    async def _hold(self) -> None:
        """Write a row, and commit only when all others have."""
        await self._half.wait()
        connection = await self._holder.open()
        began_s = time.monotonic()
        transaction = connection.transaction()
        await transaction.start()
        before = self._holder.world.answers()
        query, values = self._holder.world.set_pin()
        await connection.execute(query, *values)
        self._lags = self._run.lags.beside
        await self._rest.wait()
        while time.monotonic() - began_s < HELD_S:
            await self._traffic.ask(self._traffic.servers[0], next(iter(before)))
        begun_s = time.monotonic()
        await transaction.commit()
        self._run.held_s = time.monotonic() - began_s
        changed = self._holder.note(before, begun_s, time.monotonic())
        measured: dict[str, list[float]] = {}
        await self._measure(changed[0], measured)
        self._run.lags.of_held = {name: each for name, (each,) in measured.items()}


def test_no_answer_contradicts_a_commit(run: Run) -> None:
    """Each is as new as is stated, on both servers, and each last change has been seen."""
    servers = [server.name for server in run.traffic.servers]

    rate = f"{run.commits / run.took_s:.0f}/s"
    tell("history", commits=run.commits, seconds=f"{run.took_s:.1f}", rate=rate)
    run.traffic.check(BOUND_S)
    assert run.commits >= COMMITS
    assert run.traffic.history.unproven(servers, BOUND_S) == []
    assert sum(asked.is_stale for asked in run.traffic.history.answers) == 0


@pytest.mark.parametrize("which", ["before", "beside"])
def test_a_commit_is_soon_known(run: Run, which: str) -> None:
    """Before a slow transaction and beside it: it delays nobody else's change."""
    lags: dict[str, list[float]] = getattr(run.lags, which)

    for server, times_s in lags.items():
        tell(f"known {which} a slow transaction", server=server, after=spread(times_s))
    for times_s in lags.values():
        assert sorted(times_s)[int(len(times_s) * 0.99)] <= SOON_S


def test_a_slow_transaction_is_known_at_once(run: Run) -> None:
    """What it wrote long ago is seen when it has committed, without waiting for a poll."""
    lags = {name: f"{1000 * lag_s:.1f} ms" for name, lag_s in run.lags.of_held.items()}

    tell("known after it was held", held=f"{run.held_s:.1f} s", **lags)
    assert max(run.lags.of_held.values()) <= POLL_S


def test_nobody_is_let_in_after_a_cancellation(run: Run) -> None:
    """Whoever calls at the very moment may be; who calls later than is stated never is."""
    for server, late_s in run.let_in_s.items():
        tell("let in after a cancellation", server=server, after=spread(late_s))
    assert {len(late_s) for late_s in run.let_in_s.values()} == {ROUNDS}
    assert max(max(late_s) for late_s in run.let_in_s.values()) <= BOUND_S
