"""Organisations are found, made, changed and deleted in a transaction of the caller."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.records import OrganisationState
from policy.directory.writing.organisations import (
    NewOrganisation,
    OrganisationType,
    Purpose,
    change_organisation,
    create_organisation,
    delete_organisation,
    draw_history_key,
    find_organisation,
    get_living,
    get_organisation,
    holdings,
    list_organisations,
    remove_history_key,
    set_state,
    show_organisation,
)
from policy.errors import RefusedError
from tests.directory.writing.trees import add, fill

if TYPE_CHECKING:
    from tests.database import Database

ACTIVE = OrganisationState.ACTIVE


async def test_one_is_found_by_what_people_call_it(database: Database) -> None:
    """A code is exact; a group goes by its name or its id, and a code comes first."""
    group = await create_organisation(
        database.sql,
        NewOrganisation(
            "North", type=OrganisationType.GROUP, state=ACTIVE, agreements_required=False
        ),
    )
    await create_organisation(database.sql, NewOrganisation("Æbler", code="æ/1 ø"))
    named = await find_organisation(database.sql, "North")
    await create_organisation(database.sql, NewOrganisation("Another", code="North"))

    assert named is not None
    assert named.id == group
    assert named.called == "North"
    assert (await get_organisation(database.sql, "North")).name == "Another"
    assert (await get_organisation(database.sql, str(group).upper())).id == group
    assert (await get_organisation(database.sql, "æ/1 ø")).called == "æ/1 ø"
    assert await find_organisation(database.sql, "Æ/1 Ø") is None


async def test_a_group_has_neither_agreements_nor_users(database: Database) -> None:
    """The database says so, whoever writes."""
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await create_organisation(
            database.sql, NewOrganisation("North", type=OrganisationType.GROUP)
        )

    assert caught.value.constraint_name == "a_group_has_none_of_this"


async def test_what_is_said_at_first_and_later_is_what_is_shown(database: Database) -> None:
    """A change names its columns, None empties one, and nothing else changes."""
    await create_organisation(
        database.sql,
        NewOrganisation(
            "North",
            code="north",
            purposes=[Purpose.CITIZEN],
            quota_permanent_rooms=5,
            pool_size=0,
            allow_own_address=True,
            sms_sender_name="North",
            sms_callback_url="https://sms.example.org",
        ),
    )
    north = await get_living(database.sql, "north")
    before = await show_organisation(database.sql, north)

    await change_organisation(database.sql, north, {})
    await change_organisation(
        database.sql,
        north,
        {"purposes": [], "pool_size": None, "name": "N", "agreements_required": False},
    )

    after = await show_organisation(database.sql, north)
    assert before["quota_permanent_rooms"] == 5
    assert {name: value for name, value in after.items() if value != before[name]} == {
        "name": "N",
        "purposes": [],
        "pool_size": None,
        "agreements_required": False,
    }


async def test_one_whose_agreements_lapsed_can_be_renamed(database: Database) -> None:
    """Active is looked at when it is said, not at every change of something else."""
    await add(database.sql, "north")
    await database.sql.execute(
        """
        BEGIN; SET LOCAL vdx_policy.restoring = 'on';
        UPDATE organisation SET agreements_required = true; COMMIT
        """
    )
    north = await get_living(database.sql, "north")

    await change_organisation(database.sql, north, {"name": "Region North"})

    assert (await get_living(database.sql, "north")).name == "Region North"


async def test_only_steps_of_its_life_are_taken(database: Database) -> None:
    """And the same state again is none."""
    await add(database.sql, "north")
    north = await get_living(database.sql, "north")

    await set_state(database.sql, north, ACTIVE)
    await set_state(database.sql, north, OrganisationState.LEAVING)
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await set_state(database.sql, north, OrganisationState.SUSPENDED)

    assert caught.value.constraint_name == "a_step_of_the_life_cycle"


async def test_a_history_key_is_kept_as_its_hash(database: Database) -> None:
    """Each is drawn anew, and one that is removed opens nothing."""
    await add(database.sql, "north")
    north = await get_living(database.sql, "north")
    stored = "SELECT history_api_key_sha256 FROM organisation"

    first = await draw_history_key(database.sql, north.id)
    key = await draw_history_key(database.sql, north.id)

    assert first != key
    assert await database.sql.fetchval(stored) == hashlib.sha256(key.encode()).digest()
    await remove_history_key(database.sql, north.id)
    assert await database.sql.fetchval(stored) is None


async def test_what_one_has_is_counted(database: Database) -> None:
    """By kind, and kinds of which it has none are left out."""
    await add(database.sql, "north")
    await add(database.sql, "empty", "north")
    await fill(database.sql, "north", "n", "auditor")

    assert await holdings(database.sql, await get_living(database.sql, "north")) == {
        "organisations": 1,
        "domains": 1,
        "permanent rooms": 1,
        "bookings": 1,
        "devices": 1,
        "pictures": 2,
        "templates": 1,
        "number ranges": 1,
        "held addresses": 1,
        "reservations": 1,
        "message templates": 1,
        "themes": 1,
    }
    assert await holdings(database.sql, await get_living(database.sql, "empty")) == {}


async def test_a_group_that_is_deleted_is_gone(database: Database) -> None:
    """Nobody was ever called by its name."""
    await database.sql.execute("INSERT INTO organisation (type, name) VALUES ('group', 'East')")

    await delete_organisation(database.sql, await get_living(database.sql, "East"))

    assert await list_organisations(database.sql, with_deleted=True) == []


async def test_one_that_was_deleted_is_marked_and_does_not_live(database: Database) -> None:
    """It is found still, by whoever looks into the past."""
    await add(database.sql, "north")
    await database.sql.execute("UPDATE organisation SET state = 'leaving'")
    await database.sql.execute("UPDATE organisation SET state = 'closed'")

    await delete_organisation(database.sql, await get_living(database.sql, "north"))

    assert (await get_organisation(database.sql, "north")).is_deleted
    with pytest.raises(RefusedError, match=r"^organisation north: was deleted$"):
        await get_living(database.sql, "north")
    assert await list_organisations(database.sql) == []


async def test_the_list_is_the_tree(database: Database) -> None:
    """Each stands below the one above it, brothers by name; a part begins where it is asked to."""
    for code, parent in (("b", None), ("a", None), ("d", "b"), ("c", "b"), ("e", "d")):
        await add(database.sql, code, parent)

    whole = await list_organisations(database.sql)
    part = await list_organisations(
        database.sql, below=await get_living(database.sql, "d"), state=ACTIVE
    )

    drawn = [(row["code"], row["depth"]) for row in whole]
    assert drawn == [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2)]
    assert [(row["code"], row["depth"], row["parent"]) for row in part] == [
        ("d", 0, "b"),
        ("e", 1, "d"),
    ]
