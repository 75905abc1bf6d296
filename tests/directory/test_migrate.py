"""The schema of a database, from nothing to the newest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.migrate import check_schema, current_revision, migrate, newest_revision
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from tests.directory.proxy import Proxy

TABLES: Final = "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'"
SET_REVISION: Final = "UPDATE alembic_version SET version_num = '{}'"
NEWEST: Final = newest_revision()


async def test_an_empty_database_becomes_the_newest(bare: str) -> None:
    """One run brings every table, and the server would start with it."""
    before = await current_revision(bare, timeout_s=10)

    migrated = await migrate(bare)

    assert (before, migrated) == (None, (None, NEWEST))
    await check_schema(bare)
    assert {"address", "booking", "device", "domain", "organisation", "room"} <= await _tables(bare)


async def test_a_second_run_finds_nothing_to_do(bare: str) -> None:
    """Running it again changes nothing and says so."""
    await migrate(bare)
    await _execute(bare, "INSERT INTO organisation (code, name) VALUES ('kept', 'Kept')")

    migrated = await migrate(bare)

    assert migrated == (NEWEST, NEWEST)
    assert await _value(bare, "SELECT name FROM organisation") == "Kept"


async def test_several_at_once_do_it_once(bare: str) -> None:
    """Machines that start together wait for each other; each ends with the newest schema."""
    migrated = await asyncio.gather(*(migrate(bare) for _ in range(4)))

    assert [after for _, after in migrated] == [NEWEST] * 4
    assert await _value(bare, "SELECT count(*) FROM alembic_version") == 1


async def test_a_failing_migration_leaves_nothing_behind(bare: str) -> None:
    """All statements of a run take effect or none; the error is one line that says so."""
    await _execute(bare, "CREATE TABLE device (mine integer)")

    with pytest.raises(DirectoryError) as caught:
        await migrate(bare)

    said = str(caught.value)
    assert said.startswith("migration failed, nothing changed: ")
    assert 'relation "device" already exists' in said
    assert len(said.splitlines()) == 1
    assert await _tables(bare) == {"device"}
    assert await current_revision(bare, timeout_s=10) is None


async def test_a_migration_can_be_tried_again(bare: str) -> None:
    """What was in the way is taken away, and the next run goes through."""
    await _execute(bare, "CREATE TABLE device (mine integer)")
    with pytest.raises(DirectoryError):
        await migrate(bare)
    await _execute(bare, "DROP TABLE device")

    migrated = await migrate(bare)

    assert migrated == (None, NEWEST)


async def test_an_empty_database_is_to_be_migrated(bare: str) -> None:
    """The message names both revisions and the command."""
    with pytest.raises(StartError) as caught:
        await check_schema(bare)

    assert str(caught.value) == (
        f"database: its schema is empty, this program needs {NEWEST}: run 'vdx-policy migrate'"
    )


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("0000", f"its schema is 0000, this program needs {NEWEST}: run 'vdx-policy migrate'"),
        ("9999", f"its schema 9999 is newer than this program's {NEWEST}: install the newer"),
    ],
)
async def test_another_revision_is_refused(bare: str, revision: str, said: str) -> None:
    """An older schema is to be migrated; for a newer one the program is to be replaced."""
    await migrate(bare)
    await _execute(bare, SET_REVISION.format(revision))

    with pytest.raises(StartError, match=f"^database: {said}"):
        await check_schema(bare)


async def test_a_newer_schema_is_not_migrated(bare: str) -> None:
    """An old program does not touch the database of a new one; it says which one to install."""
    await migrate(bare)
    await _execute(bare, SET_REVISION.format("9999"))

    with pytest.raises(StartError, match=r"^database: its schema 9999 is newer than"):
        await migrate(bare)

    assert await current_revision(bare, timeout_s=10) == "9999"


async def test_a_database_that_is_away_is_one_line(proxy: Proxy) -> None:
    """Neither asking nor migrating shows more than the reason."""
    await proxy.close()

    for work in (check_schema(proxy.dsn), migrate(proxy.dsn)):
        with pytest.raises(DirectoryError, match=r"^database: no such file or directory$"):
            await work


async def test_a_user_who_may_not_write_is_one_line(bare: str) -> None:
    """A database role without the right to make tables is told so, and nothing is changed."""
    await _execute(bare, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    await _execute(bare, "ALTER DATABASE bare SET default_transaction_read_only = on")

    with pytest.raises(DirectoryError) as caught:
        await migrate(bare)

    assert "nothing changed" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


async def _value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        value: object = await connection.fetchval(query)
    finally:
        await connection.close()
    return value


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _tables(dsn: str) -> set[str]:
    found = await _value(dsn, TABLES)
    return set(found) if isinstance(found, list) else set()
