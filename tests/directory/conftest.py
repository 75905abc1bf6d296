"""A door in front of the database, and databases without a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.directory.proxy import Proxy, proxy_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.embedded.cluster import Cluster
    from tests.database import Database


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    """Stand between the test and its database."""
    async with proxy_to(database.dsn) as proxy:
        yield proxy


@pytest.fixture
async def bare(cluster: Cluster) -> AsyncIterator[str]:
    """Give the address of a database with nothing in it."""
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("CREATE DATABASE bare")
    yield cluster.dsn.replace("/policy?", "/bare?")
    await connection.execute("DROP DATABASE bare WITH (FORCE)")
    await connection.close()
