"""Reads the audit: rows for people, the whole chain for whoever verifies or exports it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.directory.chain import Anchor, Ends, Link
from policy.directory.queries.auditing import LIST_AUDIT, PRUNE_AUDIT, READ_CHAIN
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import asyncpg

    from policy.directory.connection import Connection

_ROWS_A_TRIP: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of the audit are wanted; None does not narrow them."""

    entity: str | None = None
    entity_id: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100


async def list_audit(connection: Connection, wanted: Wanted) -> list[dict[str, object]]:
    """Give rows for people, the newest first."""
    rows = await connection.fetch(
        LIST_AUDIT,
        wanted.entity,
        wanted.entity_id,
        wanted.actor,
        wanted.since,
        wanted.until,
        wanted.limit,
    )
    return [{**row, "changed": json.loads(row["changed"])} for row in rows]


async def prune_audit(connection: Connection, before: datetime | None = None) -> int:
    """Remove the oldest rows, all before the first that is kept; gives how many.

    None removes whatever is older than 13 months, which the database keeps in any case.
    """
    return int(await connection.fetchval(PRUNE_AUDIT, before))


async def read_chain(connection: Connection) -> tuple[Ends, AsyncIterator[Link]]:
    """Give both ends and every row, all as of one moment; in a transaction of the caller."""
    rows = aiter(connection.cursor(READ_CHAIN, prefetch=_ROWS_A_TRIP))
    try:
        first = await anext(rows)
    except StopAsyncIteration:
        raise DirectoryError("audit: its head is missing") from None
    start = Anchor(first["anchor_no"], first["anchor_hash"])
    head = Anchor(first["head_no"], first["head_hash"])
    return Ends(start, head), _links(first, rows)


async def _links(
    first: asyncpg.Record, others: AsyncIterator[asyncpg.Record]
) -> AsyncIterator[Link]:
    if first["id"] is None:  # there are no rows, only ends
        return
    yield _link(first)
    async for row in others:
        yield _link(row)


def _link(row: asyncpg.Record) -> Link:
    return Link(
        chain_no=row["chain_no"],
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        operation=row["operation"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        organisation_id=row["organisation_id"],
        changed=json.loads(row["changed"]),
        previous=row["previous"],
        hash=row["hash"],
    )
