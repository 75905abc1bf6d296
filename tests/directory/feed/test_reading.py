"""One connection that reads the log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from policy.directory.feed.hosts import Host
from policy.directory.feed.log import Cursor
from policy.directory.feed.reading import Reader, prune

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clusters import Pair
    from tests.database import Database


async def opened(dsn: str, on_lost: Callable[[], None] = lambda: None) -> Reader:
    """Open a reader; whoever uses it closes it."""
    return await Reader.open(Host("one", dsn), timeout_s=5, on_lost=on_lost)


async def test_a_connection_that_ends_is_told_at_once(database: Database) -> None:
    """Nobody has to read to find out."""
    lost = asyncio.Event()
    reader = await opened(database.dsn, lost.set)

    await database.sql.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with asyncio.timeout(30):
        await lost.wait()

    reader.close()


async def test_a_standby_shows_what_its_primary_has_committed(nodes: Pair) -> None:
    """And nothing of what is still open, however late that began: its oldest is right there."""
    slow = await nodes.first.connect()
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'slow')")
    open_xid = await slow.fetchval("SELECT pg_current_xact_id()")
    reader = await opened(nodes.second.dsn)
    cursor = Cursor()
    written = "INSERT INTO change_log (kind, key) VALUES ('local', 'quick')"
    await nodes.first.execute("SELECT pg_log_standby_snapshot()", written)
    await nodes.second.wait_until("SELECT EXISTS (SELECT FROM change_log WHERE key = 'quick')")

    first = await reader.read(cursor)
    cursor.take(first.entries, first.oldest)
    await transaction.commit()
    await nodes.second.wait_until("SELECT EXISTS (SELECT FROM change_log WHERE key = 'slow')")
    second = await reader.read(cursor)
    told = cursor.take(second.entries, second.oldest)

    reader.close()
    await slow.close()
    assert first.oldest <= open_xid
    assert [entry.key for entry in told] == ["slow"]
    assert first.life == second.life
    assert first.life.in_recovery
    assert first.is_receiving
    assert first.replayed is not None


async def test_entries_of_a_restored_dump_are_left_out(database: Database) -> None:
    """They carry the numbers of another database's transactions, and would come again for ever."""
    reader = await opened(database.dsn)
    cursor = Cursor()
    first = await reader.read(cursor)
    cursor.take(first.entries, first.oldest)
    await database.sql.execute(
        "INSERT INTO change_log (xid, kind, key) VALUES ('9000000000', 'local', 'old')"
    )

    second = await reader.read(cursor)

    reader.close()
    await database.sql.execute("DELETE FROM change_log")
    assert second.entries == []


async def test_what_is_older_than_a_day_goes(database: Database) -> None:
    """Servers that were silent for so long start anew anyway."""
    await database.sql.execute("DELETE FROM change_log")
    await database.sql.execute(
        "INSERT INTO change_log (at, kind, key) VALUES "
        "(now() - interval '25 hours', 'local', 'old'), (now(), 'local', 'new')"
    )

    await prune(database.sql)

    rows = await database.sql.fetch("SELECT key FROM change_log")
    assert [row["key"] for row in rows] == ["new"]
