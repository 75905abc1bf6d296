"""Brings the schema of a database up to date, one migrator at a time.

Alembic keeps the book; the statements are plain SQL files, so that a DBA can read them. The server
itself never imports Alembic when the schema is current: that would double its start time.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.resealing import seal_clear_pins
from policy.directory.sealing import Seal
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection as AlchemyConnection

    from policy.directory.connection import Connection

log = logging.getLogger(__name__)

# How long a command waits for a database that does not answer.
CONNECT_S: Final = 10.0

SCHEMA: Final = Path(__file__).parent / "schema"
# Any number will do as long as every version of this program uses the same.
_ADVISORY_LOCK: Final = 8_390_017


def newest_revision() -> str:
    """Give the number of the newest migration that this program brings."""
    return max(path.name for path in SCHEMA.glob("[0-9]*.sql")).partition("_")[0]


async def current_revision(dsn: str, *, timeout_s: float) -> str | None:
    """Give the revision of a database, None for an empty one; raises DirectoryError."""
    connection = await connect(dsn, timeout_s=timeout_s)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    return str(found) if found is not None else None


async def check_schema(dsn: str) -> None:
    """Raise StartError unless the schema is the one that this program was written for."""
    current = await current_revision(dsn, timeout_s=CONNECT_S)
    newest = newest_revision()
    if current == newest:
        return
    _refuse_newer(current)
    raise StartError(
        f"database: its schema is {current or 'empty'}, this program needs {newest}: "
        "run 'vdx-policy migrate'"
    )


def _refuse_newer(current: str | None) -> None:
    newest = newest_revision()
    if current is not None and current > newest:
        raise StartError(
            f"database: its schema {current} is newer than this program's {newest}: "
            "install the newer vdx-policy"
        )


async def migrate(dsn: str, seal: Seal | None = None) -> tuple[str | None, str]:
    """Apply what is missing; gives the revision before and after.

    Without a seal nothing can be sealed. Raises DirectoryError, and StartError for a database that
    a newer program has migrated or whose clear PINs are to be sealed without a key.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  see the module docstring
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    before = await current_revision(dsn, timeout_s=CONNECT_S)
    _refuse_newer(before)
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect(dsn, timeout_s=CONNECT_S, to=PRIMARY),
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, seal or Seal())
            await connection.commit()
    except (SQLAlchemyError, *FAULTS) as exc:
        cause = exc.__cause__ if isinstance(exc, SQLAlchemyError) else exc
        # The first line: PostgreSQL's own detail would repeat the row.
        said = str(cause or exc).partition("\n")[0]
        raise DirectoryError(f"migration failed, nothing changed: {said}") from exc
    finally:
        await engine.dispose()
    return before, newest_revision()


async def migrate_if_needed(dsn: str, seal: Seal) -> None:
    """Bring a database that is our own up to date; raises StartError for a newer one."""
    if await current_revision(dsn, timeout_s=CONNECT_S) != newest_revision():
        before, after = await migrate(dsn, seal)
        log.info("schema migrated from %s to %s", before or "empty", after)


def _upgrade(connection: AlchemyConnection, seal: Seal) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import text  # noqa: PLC0415

    connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(SCHEMA))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["seal"] = seal
    command.upgrade(config, "head")


def run_sql(name: str) -> None:
    """Run a file of statements inside the migration's transaction; called by revisions."""
    sql = (SCHEMA / name).read_text(encoding="utf-8")
    # SQLAlchemy prepares each statement, and PostgreSQL prepares only one at a time.
    _run(lambda connection: connection.execute(sql))


def seal_pins() -> None:
    """Seal what an older program wrote in clear, with the key given to `migrate`; for revisions."""
    from alembic import op  # noqa: PLC0415

    config = op.get_context().config
    seal: Seal = config.attributes["seal"] if config is not None else Seal()
    _run(lambda connection: seal_clear_pins(connection, seal))


def _run(work: Callable[[Connection], Awaitable[object]]) -> None:
    from alembic import op  # noqa: PLC0415

    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(work)  # type: ignore[union-attr]  # SQLAlchemy types this as any DBAPI's
