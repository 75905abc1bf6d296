"""Organisations and groups: found by their code, made, changed, and led through their states."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import orjson

from policy.directory.queries.organisations import (
    ADD_ORGANISATION,
    CHANGE_ORGANISATION,
    COUNT_HOLDINGS,
    FIND_ORGANISATIONS,
    LIST_ORGANISATIONS,
    MARK_AS_DELETED,
    REMOVE_ORGANISATION,
    REMOVE_USERS,
    REQUIRE_AGREEMENTS,
    SET_HISTORY_KEY,
    SET_STATE,
    SHOW_ORGANISATION,
)
from policy.directory.records import OrganisationState
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection

# Drawn as 32 characters; other systems have room for 36.
HISTORY_KEY_BYTES: Final = 24


class OrganisationType(StrEnum):
    """What a node of the tree is; a group only holds others together and has no code."""

    GROUP = "group"
    ORGANISATION = "organisation"
    PRAKSIS = "praksis"


class Purpose(StrEnum):
    """What an organisation uses its rooms for."""

    CROSS_SECTOR = "cross-sector"
    CITIZEN = "citizen"
    GENERAL_PRACTICE = "general-practice"
    ADMINISTRATIVE = "administrative"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the tree as it stands; a group has no code."""

    id: UUID
    code: str | None
    name: str
    type: OrganisationType
    state: OrganisationState
    parent_id: UUID | None
    agreements_required: bool
    merged_into: str | None
    is_deleted: bool

    @property
    def called(self) -> str:
        """Give what people and commands call it."""
        return self.code or self.name


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What is said of an organisation when it is made."""

    name: str
    code: str | None = None
    type: OrganisationType = OrganisationType.ORGANISATION
    state: OrganisationState = OrganisationState.PROSPECT
    parent_id: UUID | None = None
    purposes: Sequence[Purpose] = ()
    quota_permanent_rooms: int | None = None
    pool_size: int | None = None
    allow_own_address: bool = False
    sms_sender_name: str | None = None
    sms_callback_url: str | None = None
    agreements_required: bool = True


async def find_organisation(connection: Connection, written: str) -> Organisation | None:
    """Find an organisation by its code, or a group by its id or name.

    Raises RefusedError where several groups have the name.
    """
    rows = await connection.fetch(FIND_ORGANISATIONS, written)
    if len(rows) > 1 and rows[0]["code"] is None:
        ids = ", ".join(str(row["id"]) for row in rows)
        raise RefusedError(f"group {written!r}: {len(rows)} have this name, name one by id: {ids}")
    return _organisation(rows[0]) if rows else None


def _organisation(row: asyncpg.Record) -> Organisation:
    return Organisation(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        type=OrganisationType(row["type"]),
        state=OrganisationState(row["state"]),
        parent_id=row["parent_id"],
        agreements_required=row["agreements_required"],
        merged_into=row["merged_into"],
        is_deleted=row["is_deleted"],
    )


async def get_organisation(connection: Connection, written: str) -> Organisation:
    """Give the organisation of this code, or the group of this id or name."""
    found = await find_organisation(connection, written)
    if found is None:
        raise RefusedError(f"organisation {written!r}: there is none of this code")
    return found


async def get_living(connection: Connection, written: str) -> Organisation:
    """Give one that can still be changed: neither merged into another one nor deleted."""
    found = await get_organisation(connection, written)
    if found.merged_into is not None:
        raise RefusedError(f"organisation {found.called}: was merged into {found.merged_into}")
    if found.is_deleted:
        raise RefusedError(_deleted(found))
    return found


def _deleted(organisation: Organisation) -> str:
    return f"organisation {organisation.called}: was deleted"


async def create_organisation(connection: Connection, new: NewOrganisation) -> UUID:
    """Add an organisation or a group; gives its id."""
    added: UUID = await connection.fetchval(
        ADD_ORGANISATION,
        new.code,
        new.name,
        new.type,
        new.state,
        new.parent_id,
        list(new.purposes),
        new.quota_permanent_rooms,
        new.pool_size,
        new.allow_own_address,
        new.sms_sender_name,
        new.sms_callback_url,
        new.agreements_required,
    )
    return added


async def change_organisation(
    connection: Connection, organisation: Organisation, changes: Mapping[str, object]
) -> None:
    """Set the columns that are named; None empties one. Others stay as they are."""
    plain = {name: value for name, value in changes.items() if name != "agreements_required"}
    if plain:
        said = orjson.dumps(plain).decode()
        await connection.execute(CHANGE_ORGANISATION, organisation.id, said)
    if "agreements_required" in changes:
        required = changes["agreements_required"]
        await connection.execute(REQUIRE_AGREEMENTS, organisation.id, required)


async def draw_history_key(connection: Connection, organisation_id: UUID) -> str:
    """Give an organisation a new key to read its call history with; only its hash is kept."""
    key = secrets.token_urlsafe(HISTORY_KEY_BYTES)
    await connection.execute(SET_HISTORY_KEY, organisation_id, key.encode())
    return key


async def remove_history_key(connection: Connection, organisation_id: UUID) -> None:
    """Let nobody read an organisation's call history by key."""
    await connection.execute(SET_HISTORY_KEY, organisation_id, None)


async def set_state(
    connection: Connection, organisation: Organisation, state: OrganisationState
) -> None:
    """Take a step of the life cycle; the database refuses any other step."""
    await connection.execute(SET_STATE, organisation.id, state)


async def delete_organisation(connection: Connection, organisation: Organisation) -> None:
    """Take away one that never began, or mark one that is closed and holds nothing any more."""
    if organisation.is_deleted:
        raise RefusedError(_deleted(organisation))
    beginning = organisation.state is OrganisationState.PROSPECT
    if not (beginning or organisation.state is OrganisationState.CLOSED or _is_group(organisation)):
        raise RefusedError(
            f"organisation {organisation.called}: is {organisation.state}, only one that is closed"
            " or a prospect can be deleted"
        )
    left = [
        f"{what} ({count})" for what, count in (await holdings(connection, organisation)).items()
    ]
    if left:
        raise RefusedError(f"organisation {organisation.called}: still has {', '.join(left)}")
    if beginning or _is_group(organisation):
        await connection.execute(REMOVE_ORGANISATION, organisation.id)
        return
    await connection.execute(REMOVE_USERS, organisation.id)
    await connection.execute(MARK_AS_DELETED, organisation.id)


def _is_group(organisation: Organisation) -> bool:
    return organisation.type is OrganisationType.GROUP


async def holdings(connection: Connection, organisation: Organisation) -> Mapping[str, int]:
    """Count what an organisation has, by kind; kinds of which it has none are left out."""
    row = await connection.fetchrow(COUNT_HOLDINGS, organisation.id)
    return {name.replace("_", " "): count for name, count in (row or {}).items() if count}


async def list_organisations(
    connection: Connection,
    *,
    below: Organisation | None = None,
    state: OrganisationState | None = None,
    with_deleted: bool = False,
) -> list[asyncpg.Record]:
    """List organisations and groups as the tree has them, each after the one above it."""
    start = below.id if below is not None else None
    return await connection.fetch(LIST_ORGANISATIONS, start, state, with_deleted)


async def show_organisation(
    connection: Connection, organisation: Organisation
) -> Mapping[str, object]:
    """Give everything that is known of an organisation, secrets not among it."""
    row = await connection.fetchrow(SHOW_ORGANISATION, organisation.id)
    return dict(row or {})
