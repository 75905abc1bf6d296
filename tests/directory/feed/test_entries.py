"""Which writes are logged, as what, and that no table is left out that a call looks at."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.queries.calls import FIND_ADDRESSES
from policy.directory.queries.changes import CHANNEL
from policy.documents import Marks, Parsed
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.database import Database

# Words for what a statement is about.
ROWS: Final = {
    "<room>": "(SELECT room_id FROM address WHERE local = '700')",
    "<meeting>": "(SELECT room_id FROM address WHERE local = '812345')",
    "<device>": "(SELECT device_id FROM address WHERE local = 'ward7')",
    "<region>": "(SELECT id FROM organisation WHERE code = 'region-north')",
}
ALL: Final = [("all", None)]
COUNT: Final = "SELECT count(*) FROM change_log"
LOGGED: Final = """
SELECT log.kind, CASE log.kind WHEN 'row' THEN coalesce(
    CASE WHEN log.key::uuid = room.id THEN 'room of ' || address.local END,
    CASE WHEN device.id IS NOT NULL THEN 'a device' END,
    CASE WHEN organisation.id IS NOT NULL THEN organisation.name END,
    CASE WHEN template.id IS NOT NULL THEN template.name END,
    'a row that is gone'
) ELSE log.key END AS key
FROM change_log AS log
LEFT JOIN room ON room.id::text = log.key
LEFT JOIN address ON address.room_id = room.id
LEFT JOIN device ON device.id::text = log.key
LEFT JOIN organisation ON organisation.id::text = log.key
LEFT JOIN template ON template.id::text = log.key
ORDER BY log.seq
"""


def written(statement: str) -> str:
    """Put rows in the place of words."""
    for word, row in ROWS.items():
        statement = statement.replace(word, row)
    return statement


@pytest.fixture
async def filled(database: Database) -> Database:
    """Give a directory with a room, a meeting, a device and a template, and an empty log."""
    file = file_of(
        rooms=[{"aliases": ["700@example.org", "701@example.org"]}],
        bookings=[
            {
                "aliases": ["812345@example.org"],
                "starts_at": "2026-05-04T09:00:00Z",
                "ends_at": "2026-05-04T10:00:00Z",
            }
        ],
        devices=[{"alias": "ward7@example.org", "without_proof": True}],
    )
    await database.load(Parsed(file, Marks("directory.yaml")))
    template = "INSERT INTO template (organisation_id, name, service) VALUES (<region>, 'T', '{}')"
    await database.sql.execute(written(template))
    await database.sql.execute("DELETE FROM change_log")
    return database


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (
            """
            INSERT INTO address (local, domain, kind, room_id)
            VALUES ('702', 'example.org', 'permanent', <room>)
            """,
            [("local", "702")],
        ),
        (
            "UPDATE address SET local = '703' WHERE local = '701'",
            [("local", "701"), ("local", "703")],
        ),
        ("DELETE FROM address WHERE local = '701'", [("local", "701")]),
        ("UPDATE room SET tags = '{x}' WHERE id = <meeting>", [("row", "room of 812345")]),
        (
            "UPDATE booking SET cancelled_at = now() WHERE room_id = <meeting>",
            [("row", "room of 812345")],
        ),
        ("DELETE FROM booking WHERE room_id = <meeting>", [("row", "room of 812345")]),
        ("UPDATE device SET enabled = false WHERE id = <device>", [("row", "a device")]),
        (
            "DELETE FROM device WHERE id = <device>",
            [("local", "ward7"), ("row", "a row that is gone")],
        ),
        ('UPDATE template SET service = \'{"enable_chat": "no"}\'', [("row", "T")]),
        ("DELETE FROM template", [("row", "a row that is gone")]),
        (
            "UPDATE organisation SET state = 'suspended' WHERE code = 'region-north'",
            [("row", "Region North")],
        ),
        ("UPDATE organisation SET code = 'r' WHERE code = 'region-north'", ALL),
        ("UPDATE organisation SET parent_id = <region> WHERE code = 'closed'", ALL),
        ("UPDATE domain SET inherit = false WHERE domain = 'example.org'", ALL),
        ("INSERT INTO domain (domain, organisation_id) VALUES ('new.example.org', <region>)", ALL),
        ("DELETE FROM domain WHERE domain = 'old.example.org'", ALL),
        ("UPDATE address SET local = '704' WHERE local = 'nobody'", []),
        ("INSERT INTO template (organisation_id, name) VALUES (<region>, 'unused')", []),
    ],
)
async def test_a_write_is_logged(
    filled: Database, statement: str, wanted: list[tuple[str, str | None]]
) -> None:
    """As the addresses, or the rows, that it changes an answer of."""
    await filled.sql.execute(written(statement))

    logged = {(row["kind"], row["key"]) for row in await filled.sql.fetch(LOGGED)}

    extra = {("row", "Region North"), ("row", "The Closed Clinic")} if wanted == ALL else set()
    assert set(wanted) <= logged <= set(wanted) | extra


async def test_a_new_organisation_makes_nothing_doubtful(filled: Database) -> None:
    """Nobody is below it yet."""
    await filled.sql.execute("INSERT INTO organisation (code, name) VALUES ('new', 'New')")

    assert [tuple(row) for row in await filled.sql.fetch(LOGGED)] in ([], [("row", "New")])


async def test_a_booking_behind_its_address_is_logged(filled: Database) -> None:
    """Until then the address answers that nobody is there."""
    await filled.sql.execute(written("DELETE FROM booking WHERE room_id = <meeting>"))
    await filled.sql.execute("DELETE FROM change_log")

    await filled.sql.execute(
        written("""
        INSERT INTO booking (organisation_id, room_id, starts_at, ends_at)
        VALUES (<region>, <meeting>, now(), now() + interval '1 hour')
        """)
    )

    assert [tuple(row) for row in await filled.sql.fetch(LOGGED)] == [("row", "room of 812345")]


@pytest.mark.parametrize(("rows", "wanted"), [(1000, 1000), (1001, 1)])
async def test_many_rows_at_once_are_everything(filled: Database, rows: int, wanted: int) -> None:
    """More than 1,000 of one statement are not named one by one."""
    statement = """
    INSERT INTO address (local, domain, kind, room_id)
    SELECT 'n' || n, 'example.org', 'permanent', <room> FROM generate_series(1, $1) AS n
    """

    await filled.sql.execute(written(statement), rows)

    assert await filled.sql.fetchval(COUNT) == wanted


@pytest.mark.parametrize(
    "table", ["address", "booking", "room", "device", "template", "organisation", "domain"]
)
async def test_an_emptied_table_is_everything(filled: Database, table: str) -> None:
    """Nobody has to know which rows it had."""
    transaction = filled.sql.transaction()
    await transaction.start()
    try:
        await filled.sql.execute(f"TRUNCATE {table} CASCADE")
        kinds = {row["kind"] for row in await filled.sql.fetch("SELECT kind FROM change_log")}
    finally:
        await transaction.rollback()

    assert kinds == {"all"}


async def test_a_role_that_may_not_write_the_log_has_its_changes_logged(filled: Database) -> None:
    """Tenants write under roles of their own; a table of their own of this name changes nothing."""
    transaction = filled.sql.transaction()
    await transaction.start()
    try:
        await filled.sql.execute(
            "CREATE ROLE changes_tester;"
            "ALTER TABLE address DISABLE ROW LEVEL SECURITY;"
            "GRANT SELECT, UPDATE ON address TO changes_tester;"
            "SET LOCAL ROLE changes_tester;"
            "CREATE TEMP TABLE change_log (kind text, key text);"
            "UPDATE address SET local = '705' WHERE local = '701'"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with filled.sql.transaction():
                await filled.sql.execute("INSERT INTO public.change_log (kind) VALUES ('all')")
        await filled.sql.execute("RESET ROLE")
        logged = await filled.sql.fetch("SELECT key FROM public.change_log")
    finally:
        await transaction.rollback()

    assert sorted(row["key"] for row in logged) == ["701", "705"]


async def test_a_transaction_wakes_once(filled: Database) -> None:
    """However many rows and statements; one that is rolled back wakes nobody."""
    heard: list[object] = []
    listener = await asyncpg.connect(filled.dsn)
    await listener.add_listener(CHANNEL, lambda *told: heard.append(told[3]))
    async with filled.sql.transaction():
        for number in range(3):
            await filled.sql.execute("UPDATE room SET tags = $1", [str(number)])
    failing = filled.sql.transaction()
    await failing.start()
    await filled.sql.execute("UPDATE room SET tags = '{y}'")
    await failing.rollback()

    await filled.sql.execute(f"NOTIFY {CHANNEL}, 'last'")
    async with asyncio.timeout(30):
        while "last" not in heard:
            await listener.execute("SELECT 1")
    await listener.close()

    assert heard == ["", "last"]


def _tables(plan: object) -> Iterator[str]:
    if isinstance(plan, list):
        for each in plan:
            yield from _tables(each)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Relation Name"]
        for each in plan.values():
            yield from _tables(each)


async def test_every_table_of_a_look_up_is_logged(database: Database) -> None:
    """Whatever can change an answer: each has triggers for changes, deletions and emptying."""
    plan = await (await database.sql.prepare(FIND_ADDRESSES)).explain([], [])
    rows = await database.sql.fetch(
        "SELECT tgrelid::regclass::text AS name, bit_or(tgtype::integer) AS events "
        "FROM pg_trigger WHERE tgname LIKE 'change_log_%' AND NOT tgisinternal GROUP BY 1"
    )

    # From PostgreSQL's own header: delete 8, update 16, truncate 32.
    logged = {row["name"] for row in rows if row["events"] & 48 == 48}
    deletable = {row["name"] for row in rows if row["events"] & 8}
    assert set(_tables(plan)) <= logged
    assert logged - deletable == {"organisation"}  # nobody can be of one that can be deleted
