"""A merge loses nothing and changes no address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.writing.merging import Merged, merge_organisations
from policy.directory.writing.organisations import get_organisation
from policy.errors import RefusedError
from tests.directory.writing.trees import add, called, fill

if TYPE_CHECKING:
    from policy.directory.connection import Connection
    from tests.database import Database

# Every column that may name a row of a table, from PostgreSQL's own catalogue.
REFERENCES: Final = """
SELECT holder.relname AS table_name, attribute.attname AS column_name
FROM pg_constraint AS reference
JOIN pg_class AS holder ON holder.oid = reference.conrelid
JOIN pg_attribute AS attribute
    ON attribute.attrelid = holder.oid AND attribute.attnum = reference.conkey[1]
WHERE reference.contype = 'f' AND reference.confrelid = $1::regclass
    AND cardinality(reference.conkey) = 1
"""
# What is between the one that goes and the platform, and where it went.
STAYS: Final = {("agreement", "organisation_id"), ("organisation", "merged_into_id")}


async def merge(
    connection: Connection, own: str, into: str, *, suffix_external_ids: bool = False
) -> Merged:
    """Merge by code, in a transaction."""
    async with connection.transaction():
        return await merge_organisations(
            connection,
            await get_organisation(connection, own),
            await get_organisation(connection, into),
            suffix_external_ids=suffix_external_ids,
        )


@pytest.fixture
async def two(database: Database) -> Database:
    """Give two organisations that have some of everything, and a third that has nothing."""
    for code in ("north", "south", "west"):
        await add(database.sql, code)
    await add(database.sql, "north-ward", "north")
    await fill(database.sql, "north", "n", "auditor")
    await fill(database.sql, "south", "s", "meeting-user")
    return database


async def test_everything_goes_over(two: Database) -> None:
    """The counts say what; no address, room or booking is another one than before."""
    before = await called(two.sql)

    merged = await merge(two.sql, "north", "south")

    assert await called(two.sql) == before
    assert merged == Merged(
        counts={
            "permanent rooms": 1,
            "bookings": 1,
            "reservations": 1,
            "devices": 1,
            "pictures": 1,
            "pictures of both": 1,
            "united users": 1,
            "domains": 1,
            "held addresses": 1,
            "number ranges": 1,
            "templates": 1,
            "message templates": 1,
            "themes": 1,
            "users": 1,
            "organisations below": 1,
        },
        renamed=["meetings (north)", "usual (north)", "invitation (north)", "plain (north)"],
        default_template="usual (north)",
        widened_grants=0,
        strangers={},
        over_quota=0,
        reopened=False,
    )


async def test_no_row_names_the_one_that_is_gone(two: Database) -> None:
    """Whatever table a later version adds, a merge must know it."""
    await two.sql.execute(
        """
        INSERT INTO phonebook_grant (organisation_id, seen_by_id)
        SELECT a.id, b.id FROM organisation AS a, organisation AS b
        WHERE a.id <> b.id AND 'north' IN (a.code, b.code) AND 'north-ward' NOT IN (a.code, b.code)
        """
    )
    references = await two.sql.fetch(REFERENCES, "organisation")
    columns = {(row["table_name"], row["column_name"]) for row in references} - STAYS

    await merge(two.sql, "north", "south")

    left = [
        column
        for column in sorted(columns)
        if await two.sql.fetchval(
            f"SELECT count(*) FROM {column[0]} "  # noqa: S608  names from the catalogue
            f"WHERE {column[1]} = (SELECT id FROM organisation WHERE code = 'north')"
        )
    ]
    assert len(columns) >= 12
    assert left == []
    gone = await two.sql.fetch(
        """
        SELECT own.state, heir.code AS heir, own.path
        FROM organisation AS own JOIN organisation AS heir ON heir.id = own.merged_into_id
        """
    )
    assert [tuple(row) for row in gone] == [("closed", "south", ["north", "south"])]


async def test_two_accounts_of_a_person_become_one(two: Database) -> None:
    """With the roles of both, and with what either has made."""
    references = await two.sql.fetch(REFERENCES, "user_account")
    held = """
        SELECT
            (SELECT count(*) FROM contact WHERE user_account_id = kim.id),
            (SELECT count(*) FROM booking WHERE organised_by = kim.id AND created_by = kim.id),
            (SELECT count(*) FROM reservation WHERE created_by = kim.id)
        FROM user_account AS kim WHERE email = 'kim@example.org'
    """

    await two.sql.execute(
        "UPDATE user_account SET email = upper(email) WHERE 'auditor' = ANY (roles)"
    )
    await merge(two.sql, "north", "south")

    assert {(row["table_name"], row["column_name"]) for row in references} == {
        ("contact", "user_account_id"),
        ("booking", "organised_by"),
        ("booking", "created_by"),
        ("booking", "updated_by"),
        ("reservation", "created_by"),
    }
    assert await two.sql.fetchval(
        "SELECT roles FROM user_account WHERE email = 'kim@example.org'"
    ) == ["auditor", "meeting-user"]
    assert [tuple(row) for row in await two.sql.fetch(held)] == [(2, 2, 2)]
    assert await two.sql.fetchval("SELECT count(*) FROM user_account") == 3


async def test_a_picture_of_both_is_kept_once(two: Database) -> None:
    """Whoever showed either still shows it."""
    await merge(two.sql, "north", "south")

    shown = await two.sql.fetch(
        """
        SELECT picture.organisation_id = room.organisation_id, count(*) FROM room
        JOIN picture ON picture.id = room.picture_id GROUP BY 1
        """
    )
    assert [tuple(row) for row in shown] == [(True, 6)]
    assert await two.sql.fetchval("SELECT count(*) FROM picture") == 3


async def test_external_ids_of_both_are_refused_or_told_apart(two: Database) -> None:
    """Whoever knows a meeting by such an id must not get another one."""
    await two.sql.execute("UPDATE booking SET external_id = 'visit 7'")

    with pytest.raises(RefusedError) as caught:
        await merge(two.sql, "north", "south")
    await merge(two.sql, "north", "south", suffix_external_ids=True)

    assert str(caught.value) == (
        "organisations north and south: both have bookings of these external ids (1): 'visit 7'"
    )
    found = await two.sql.fetch("SELECT external_id FROM booking ORDER BY external_id")
    assert [row["external_id"] for row in found] == ["visit 7", "visit 7@north"]


async def test_what_is_already_there_stays_as_it_was(two: Database) -> None:
    """The other's default is the default, and its names are its names."""
    await merge(two.sql, "north", "south")

    rows = await two.sql.fetch("SELECT name, is_default FROM template ORDER BY name")
    assert [tuple(row) for row in rows] == [("usual", True), ("usual (north)", False)]


async def test_the_phone_book_follows(two: Database) -> None:
    """Grants go over, once each; what is listed is the other's, and grants to itself go."""
    await two.sql.execute(
        """
        INSERT INTO phonebook_grant (organisation_id, seen_by_id)
        SELECT a.id, b.id FROM organisation AS a, organisation AS b
        WHERE (a.code, b.code) IN (('north', 'west'), ('west', 'north'), ('west', 'south'),
            ('north', 'south'))
        """
    )

    merged = await merge(two.sql, "north", "south")

    grants = await two.sql.fetch(
        """
        SELECT a.code, b.code FROM phonebook_grant AS g
        JOIN organisation AS a ON a.id = g.organisation_id
        JOIN organisation AS b ON b.id = g.seen_by_id ORDER BY a.code
        """
    )
    listed = await two.sql.fetch(
        "SELECT DISTINCT code FROM phonebook_entry JOIN organisation ON id = organisation_id"
    )
    assert [tuple(row) for row in grants] == [("south", "west"), ("west", "south")]
    assert merged.widened_grants == 1
    assert [row["code"] for row in listed] == ["south"]


@pytest.mark.parametrize(
    ("own", "into", "paths"),
    [
        ("top", "middle", {"top": "top,middle", "middle": "middle", "end": "end,middle"}),
        ("top", "end", {"top": "top,end", "middle": "middle,end", "end": "end"}),
        ("middle", "end", {"top": "top", "middle": "middle,end,top", "end": "end,top"}),
        ("end", "top", {"top": "top", "middle": "middle,top", "end": "end,top"}),
    ],
)
async def test_one_may_be_below_the_other(
    database: Database, own: str, into: str, paths: dict[str, str]
) -> None:
    """Then the lower one takes the place of the upper one, and there is no circle."""
    for code, parent in (("top", None), ("middle", "top"), ("end", "middle")):
        await add(database.sql, code, parent)

    merged = await merge(database.sql, own, into)

    rows = await database.sql.fetch("SELECT code, path FROM organisation")
    assert {row["code"]: ",".join(row["path"]) for row in rows} == paths
    assert merged.counts.get("organisations below", 0) == (
        1 if (own, into) == ("top", "end") else 0
    )


async def test_what_needs_a_look_is_told(two: Database) -> None:
    """A quota that is exceeded, rooms that open again, devices in a domain that is not for them."""
    await two.sql.execute(
        """
        UPDATE organisation SET quota_permanent_rooms = 1 WHERE code = 'south';
        UPDATE organisation SET parent_id = (SELECT id FROM organisation WHERE code = 'west')
        WHERE code = 'north';
        UPDATE domain SET inherit = true, organisation_id = (
            SELECT id FROM organisation WHERE code = 'west'
        ) WHERE domain = 'n.example.org';
        UPDATE organisation SET state = 'suspended' WHERE code = 'north'
        """
    )

    merged = await merge(two.sql, "north", "south")

    assert merged.over_quota == 1
    assert merged.reopened
    assert merged.strangers == {"n.example.org": 1}


@pytest.mark.parametrize(
    ("own", "into", "before", "said"),
    [
        ("north", "north", "", "organisation north: cannot be merged into itself"),
        (
            "north",
            "south",
            "UPDATE organisation SET state = 'suspended' WHERE code = 'south'",
            "organisation south: is suspended, only one that is active takes another one in",
        ),
        (
            "north",
            "south",
            """
            UPDATE organisation SET state = 'leaving' WHERE code = 'north';
            UPDATE organisation SET state = 'closed' WHERE code = 'north'
            """,
            "organisation north: is closed, there is nothing to merge",
        ),
        (
            "north",
            "Region",
            "INSERT INTO organisation (type, name) VALUES ('group', 'Region')",
            "a group is merged into a group, and an organisation into one",
        ),
    ],
)
async def test_a_merge_that_cannot_be_is_refused(
    two: Database, own: str, into: str, before: str, said: str
) -> None:
    """With the reason."""
    await two.sql.execute(before or "SELECT 1")

    with pytest.raises(RefusedError) as caught:
        await merge(two.sql, own, into)

    assert str(caught.value) == said


async def test_groups_are_merged(database: Database) -> None:
    """What hangs below one hangs below the other."""
    await database.sql.execute(
        "INSERT INTO organisation (type, name) VALUES ('group', 'East'), ('group', 'West')"
    )
    await database.sql.execute(
        "INSERT INTO organisation (code, name, parent_id)"
        " SELECT 'ward', 'Ward', id FROM organisation WHERE name = 'East'"
    )

    await merge(database.sql, "East", "West")

    rows = await database.sql.fetch(
        "SELECT child.name, parent.name FROM organisation AS child"
        " JOIN organisation AS parent ON parent.id = child.parent_id ORDER BY child.name"
    )
    assert [tuple(row) for row in rows] == [("East", "West"), ("Ward", "West")]


async def test_two_merges_at_once_lose_nothing(two: Database) -> None:
    """Who comes second waits, sees what the first has done, and is refused."""
    other = await asyncpg.connect(two.dsn)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    try:
        async with two.sql.transaction():
            await merge(two.sql, "north", "south")
            task = asyncio.create_task(merge(other, "south", "north"))
            while not await two.sql.fetchval(waiting):
                assert not task.done()
        with pytest.raises(RefusedError, match=r"^organisation north: is closed, only one that"):
            await task
    finally:
        await other.close()


@pytest.mark.parametrize(
    "late",
    [
        "INSERT INTO room (organisation_id, kind) SELECT id, 'permanent'",
        "INSERT INTO device (organisation_id, without_proof) SELECT id, true",
        "INSERT INTO domain (organisation_id, domain) SELECT id, 'late.example.org'",
        "INSERT INTO user_account (organisation_id, email) SELECT id, 'late'",
        (
            "INSERT INTO address (organisation_id, local, kind, state)"
            " SELECT id, '9', 'reserved', 'held'"
        ),
    ],
)
async def test_nothing_is_brought_to_one_that_goes(two: Database, late: str) -> None:
    """Who is late by an instant waits for the merge, and is refused."""
    other = await asyncpg.connect(two.dsn)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    try:
        async with two.sql.transaction():
            await merge(two.sql, "north", "south")
            task = asyncio.create_task(
                other.execute(f"{late} FROM organisation WHERE code = 'north'")
            )
            while not await two.sql.fetchval(waiting):
                assert not task.done()
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await task
    finally:
        await other.close()

    assert caught.value.constraint_name in {
        "what_is_merged_gets_nothing_new",
        "new_rooms_need_an_active_organisation",
    }
