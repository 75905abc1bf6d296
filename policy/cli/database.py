"""The database of a site, for commands that read or write the directory."""

from __future__ import annotations

import getpass
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from policy.cli.options import seal_of
from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.migrate import CONNECT_S, check_schema, migrate_if_needed
from policy.directory.resealing import check_key_for_writing
from policy.directory.sealing import seal_of_embedded
from policy.directory.writing.refusals import said_by
from policy.directory.writing.scope import act_as, check_scope
from policy.embedded.cluster import Cluster
from policy.embedded.running import find_running
from policy.errors import DirectoryError, RefusedError, StartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.directory.connection import Connection
    from policy.settings import Settings


@asynccontextmanager
async def in_transaction(
    settings: Settings, *, within: str | None = None, dry_run: bool = False, seals: bool = False
) -> AsyncIterator[Connection]:
    """Give a connection whose work is kept when the block ends well, and never in a dry run.

    With the code of an organisation as `within`, it sees and changes what belongs to that one and
    to those below it, and nothing else. What `seals` PINs or passwords needs the key of the others
    there. An embedded database that runs is used as it is; one that does not is started for the
    while. Raises StartError, DirectoryError or RefusedError.
    """
    async with opened(settings) as dsn:
        connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
        transaction = connection.transaction()
        try:
            await transaction.start()
            try:
                if seals:  # before it sees no more than a part
                    await check_key_for_writing(connection, seal_of(settings))
                scope = await act_as(connection, _actor(), within=within)
                yield connection
                await check_scope(connection, scope)
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except BaseException:
                await transaction.rollback()
                raise
            await (transaction.rollback() if dry_run else transaction.commit())
        except asyncpg.IntegrityConstraintViolationError as exc:
            raise RefusedError(said_by(exc)) from exc
        except asyncpg.InsufficientPrivilegeError as exc:
            if within is None:
                raise DirectoryError(f"database: {reason_of(exc)}") from exc
            raise RefusedError(f"organisation {within}: this is not for it to change") from exc
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
        seal = seal_of_embedded(settings.secrets.key_file, embedded.path)
        await migrate_if_needed(cluster.dsn, seal)
        yield cluster.dsn
    finally:
        await cluster.close()


def _actor() -> str:
    """Name who runs the command; in a container the user may have a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
