"""What becomes of calls and commits while databases, connections and clocks fail."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from policy.embedded.home import PORT
from policy.server import PolicyServer
from policy.settings import Settings
from tests.clusters import address_of, pair
from tests.database import KEY
from tests.e2e.traffic import Traffic, Writer, tell
from tests.e2e.two_sites import BOUND_S, POLL_S, UNTRUSTED_S, Server, serving
from tests.e2e.worlds import TIMES, World
from tests.fakes.node import FakeNode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from tests.clusters import Node, Pair
    from tests.database import Database

WRITERS: Final = 2
# Before something fails, while it does, and afterwards.
COMMITS: Final = 50
FROZEN_S: Final = 3.0
KILLED: Final = 10
# Who loses sight of the changes believes what was read before for as long as `cache.untrusted_s`,
# and needs a poll to read from another node.
OUTAGE_S: Final = UNTRUSTED_S + POLL_S

LISTENERS: Final = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND query ~ 'vdx_policy_changes|pg_current_wal_lsn'
"""
RECEIVES_NOTHING: Final = (
    "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL)"
)


@pytest.fixture(scope="module")
async def nodes() -> AsyncIterator[Pair]:
    """Run a primary and its standby; who promotes one makes others."""
    async with pair() as both:
        yield both


@dataclass(frozen=True, slots=True)
class Business:
    """Two servers that are called all the time, and whose databases are changed all the time."""

    traffic: Traffic
    writers: Sequence[Writer]

    @property
    def servers(self) -> Sequence[Server]:
        """The one that reads the first node, and the one that reads the second."""
        return self.traffic.servers

    async def commit(self, number: int = COMMITS) -> None:
        """Go on until so many more changes have been committed."""
        wanted = self._commits() + number
        await self._ask_until(lambda: self._commits() >= wanted)

    async def call_for(self, seconds: float) -> None:
        """Call for so long."""
        end_s = time.monotonic() + seconds
        await self._ask_until(lambda: time.monotonic() >= end_s)

    async def until(self, **told: object) -> None:
        """Wait until both servers say this of themselves."""
        await asyncio.gather(*(server.until(**told) for server in self.servers))

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Let some database be away until the end of the block, and wait for it to be over."""
        self.traffic.refusals_are_stale = True
        yield
        await self.until(changes="current")
        self.traffic.refusals_are_stale = False

    async def admit(self, standby: Node) -> None:
        """Let be right what a standby has, as long as its primary is away."""
        behind = [await writer.admit(standby) for writer in self.writers]
        tell("the standby is behind by", answers=sum(behind))

    def _commits(self) -> int:
        return sum(writer.commits for writer in self.writers)

    async def _ask_until(self, holds: Callable[[], bool]) -> None:
        alias = next(iter(self.traffic.history.commits))
        while not holds():
            await self.traffic.ask(self.servers[0], alias)


@asynccontextmanager
async def business(nodes: Pair, name: str) -> AsyncIterator[Business]:
    """Call and commit; in the end no call has failed, and none was told what it must not be."""
    orders = (nodes.first, nodes.second), (nodes.second, nodes.first)
    async with AsyncExitStack() as parts:
        traffic = Traffic(())
        writers = [
            await _writer(nodes, f"{name}-{number}", traffic, parts) for number in range(WRITERS)
        ]
        traffic.servers = await parts.enter_async_context(serving(*orders))
        going = Business(traffic, writers)
        await going.until(changes="current")
        async with traffic.going_on(), asyncio.TaskGroup() as group:
            over = asyncio.Event()
            for writer in writers:
                group.create_task(_write(writer, over))
            await going.commit()
            yield going
            await going.commit()
            over.set()
        await traffic.ask_all()
        commits = sum(writer.commits for writer in writers)
        lost = sum(writer.lost for writer in writers)
        tell(name, commits=commits, lost=lost)
        traffic.check(OUTAGE_S)
        assert traffic.history.unproven([each.name for each in going.servers], BOUND_S) == []


async def _writer(nodes: Pair, name: str, traffic: Traffic, parts: AsyncExitStack) -> Writer:
    world = World(name, random.Random(name))  # noqa: S311  no secret
    writer = Writer(address_of(nodes.first, nodes.second), world, traffic.history)
    parts.push_async_callback(writer.close)
    await writer.make(rooms=4)
    return writer


async def _write(writer: Writer, over: asyncio.Event) -> None:
    while not over.is_set():
        await writer.try_to_write(writer.world.change_a_room)


async def test_the_primary_is_killed_and_returns(nodes: Pair) -> None:
    """Meanwhile both servers read the standby, and say that they may miss changes."""
    async with business(nodes, "killed-primary") as going, going.outage():
        await nodes.first.kill()
        await going.admit(nodes.second)
        await going.until(changes="may be missing", role="standby")
        await nodes.first.start()


async def test_the_primary_is_frozen_for_a_while(nodes: Pair) -> None:
    """It answers nobody and breaks no connection: both servers read the standby."""
    async with business(nodes, "frozen-primary") as going, going.outage():
        nodes.first.freeze()
        began_s = time.monotonic()
        await going.admit(nodes.second)
        await going.until(role="standby")
        await going.call_for(began_s + FROZEN_S - time.monotonic())
        nodes.first.thaw()
        going.traffic.history.settle(time.monotonic())


async def test_the_listening_connections_are_killed(nodes: Pair) -> None:
    """What is committed before they are back is found by the poll."""
    async with business(nodes, "killed-listeners") as going:
        sql = await nodes.first.connect()
        killed = 0
        for _ in range(KILLED):
            await going.until(changes="current", listening=True)
            killed += await sql.fetchval(LISTENERS)
            await going.commit(5)
        await sql.close()
        assert killed >= KILLED * len(going.servers)


async def test_the_standby_is_killed_and_returns(nodes: Pair) -> None:
    """Who read it reads the primary meanwhile."""
    async with business(nodes, "killed-standby") as going, going.outage():
        await nodes.second.kill()
        await going.until(changes="current", role="primary")
        await going.commit()
        await nodes.second.start()


async def test_the_standby_is_promoted() -> None:
    """What only the lost primary knew is answered no more, even when that comes back."""
    async with pair() as nodes, business(nodes, "promoted") as going:
        await nodes.second.execute(
            "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"
        )
        await nodes.second.wait_until(RECEIVES_NOTHING)
        await going.commit()
        await going.until(changes="current", role="primary")
        async with going.outage():
            await nodes.first.kill()
            await nodes.second.promote()
            await going.commit()
        lost = sum(writer.lost for writer in going.writers)
        assert lost > 0, "nothing was lost that could have been answered"
        await nodes.first.start()  # which does not know that it is no longer the primary
        await nodes.second.execute(LISTENERS)
        await going.until(changes="current", listening=True)
        await going.commit()
        read = {str((await server.health())["node"]) for server in going.servers}
        assert read == {f"{nodes.second.sockets}:{PORT}"}


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_server_with_a_wrong_clock(database: Database, tmp_path: Path, hours: int) -> None:
    """Meetings open and end by the database's clock."""
    (tmp_path / "keys").write_text(f"{KEY}\n", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    settings = Settings.model_validate(
        {
            "server": {"port": 0},
            "rules": {"folder": tmp_path / "rules"},
            "database": {"url": database.dsn},
            "secrets": {"key_file": tmp_path / "keys"},
        }
    )
    traffic = Traffic(())
    writer = Writer(database.dsn, World("clock", random.Random(0)), traffic.history)  # noqa: S311  no secret
    await writer.make()
    world = writer.world
    meetings = [
        alias for answer in TIMES for alias in await writer.write(partial(world.book, answer))
    ]

    def wrong() -> datetime:
        return datetime.now(UTC) + timedelta(hours=hours)

    async with PolicyServer(settings, wrong) as running, FakeNode(running.ready.url) as caller:
        server = Server("wrong clock", running.ready.url, caller)
        told = [(await server.ask(alias))[0].answer for alias in meetings]
    await writer.close()

    assert told == [world.answers()[alias] for alias in meetings]
    assert told[1:] == ["TOO_EARLY", "ENDED"]
