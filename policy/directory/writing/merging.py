"""Merges one organisation into another one: everything goes over, and no address changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.directory.queries.merging import (
    CLOSE_AS_MERGED,
    COPY_GRANTS,
    COUNT_BEYOND_QUOTA,
    FIND_CLASHING_EXTERNAL_IDS,
    IS_BELOW,
    LEAVE,
    LOCK_BOTH,
    MERGE_DOMAINS,
    MERGE_HELD_ADDRESSES,
    MERGE_MESSAGE_TEMPLATES,
    MERGE_RANGES,
    MERGE_ROOMS,
    MERGE_TEMPLATES,
    MERGE_THEMES,
    MERGE_TREE,
    MERGE_USERS,
    REMOVE_DOUBLED_PICTURES,
    REMOVE_GRANTS,
    REMOVE_USERS_THAT_GO,
    SUFFIX_EXTERNAL_IDS,
    SUFFIX_MESSAGE_TEMPLATE_NAMES,
    SUFFIX_RANGE_NAMES,
    SUFFIX_TEMPLATE_NAMES,
    SUFFIX_THEME_NAMES,
    UNITE_BOOKINGS,
    UNITE_CONTACTS,
    UNITE_RESERVATIONS,
    UNITE_ROLES,
    UNSET_DEFAULT,
)
from policy.directory.queries.organisations import LOCK_TREE
from policy.directory.records import OrganisationState
from policy.directory.writing.organisations import OrganisationType
from policy.directory.writing.tree import by_domain, strangers
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation

_RENAMING: Final = (
    SUFFIX_RANGE_NAMES,
    SUFFIX_TEMPLATE_NAMES,
    SUFFIX_MESSAGE_TEMPLATE_NAMES,
    SUFFIX_THEME_NAMES,
)
# What goes over as it is, by what people call it.
_REST: Final[Mapping[str, str]] = {
    "domains": MERGE_DOMAINS,
    "held addresses": MERGE_HELD_ADDRESSES,
    "number ranges": MERGE_RANGES,
    "templates": MERGE_TEMPLATES,
    "message templates": MERGE_MESSAGE_TEMPLATES,
    "themes": MERGE_THEMES,
    "users": MERGE_USERS,
}
# Of many external ids a person needs to see only some.
MAX_LISTED: Final = 10


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge has done, and what somebody should look at afterwards."""

    counts: Mapping[str, int]  # by kind, those that went over
    renamed: Sequence[str]  # names that both had, as they are called from here on
    default_template: str | None  # was the default of the one that is gone, and is none any more
    widened_grants: int  # organisations that found the one in their phone book, and find both
    strangers: Mapping[str, int]  # devices that may not register any more, by domain
    over_quota: int  # callable permanent rooms beyond the quota
    reopened: bool  # the one that is gone was suspended, and its rooms are open again


async def merge_organisations(
    connection: Connection, own: Organisation, into: Organisation, *, suffix_external_ids: bool
) -> Merged:
    """Make everything of the first the second's, and close the first.

    Bookings of both that have one external id get a suffix, or the merge is refused: whoever knows
    a meeting by such an id must not get another one. Agreements, quota and keys do not go over:
    they are between the first and the platform.
    """
    was = await _lock(connection, own, into)
    await _settle_external_ids(connection, own, into, suffixed=suffix_external_ids)
    before = await strangers(connection, [own.id, into.id])
    suffix = f" ({own.called})"
    renamed = [
        row["name"]
        for query in _RENAMING
        for row in await connection.fetch(query, own.id, into.id, suffix)
    ]
    default_template = await connection.fetchval(UNSET_DEFAULT, own.id)
    counts = {
        **await _merge_rooms(connection, own, into),
        "united users": await _unite_users(connection, own, into),
        **await _merge_rest(connection, own, into),
    }
    widened_grants = await _merge_grants(connection, own, into)
    counts["organisations below"] = await _merge_tree(connection, own, into)
    after = await strangers(connection, [own.id, into.id])
    return Merged(
        counts={kind: count for kind, count in counts.items() if count},
        renamed=renamed,
        default_template=default_template,
        widened_grants=widened_grants,
        strangers=by_domain(after - before),
        over_quota=await connection.fetchval(COUNT_BEYOND_QUOTA, into.id),
        reopened=not was.may_call and bool(counts["permanent rooms"] or counts["bookings"]),
    )


async def _lock(connection: Connection, own: Organisation, into: Organisation) -> OrganisationState:
    """Let nobody bring anything to either until the end; gives the state of the one that goes."""
    if own.id == into.id:
        raise RefusedError(f"organisation {own.called}: cannot be merged into itself")
    if OrganisationType.GROUP in {own.type, into.type} and own.type is not into.type:
        raise RefusedError("a group is merged into a group, and an organisation into one")
    await connection.execute(LOCK_TREE)
    rows = await connection.fetch(LOCK_BOTH, [own.id, into.id])
    states = {row["id"]: OrganisationState(row["state"]) for row in rows}
    if states[own.id] is OrganisationState.CLOSED:
        raise RefusedError(f"organisation {own.called}: is closed, there is nothing to merge")
    if states[into.id] is not OrganisationState.ACTIVE:
        raise RefusedError(
            f"organisation {into.called}: is {states[into.id]}, only one that is active takes"
            " another one in"
        )
    return states[own.id]


async def _settle_external_ids(
    connection: Connection, own: Organisation, into: Organisation, *, suffixed: bool
) -> None:
    if suffixed:
        await connection.execute(SUFFIX_EXTERNAL_IDS, own.id, into.id, f"@{own.called}")
        return
    rows = await connection.fetch(FIND_CLASHING_EXTERNAL_IDS, own.id, into.id)
    if rows:
        listed = ", ".join(repr(row["external_id"]) for row in rows[:MAX_LISTED])
        more = ", ..." if len(rows) > MAX_LISTED else ""
        raise RefusedError(
            f"organisations {own.called} and {into.called}: both have bookings of these external"
            f" ids ({len(rows)}): {listed}{more}"
        )


async def _merge_rooms(
    connection: Connection, own: Organisation, into: Organisation
) -> Mapping[str, int]:
    row = await connection.fetchrow(MERGE_ROOMS, own.id, into.id)
    await connection.execute(REMOVE_DOUBLED_PICTURES, own.id)
    return {name.replace("_", " "): count for name, count in (row or {}).items()}


async def _unite_users(connection: Connection, own: Organisation, into: Organisation) -> int:
    """Make users of one e-mail address one, and give how many there were."""
    rows = await connection.fetch(UNITE_ROLES, own.id, into.id)
    if rows:
        going, kept = [row["id"] for row in rows], [row["kept_id"] for row in rows]
        for query in (UNITE_CONTACTS, UNITE_RESERVATIONS, UNITE_BOOKINGS):
            await connection.execute(query, going, kept)
        await connection.execute(REMOVE_USERS_THAT_GO, going)
    return len(rows)


async def _merge_rest(
    connection: Connection, own: Organisation, into: Organisation
) -> Mapping[str, int]:
    return {
        kind: _count(await connection.execute(query, own.id, into.id))
        for kind, query in _REST.items()
    }


async def _merge_grants(connection: Connection, own: Organisation, into: Organisation) -> int:
    """Carry grants over; gives how many others find more than they were granted."""
    rows = await connection.fetch(COPY_GRANTS, own.id, into.id)
    await connection.execute(REMOVE_GRANTS, own.id)
    return sum(row["is_of_others"] for row in rows)


async def _merge_tree(connection: Connection, own: Organisation, into: Organisation) -> int:
    """Hang all below the one that goes on the other one; gives how many that were."""
    is_below: bool = await connection.fetchval(IS_BELOW, own.id, into.id)
    moved = await connection.execute(MERGE_TREE, own.id, into.id, is_below)
    await connection.execute(LEAVE, own.id)
    await connection.execute(CLOSE_AS_MERGED, own.id, into.id)
    return _count(moved) - 1 - is_below  # both may be among those that moved


def _count(tag: str) -> int:
    """Read the number of rows from what PostgreSQL says after a statement."""
    return int(tag.rpartition(" ")[2])
