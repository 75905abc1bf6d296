"""The database of a site, for commands that read or write the directory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from policy.directory.connection import FAULTS, connect, reason_of
from policy.directory.migrate import CONNECT_S, check_schema
from policy.embedded.cluster import Cluster
from policy.embedded.running import find_running
from policy.errors import DirectoryError, StartError
from policy.server import migrate_if_needed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.directory.connection import Connection
    from policy.settings import Settings


@asynccontextmanager
async def in_transaction(settings: Settings) -> AsyncIterator[Connection]:
    """Give a connection whose work is kept when the block ends well.

    An embedded database that runs is used as it is; one that does not is started for the while.
    Raises StartError or DirectoryError.
    """
    async with opened(settings) as dsn:
        connection = await connect(dsn, timeout_s=CONNECT_S)
        try:
            async with connection.transaction():
                yield connection
        except FAULTS as exc:
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            await connection.close(timeout=CONNECT_S)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[str]:
    """Give the address of the database; an embedded one is started for the while if need be."""
    embedded = settings.database.embedded
    dsn = settings.database.url or find_running(embedded.path)
    if dsn is not None:
        await check_schema(dsn)
        yield dsn
        return
    if not embedded.path.exists():
        raise StartError(f"{embedded.path}: there is no database, see --config and database.url")
    cluster = Cluster(embedded.path, embedded.binaries)
    await cluster.open()
    try:
        await migrate_if_needed(cluster.dsn)
        yield cluster.dsn
    finally:
        await cluster.close()
