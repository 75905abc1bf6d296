"""Moves in the tree of organisations; no address changes with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from policy.directory.queries.organisations import FIND_STRANGERS, LOCK_TREE, MOVE_ORGANISATION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation

# A device, and the domain of one of its addresses.
Stranger = tuple["UUID", str]


async def move_organisation(
    connection: Connection, organisation: Organisation, parent: Organisation | None
) -> Mapping[str, int]:
    """Put an organisation and all below it under another one, or under none.

    Gives for each domain how many devices may be called there no longer: they had it by
    inheritance. The database refuses a circle.
    """
    await connection.execute(LOCK_TREE)
    before = await strangers(connection, [organisation.id])
    above = parent.id if parent is not None else None
    await connection.execute(MOVE_ORGANISATION, organisation.id, above)
    return by_domain(await strangers(connection, [organisation.id]) - before)


async def strangers(
    connection: Connection, organisations: Collection[UUID], domain: str | None = None
) -> frozenset[Stranger]:
    """Find devices that are called in a domain which is not for them, so they may not register.

    Looks at those of these organisations and all below, and at those in the domain.
    """
    rows = await connection.fetch(FIND_STRANGERS, list(organisations), domain)
    return frozenset((row["id"], row["domain"]) for row in rows)


def by_domain(found: Collection[Stranger]) -> Mapping[str, int]:
    """Count devices by domain."""
    return Counter(domain for _, domain in sorted(found))
