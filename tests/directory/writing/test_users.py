"""Users belong to one organisation, and are one whatever the case of their address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.writing.organisations import get_living
from policy.directory.writing.users import (
    Role,
    add_user,
    change_user,
    has_administrator,
    list_users,
    make_administrator,
    remove_user,
)
from policy.errors import RefusedError
from tests.directory.writing.trees import add

if TYPE_CHECKING:
    from policy.directory.writing.organisations import Organisation
    from tests.database import Database


@pytest.fixture
async def north(database: Database) -> Organisation:
    """Give an organisation without users."""
    await add(database.sql, "north")
    return await get_living(database.sql, "north")


async def test_an_address_is_one_user_of_an_organisation(
    database: Database, north: Organisation
) -> None:
    """In another organisation it is another user."""
    await add(database.sql, "south")
    await add_user(database.sql, north, "Kim@example.org", {Role.AUDITOR, Role.MEETING_USER})
    await add_user(database.sql, await get_living(database.sql, "south"), "kim@example.org", [])

    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await add_user(database.sql, north, "KIM@example.org", [])

    assert caught.value.constraint_name == "user_account_email"
    rows = [tuple(row) for row in await list_users(database.sql, None, Role.AUDITOR)]
    assert rows == [("north", "Kim@example.org", ["auditor", "meeting-user"])]
    assert len(await list_users(database.sql, None, None)) == 2


async def test_what_is_not_said_stays(database: Database, north: Organisation) -> None:
    """An address without roles, roles without an address."""
    await add_user(database.sql, north, "kim", {Role.AUDITOR})

    await change_user(database.sql, north, "KIM", new_email="sam")
    await change_user(database.sql, north, "sam", roles=[])

    assert [tuple(row) for row in await list_users(database.sql, north, None)] == [
        ("north", "sam", [])
    ]


async def test_nobody_is_changed_or_removed(database: Database, north: Organisation) -> None:
    """And the address is not repeated, since it may stand in a log."""
    with pytest.raises(RefusedError, match=r"^user: organisation north has none of this address$"):
        await change_user(database.sql, north, "kim@example.org", roles=[])
    with pytest.raises(RefusedError, match=r"^user: organisation north has none of this address$"):
        await remove_user(database.sql, north, "kim@example.org")


async def test_an_administrator_may_be_known_already(
    database: Database, north: Organisation
) -> None:
    """With other roles, which stay."""
    await add_user(database.sql, north, "kim", {Role.AUDITOR})
    before = await has_administrator(database.sql, north)

    await make_administrator(database.sql, north, "KIM")
    await make_administrator(database.sql, north, "sam")

    assert (before, await has_administrator(database.sql, north)) == (False, True)
    rows = [tuple(row)[1:] for row in await list_users(database.sql, north, None)]
    assert rows == [("kim", ["auditor", "meeting-admin"]), ("sam", ["meeting-admin"])]


async def test_every_role_is_one_of_the_database(database: Database, north: Organisation) -> None:
    """The program and the database know the same ones."""
    await add_user(database.sql, north, "kim", list(Role))

    with pytest.raises(asyncpg.CheckViolationError):
        await database.sql.execute("UPDATE user_account SET roles = '{king}'")


async def test_a_group_has_no_users(database: Database) -> None:
    """They belong to an organisation."""
    await database.sql.execute("INSERT INTO organisation (type, name) VALUES ('group', 'East')")

    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await add_user(database.sql, await get_living(database.sql, "East"), "kim", [])

    assert caught.value.constraint_name == "a_group_has_no_users"
