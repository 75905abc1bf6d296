"""Number ranges: from which numbers are drawn, and how full they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.directory.queries.register import (
    ADD_RANGE,
    COUNT_USES_OF_RANGE,
    DOMAIN_SERVES,
    FIND_OWN_RANGE,
    FORGET_RANGE,
    LIST_RANGES,
    REMOVE_RANGE,
)
from policy.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation


@dataclass(frozen=True, slots=True)
class NewRange:
    """What is said of a range when it is made; its ends are among its numbers."""

    name: str
    domain: str
    low: int
    high: int
    prefix: str = ""
    expected: int = 0


async def create_range(
    connection: Connection, new: NewRange, organisation: Organisation | None
) -> UUID:
    """Add a range of an organisation, or the platform's, for all to draw from."""
    if organisation is not None and not await connection.fetchval(
        DOMAIN_SERVES, new.domain, organisation.id
    ):
        raise RefusedError(
            f"number range {new.name}: {new.domain} is no domain of {organisation.called},"
            " and none that it inherits"
        )
    owner = organisation.id if organisation is not None else None
    ends = (new.low, new.high)
    row = await connection.fetchrow(
        ADD_RANGE, owner, new.name, new.domain, new.prefix, *ends, new.expected
    )
    if row is None or not row["size"]:
        raise RefusedError(
            f"number range {new.name}: none of its numbers may be drawn: no number has ten digits"
        )
    added: UUID = row["id"]
    return added


async def list_ranges(
    connection: Connection, organisation: Organisation | None
) -> list[asyncpg.Record]:
    """List the ranges of an organisation, of those below it, and of the platform."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_RANGES, asked)


async def delete_range(
    connection: Connection, name: str, organisation: Organisation | None
) -> None:
    """Remove a range that nothing is drawn from any more."""
    owner = organisation.id if organisation is not None else None
    range_id: UUID | None = await connection.fetchval(FIND_OWN_RANGE, owner, name)
    if range_id is None:
        whose = organisation.called if organisation is not None else "the platform"
        raise RefusedError(f"number range {name}: {whose} has none of this name")
    row = await connection.fetchrow(COUNT_USES_OF_RANGE, range_id)
    left = [f"{count} {what}" for what, count in (row or {}).items() if count]
    if left:
        raise RefusedError(f"number range {name}: is still used by {' and '.join(left)}")
    await connection.execute(FORGET_RANGE, range_id)
    await connection.execute(REMOVE_RANGE, range_id)
