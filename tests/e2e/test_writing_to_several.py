"""Whoever writes finds the primary, wherever `database.url` names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from policy.cli.database import in_transaction
from policy.directory.connection import connect
from policy.directory.document import DirectoryFile
from policy.directory.loading import load_if_empty
from policy.directory.migrate import migrate, newest_revision
from policy.directory.platform import store_names
from policy.documents import load
from policy.errors import DirectoryError
from policy.platform_names import PlatformNames
from policy.settings import Settings
from tests.clusters import address_of, pair
from tests.database import SEAL
from tests.e2e.program import EXAMPLE

if TYPE_CHECKING:
    from tests.clusters import Node

ADD: Final = "INSERT INTO organisation (code, name) VALUES ('added', 'Added')"
COUNT: Final = "SELECT count(*) FROM organisation WHERE code = 'added'"


async def test_a_standby_may_be_named_first() -> None:
    """Migrations, example rows, names of the platform, commands: all go to the primary."""
    async with pair() as nodes:
        url = address_of(nodes.second, nodes.first)
        settings = Settings.model_validate({"database": {"url": url}})

        migrated = await migrate(url, SEAL)
        filled = await load_if_empty(url, load(EXAMPLE / "directory.yaml", DirectoryFile), SEAL)
        unknown = await store_names(url, PlatformNames())
        async with in_transaction(settings) as connection:
            await connection.execute(ADD)

        assert migrated == (newest_revision(), newest_revision())
        assert (filled, unknown) == (True, [])
        assert await _count(nodes.first) == 1


async def test_without_a_primary_it_is_said() -> None:
    """A standby alone takes no changes."""
    async with pair() as nodes:
        await nodes.first.stop()
        settings = Settings.model_validate({"database": {"url": nodes.second.dsn}})

        with pytest.raises(DirectoryError, match=r"^database: none of its hosts is a primary$"):
            async with in_transaction(settings):
                pass


async def _count(node: Node) -> int:
    connection = await connect(node.dsn, timeout_s=10)
    try:
        counted: int = await connection.fetchval(COUNT)
    finally:
        await connection.close()
    return counted
