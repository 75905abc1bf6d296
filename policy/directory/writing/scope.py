"""Who writes, and for whom: what the audit notes and what row security lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from policy.directory.queries.scope import (
    BECOME_TENANT,
    FIND_SCOPE,
    IS_TENANT,
    SET_ACTOR,
    SET_SCOPE,
)
from policy.errors import DirectoryError, RefusedError

if TYPE_CHECKING:
    from policy.directory.connection import Connection


async def act_as(connection: Connection, actor: str, *, within: str | None = None) -> str | None:
    """Say for this transaction who writes, and within which organisation; None for all of them.

    Gives the id of that organisation, for `check_scope`. Raises RefusedError for a code that no
    organisation has, and DirectoryError where the user of the database may not be limited.
    """
    await connection.execute(SET_ACTOR, actor)
    if within is None:
        return None
    scope = await connection.fetchval(FIND_SCOPE, within)
    if scope is None:
        raise RefusedError(f"organisation {within}: there is none with this code")
    await connection.execute(SET_SCOPE, scope)
    try:
        await connection.execute(BECOME_TENANT)
    except asyncpg.InsufficientPrivilegeError as exc:
        raise DirectoryError(
            "database: its user may not act within an organisation, "
            "grant it the role vdx_policy_tenant"
        ) from exc
    return str(scope)


async def check_scope(connection: Connection, scope: str | None) -> None:
    """Raise DirectoryError when a transaction that was limited to `scope` is not any more."""
    if scope is not None and not await connection.fetchval(IS_TENANT, scope):
        raise DirectoryError(
            "database: the limits of the transaction were changed, nothing is kept"
        )
