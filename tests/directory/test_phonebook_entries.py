"""The entries of the phone book follow whatever somebody writes with SQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.documents import Marks, Parsed
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from tests.database import Database

ROOM: Final[dict[str, object]] = {
    "aliases": ["700@example.org", "710@example.org"],
    "description": "Ward",
}
DEVICE: Final[dict[str, object]] = {
    "alias": "desk@example.org",
    "description": "Desk",
    "without_proof": True,
}
ENTRIES: Final = "SELECT alias, description, words FROM phonebook_entry ORDER BY alias"
SOURCE: Final = ENTRIES.replace("_entry", "_source")
ROOM_ENTRY: Final = ("700@example.org", "Ward", " ward 700 710 ")
DESK_ENTRY: Final = ("desk@example.org", "Desk", " desk desk ")


async def entries_after(database: Database, *statements: str) -> list[tuple[str, ...]]:
    """Write with SQL to a listed room and a listed device; give the entries."""
    listed = {"listed": True}
    file = file_of(rooms=[ROOM | listed], devices=[DEVICE | listed])
    await database.load(Parsed(file, Marks("directory.yaml")))
    for statement in statements:
        await database.sql.execute(statement)
    rows = [tuple(row) for row in await database.sql.fetch(ENTRIES)]
    assert rows == [tuple(row) for row in await database.sql.fetch(SOURCE)]
    return rows


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("SELECT", [ROOM_ENTRY, DESK_ENTRY]),
        ("UPDATE room SET listed = false", [DESK_ENTRY]),
        ("UPDATE device SET listed = false", [ROOM_ENTRY]),
        ("UPDATE room SET state = 'retired'", [DESK_ENTRY]),
        ("UPDATE device SET enabled = false", [ROOM_ENTRY]),
        (
            "UPDATE room SET description = 'Møde'",
            [("700@example.org", "Møde", " moede 700 710 mode 700 710 "), DESK_ENTRY],
        ),
        (
            "UPDATE device SET description = null",
            [ROOM_ENTRY, ("desk@example.org", "desk@example.org", " desk ")],
        ),
        (
            "UPDATE address SET state = 'quarantined' WHERE local = '700'",
            [("710@example.org", "Ward", " ward 710 "), DESK_ENTRY],
        ),
        (
            "DELETE FROM address WHERE local = '700'",
            [("710@example.org", "Ward", " ward 710 "), DESK_ENTRY],
        ),
        ("DELETE FROM address WHERE kind = 'permanent'", [DESK_ENTRY]),
        (
            "UPDATE address SET local = '720' WHERE local = '700'",
            [("720@example.org", "Ward", " ward 720 710 "), DESK_ENTRY],
        ),
        ("UPDATE domain SET history_only = true WHERE domain = 'example.org'", []),
        ("DELETE FROM room", [DESK_ENTRY]),
        ("DELETE FROM device", [ROOM_ENTRY]),
        (
            "INSERT INTO address (local, kind, room_id) SELECT 'w', 'permanent', id FROM room",
            [("700@example.org", "Ward", " ward 700 710 w "), DESK_ENTRY],
        ),
    ],
)
async def test_an_entry_follows(
    statement: str, wanted: list[tuple[str, ...]], database: Database
) -> None:
    """What changes a room, a device, an address or a domain changes the entry with it."""
    assert await entries_after(database, statement) == wanted


async def test_an_address_that_moves_leaves_one_entry_and_joins_another(database: Database) -> None:
    """Both rooms are what they would be had they always been so."""
    another = """
    WITH made AS (
        INSERT INTO room (organisation_id, kind, description, listed)
        SELECT id, 'permanent', 'Lab', true FROM organisation WHERE code = 'region-north'
        RETURNING id
    )
    INSERT INTO address (local, domain, kind, room_id)
    SELECT '900', 'example.org', 'permanent', id FROM made
    """
    moved = """
    UPDATE address SET room_id = (SELECT id FROM room WHERE description = 'Lab')
    WHERE local = '700'
    """

    got = await entries_after(database, another, moved)

    lab = ("700@example.org", "Lab", " lab 700 900 ")
    assert got == [lab, ("710@example.org", "Ward", " ward 710 "), DESK_ENTRY]


async def test_rooms_and_devices_are_not_listed_unless_said(database: Database) -> None:
    """A description may tell of health or of a person: nobody is found by default."""
    await database.load(Parsed(file_of(rooms=[ROOM], devices=[DEVICE]), Marks("directory.yaml")))

    assert await database.sql.fetch(ENTRIES) == []


async def test_a_listed_booking_is_refused(database: Database) -> None:
    """Whatever is written: a meeting is for who is invited."""
    await entries_after(database)

    with pytest.raises(asyncpg.CheckViolationError, match="a_booking_is_never_listed"):
        await database.sql.execute(
            "INSERT INTO room (organisation_id, kind, listed) "
            "SELECT id, 'booking', true FROM organisation LIMIT 1"
        )


async def test_two_who_change_one_room_do_not_meet(database: Database) -> None:
    """Who comes second waits, and the entry has what both have written."""
    await entries_after(database)

    words = await _words_after_both(database, ADD % 720, ADD % 730)

    assert words == " ward 700 710 720 730 "


ADD: Final = """
INSERT INTO address (local, domain, kind, room_id) SELECT '%s', 'example.org', 'permanent', id
FROM room
"""
LIST: Final = "UPDATE room SET listed = true"
RENUMBER: Final = "UPDATE address SET local = '711' WHERE local = '710'"
REMOVE: Final = "DELETE FROM address WHERE local = '710'"


@pytest.mark.parametrize(
    ("write", "wanted"),
    [
        (ADD % 720, " ward 700 710 720 "),
        (RENUMBER, " ward 700 711 "),
        (REMOVE, " ward 700 "),
    ],
)
@pytest.mark.parametrize("listed_first", [True, False])
async def test_whoever_lists_a_room_meets_who_writes_its_addresses(
    database: Database, write: str, wanted: str, *, listed_first: bool
) -> None:
    """Neither sees the other's work at first; the entry has both, whoever came first."""
    await database.load(Parsed(file_of(rooms=[ROOM]), Marks("directory.yaml")))
    first, second = (LIST, write) if listed_first else (write, LIST)

    words = await _words_after_both(database, first, second)

    assert words == wanted


async def _words_after_both(database: Database, first: str, second: str) -> str | None:
    """Let another begin before the first has committed; gives the words of the room's entry."""
    other = await asyncpg.connect(database.dsn)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
    async with database.sql.transaction():
        await database.sql.execute(first)
        waiting = asyncio.create_task(other.execute(second))
        async with asyncio.timeout(10):
            while not await database.sql.fetchval(waits, other.get_server_pid()):
                pass
    await waiting
    await other.close()
    words: str | None = await database.sql.fetchval(
        "SELECT words FROM phonebook_entry WHERE room_id IS NOT NULL"
    )
    return words
