"""Directories of both kinds, a door in front of the database, databases without a schema."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.memory import MemoryDirectory
from policy.documents import Marks, Parsed
from tests.database import Database
from tests.directory.proxy import Proxy, proxy_to
from tests.directory.tenants import clear, fill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from policy.directory.document import DirectoryFile
    from policy.directory.lookup import Directory
    from policy.embedded.cluster import Cluster

    Holding = Callable[[DirectoryFile], AbstractAsyncContextManager[Directory]]


@pytest.fixture(params=["memory", "postgresql"])
def holding(request: pytest.FixtureRequest, database: Database) -> Holding:
    """Open a directory that holds the rows of a file and no others."""

    @asynccontextmanager
    async def in_memory(file: DirectoryFile) -> AsyncIterator[Directory]:
        yield MemoryDirectory(file)

    @asynccontextmanager
    async def in_postgresql(file: DirectoryFile) -> AsyncIterator[Directory]:
        await database.load(Parsed(file, Marks("directory.yaml")))
        async with database.directory() as directory:
            yield directory

    return in_memory if request.param == "memory" else in_postgresql


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


@pytest.fixture(scope="module")
async def full(schema: str) -> AsyncIterator[Database]:
    """Give a database in which each of several organisations has everything."""
    connection = await asyncpg.connect(schema)
    database = Database(schema, connection)
    await fill(database)
    yield database
    await clear(database)
    await connection.close()
