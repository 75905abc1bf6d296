"""Whoever listens hears of commits, and of a database that never tells."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.directory.feed.hosts import Host
from policy.directory.feed.lag import Pace, Positions
from policy.directory.feed.lookout import Lookout
from policy.directory.feed.wakeups import Wakeups
from policy.directory.queries.changes import WAKE
from tests.directory.feed.following import LIMIT_S, until
from tests.directory.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from tests.clusters import Pair
    from tests.database import Database

# What PostgreSQL sends to a listener: kind, length, process, channel, payload.
NOTIFICATION: Final = re.compile(rb"A\0\0\0.....vdx_policy_changes\0\0", re.DOTALL)


class Pooler(Proxy):
    """Passes on all but notifications."""

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(65_536):
                target.write(NOTIFICATION.sub(b"", chunk))
        target.close()


@asynccontextmanager
async def listening(
    *dsns: str, poll_s: float = 0.05, timeout_s: float = 1.0
) -> AsyncIterator[tuple[Wakeups, asyncio.Event, Positions]]:
    """Listen, and set an event for each wake-up."""
    woken, positions = asyncio.Event(), Positions()
    lookout = Lookout([Host(dsn, dsn) for dsn in dsns], timeout_s=timeout_s)
    wakeups = Wakeups(lookout, Pace(poll_s, timeout_s), positions, woken.set)
    lookout.open()
    wakeups.open()
    try:
        yield wakeups, woken, positions
    finally:
        await wakeups.close()
        await lookout.close()


async def test_a_commit_wakes(database: Database) -> None:
    """Each one, without a poll."""
    async with listening(database.dsn) as (wakeups, woken, _):
        await until(lambda: wakeups.is_listening)
        for _ in range(3):
            woken.clear()
            await database.sql.execute(WAKE)
            await asyncio.wait_for(woken.wait(), LIMIT_S)


async def test_a_broken_connection_is_replaced_and_wakes(database: Database) -> None:
    """Of what was committed meanwhile nobody has told: it is looked for."""
    async with listening(database.dsn) as (wakeups, woken, _):
        await until(lambda: wakeups.is_listening)
        woken.clear()
        await database.sql.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await asyncio.wait_for(woken.wait(), LIMIT_S)
        await until(lambda: wakeups.is_listening)


async def test_a_pooler_that_swallows_notifications_is_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """LISTEN succeeds there and nothing ever comes: who relied on it would be late."""
    folder = Path(tempfile.mkdtemp(prefix="vdx-proxy-"))
    pooler = Pooler(database.dsn, folder)
    await pooler.open()
    try:
        with caplog.at_level(logging.WARNING):
            async with listening(pooler.dsn, timeout_s=0.2) as (wakeups, woken, _):
                await asyncio.wait_for(woken.wait(), LIMIT_S)
                heard = wakeups.is_listening
    finally:
        await pooler.close()
        shutil.rmtree(folder)

    assert not heard
    assert "tells nothing: name it without a pooler" in caplog.text


async def test_the_primary_is_listened_to_and_its_positions_noted(nodes: Pair) -> None:
    """Wherever it stands in the address."""
    async with listening(nodes.second.dsn, nodes.first.dsn) as (wakeups, woken, positions):
        await until(lambda: wakeups.is_listening)
        woken.clear()
        await nodes.first.execute(WAKE)
        await asyncio.wait_for(woken.wait(), LIMIT_S)
        await until(lambda: positions.as_of(1 << 62) is not None)


async def test_a_standby_alone_is_not_listened_to(nodes: Pair) -> None:
    """It takes no LISTEN; nobody insists."""
    async with listening(nodes.second.dsn, poll_s=0.01) as (wakeups, woken, _):
        await nodes.second.execute("SELECT 1", "SELECT 1")

        assert not wakeups.is_listening
        assert not woken.is_set()
