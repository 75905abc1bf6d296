"""The database that a service stands on, and whether there is room for all who need it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from policy.database import OTHER_CONNECTIONS, Database, seed_of
from policy.errors import DocumentError, StartError
from policy.server import PolicyServer
from policy.settings import Settings
from tests.test_server import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    import tests.database

TAKEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def opened(settings: Settings) -> Database:
    """Open the database of a site."""
    async with AsyncExitStack() as parts:
        return await Database.open(settings, parts)


async def test_an_empty_database_is_filled_once(
    database: tests.database.Database, tmp_path: Path
) -> None:
    """And then something can be dialled."""
    settings = settings_of(database.dsn, tmp_path)
    seed = seed_of(settings)
    found = await opened(settings)

    before = await found.look_around()
    filled = [await found.fill(seed), await found.fill(seed), await found.fill(None)]

    assert (before, filled) == ((0, None), [True, False, False])
    assert (await found.look_around()).addresses > 0


async def test_every_worker_has_its_connections(
    database: tests.database.Database, tmp_path: Path
) -> None:
    """A service takes no more than it is said to; too many workers are refused."""
    settings = settings_of(database.dsn, tmp_path)
    found = await opened(settings)
    async with PolicyServer(settings):
        taken = await database.sql.fetchval(TAKEN)
    server = settings.server.model_copy(update={"workers": 64})

    assert taken <= settings.database.connections + OTHER_CONNECTIONS
    await found.check_room(settings)
    with pytest.raises(StartError, match=r"server\.workers 64 .* max_connections"):
        await found.check_room(settings.model_copy(update={"server": server}))


def test_rows_that_are_wrong_are_found_before_anything_starts(tmp_path: Path) -> None:
    """No database is needed to see it."""
    (tmp_path / "directory.yaml").write_text("rooms: [{nome: x}]")
    settings = Settings.model_validate({"database": {"seed": tmp_path / "directory.yaml"}})

    with pytest.raises(DocumentError, match="nome"):
        seed_of(settings)
    assert seed_of(Settings()) is None
