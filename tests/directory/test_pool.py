"""The pool for the rarer queries: in time, or an error that says why."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from policy.directory.pool import MAX_CONNECTIONS, MAX_WAITING, Pool
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database
    from tests.directory.proxy import Proxy


@asynccontextmanager
async def opened(dsn: str, *, timeout_s: float = 5.0) -> AsyncIterator[Pool]:
    """Open a pool and close it."""
    pool = Pool(dsn, timeout_s=timeout_s)
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def test_a_query_gets_its_rows(database: Database) -> None:
    """With the values that it was given."""
    async with opened(database.dsn) as pool:
        rows = await pool.fetch("SELECT $1::text AS word, $2::int AS number", "ward", 7)

    assert [tuple(row) for row in rows] == [("ward", 7)]


async def test_it_asks_the_node_that_it_is_told(database: Database) -> None:
    """Connections to the one before are not used again, whatever they were asked for."""
    other = database.dsn.replace("/policy?", "/postgres?")
    which = "SELECT current_database()"

    async with opened(database.dsn) as pool:
        before = await pool.fetch(which)
        pool.use(other)
        after = await pool.fetch(which)

    assert [row[0] for row in (*before, *after)] == ["policy", "postgres"]


async def test_opening_needs_no_database(proxy: Proxy) -> None:
    """Connections are made when somebody asks: a start does not fail for the rarer queries."""
    await proxy.close()

    async with opened(proxy.dsn) as pool:
        with pytest.raises(DirectoryError, match=r"^database: "):
            await pool.fetch("SELECT 1")
        await proxy.open()
        rows = await pool.fetch("SELECT 1")

    assert len(rows) == 1


async def test_a_pool_that_is_not_open_says_so(database: Database) -> None:
    """Before and after alike."""
    async with opened(database.dsn) as pool:
        pass

    for each in (pool, Pool(database.dsn, timeout_s=5)):
        with pytest.raises(DirectoryError, match=r"^database: not open$"):
            await each.fetch("SELECT 1")


async def test_a_query_that_takes_too_long_is_given_up(database: Database) -> None:
    """Nobody waits longer than the limit, and the next query is answered."""
    async with opened(database.dsn, timeout_s=0.2) as pool:
        started = time.monotonic()
        with pytest.raises(DirectoryError, match=r"^database: no answer in time$"):
            await pool.fetch("SELECT pg_sleep(5)")
        took_s = time.monotonic() - started
        rows = await pool.fetch("SELECT 1")

    assert took_s < 2
    assert len(rows) == 1


async def test_whoever_finds_every_connection_busy_waits_no_longer(database: Database) -> None:
    """The limit counts from asking, not from having a connection."""
    async with opened(database.dsn, timeout_s=0.5) as pool:
        started = time.monotonic()
        asked = [pool.fetch("SELECT pg_sleep(5)") for _ in range(3 * MAX_CONNECTIONS)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        took_s = time.monotonic() - started

    assert {str(error) for error in told} == {"database: no answer in time"}
    assert took_s < 3


async def test_a_query_that_is_refused_is_told_in_one_line(database: Database) -> None:
    """What PostgreSQL says, and on the connection nothing is left of it."""
    async with opened(database.dsn) as pool:
        with pytest.raises(DirectoryError, match=r"^database: DivisionByZeroError: "):
            await pool.fetch("SELECT 1 / 0")
        rows = await pool.fetch("SELECT 1")

    assert len(rows) == 1


async def test_whoever_has_no_hope_is_told_at_once(database: Database) -> None:
    """Behind forty others nobody is served in time, and waiting would only be longer."""
    async with opened(database.dsn) as pool:
        asked = [pool.fetch("SELECT pg_sleep(0)") for _ in range(MAX_WAITING + 5)]
        answers = await asyncio.gather(*asked, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, DirectoryError)]
    assert [str(each) for each in refused] == [
        "database: too many searches and pictures at once"
    ] * 5
