"""What tests do with the audit: begin a new one, write into it, read it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from policy.directory.auditing import read_chain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from policy.directory.chain import Ends, Link
    from tests.database import Database

_ANEW: Final = """
DELETE FROM audit; DELETE FROM audit_head; INSERT INTO audit_head DEFAULT VALUES
"""

_NOTE: Final = """
INSERT INTO audit (actor, operation, entity, entity_id, changed, at)
VALUES ($1, 'update', 'room', $2, $3, now() - make_interval(days => $4))
"""


@asynccontextmanager
async def tampering(database: Database) -> AsyncIterator[None]:
    """Be a superuser who has switched off all triggers."""
    await database.sql.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        await database.sql.execute("SET session_replication_role = origin")


async def begin_anew(database: Database) -> None:
    """Take all rows of the audit away."""
    async with tampering(database):
        await database.sql.execute(_ANEW)


async def note(
    database: Database,
    actor: str = "kirsten",
    entity_id: str | None = "r1",
    changed: Mapping[str, object] | None = None,
    *,
    days_ago: int = 0,
) -> None:
    """Write a row of the audit by hand."""
    await database.sql.execute(_NOTE, actor, entity_id, json.dumps(changed or {}), days_ago)


async def read_all(database: Database) -> tuple[Ends, list[Link]]:
    """Give the whole chain."""
    async with database.sql.transaction():
        ends, links = await read_chain(database.sql)
        return ends, [link async for link in links]
