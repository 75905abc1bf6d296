"""Users of organisations: an e-mail address, or what stands for one, and roles."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from policy.directory.queries.users import (
    ADD_USER,
    CHANGE_USER,
    HAS_ADMINISTRATOR,
    LIST_USERS,
    MAKE_ADMINISTRATOR,
    REMOVE_USER,
)
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation


class Role(StrEnum):
    """What a user may do; the last two and those of provisioners reach beyond an organisation."""

    MEETING_USER = "meeting-user"
    MEETING_PLANNER = "meeting-planner"
    MEETING_ADMIN = "meeting-admin"
    MEETING_PROVISIONER = "meeting-provisioner"
    MEETING_PROVISIONER_USER = "meeting-provisioner-user"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    SUPPORT = "support"


async def add_user(
    connection: Connection, organisation: Organisation, email: str, roles: Collection[Role]
) -> UUID:
    """Add a user of an organisation; gives its id."""
    added: UUID = await connection.fetchval(ADD_USER, organisation.id, email, sorted(roles))
    return added


async def change_user(
    connection: Connection,
    organisation: Organisation,
    email: str,
    *,
    new_email: str | None = None,
    roles: Collection[Role] | None = None,
) -> None:
    """Give a user another address or other roles; None leaves them."""
    wanted = sorted(roles) if roles is not None else None
    done = await connection.execute(CHANGE_USER, organisation.id, email, new_email, wanted)
    _refuse_nobody(organisation, done)


async def remove_user(connection: Connection, organisation: Organisation, email: str) -> None:
    """Take a user away; meetings stay, without a name of who made them."""
    done = await connection.execute(REMOVE_USER, organisation.id, email)
    _refuse_nobody(organisation, done)


def _refuse_nobody(organisation: Organisation, done: str) -> None:
    if done.endswith(" 0"):
        raise RefusedError(f"user: organisation {organisation.called} has none of this address")


async def make_administrator(
    connection: Connection, organisation: Organisation, email: str
) -> None:
    """Let somebody administer an organisation, whether they were a user already or not."""
    await connection.execute(MAKE_ADMINISTRATOR, organisation.id, email)


async def has_administrator(connection: Connection, organisation: Organisation) -> bool:
    """Say whether somebody administers an organisation."""
    return bool(await connection.fetchval(HAS_ADMINISTRATOR, organisation.id))


async def list_users(
    connection: Connection, organisation: Organisation | None, role: Role | None
) -> list[asyncpg.Record]:
    """List the users of one organisation or of all, those who have a role or all."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_USERS, asked, role)
