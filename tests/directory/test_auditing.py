"""The audit in the database: what is noted, how it is chained, what nobody can take away."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.auditing import Wanted, list_audit, prune_audit
from policy.directory.chain import Verifier
from policy.directory.writing.scope import act_as
from policy.errors import DirectoryError
from tests.directory.audits import begin_anew, note, read_all, tampering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database

NORTH: Final = "10000000-0000-0000-0000-000000000001"
ROOM: Final = "20000000-0000-0000-0000-000000000001"
PIN: Final = f"4.{'a' * 16}.{'b' * 8}.{'C' * 44}"

FRAME: Final = f"""
INSERT INTO organisation (id, code, name) VALUES ('{NORTH}', 'north', 'Region North');
INSERT INTO domain (domain, organisation_id) VALUES ('example.org', '{NORTH}');
INSERT INTO room (id, organisation_id, kind, service_name)
VALUES ('{ROOM}', '{NORTH}', 'permanent', 'ward 7')
"""  # noqa: S608  constants

AGO: Final = timedelta(days=400)


@pytest.fixture
async def audited(database: Database) -> AsyncIterator[Database]:
    """Give a database with one organisation and one room, and nothing noted of that."""
    await database.sql.execute(FRAME)
    await begin_anew(database)
    yield database
    await database.empty()
    await begin_anew(database)


async def noted(database: Database) -> list[dict[str, object]]:
    """Give what was noted, the oldest first, without what differs from run to run."""
    rows = await list_audit(database.sql, Wanted())
    return [
        {
            name: row[name]
            for name in ("operation", "entity", "entity_id", "organisation", "changed")
        }
        for row in reversed(rows)
    ]


async def verify(database: Database) -> str:
    """Say what is wrong with the chain, empty for nothing."""
    ends, links = await read_all(database)
    try:
        verifier = Verifier(ends)
        for link in links:
            verifier.take(link)
        verifier.end()
    except DirectoryError as exc:
        return str(exc)
    return ""


async def test_a_change_is_noted_with_what_may_be_told(audited: Database) -> None:
    """States and limits with their values; PINs and descriptions by name."""
    await audited.sql.execute(
        "UPDATE room SET state = 'retired', participant_limit = 5, pin = $1, description = 'x'", PIN
    )

    assert await noted(audited) == [
        {
            "operation": "update",
            "entity": "room",
            "entity_id": ROOM,
            "organisation": "north",
            "changed": {
                "pin": "changed",
                "state": {"from": "active", "to": "retired"},
                "description": "changed",
                "participant_limit": {"from": None, "to": 5},
            },
        }
    ]


async def test_addresses_are_noted_for_whoever_they_call(audited: Database) -> None:
    """Made and taken away, with the organisation of the room."""
    await audited.sql.execute(
        "INSERT INTO address (local, domain, kind, room_id)"
        " VALUES ('ward7', 'example.org', 'permanent', $1)",
        ROOM,
    )
    await audited.sql.execute("DELETE FROM address")

    made, gone = await noted(audited)
    assert (made["operation"], gone["operation"]) == ("create", "delete")
    assert made["organisation"] == gone["organisation"] == "north"
    assert isinstance(made["changed"], dict)
    assert isinstance(gone["changed"], dict)
    assert made["changed"]["local"] == {"to": "ward7"}
    assert gone["changed"]["local"] == {"from": "ward7"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE room SET state = state, updated_at = now() + interval '1 day'",
        "UPDATE organisation SET path = '{other}'",
        "UPDATE room SET description = 'x' WHERE false",
        "DELETE FROM device",
    ],
)
async def test_what_changes_nothing_is_not_noted(audited: Database, statement: str) -> None:
    """Nor what the database keeps itself, like paths and the time of the last change."""
    await audited.sql.execute(statement)

    assert await noted(audited) == []


async def test_the_actor_is_who_acts_else_who_is_connected(audited: Database) -> None:
    """Whoever writes SQL by hand stands there with the name of the role."""
    async with audited.sql.transaction():
        await act_as(audited.sql, "kirsten")
        await audited.sql.execute("UPDATE room SET state = 'retired'")
    await audited.sql.execute("UPDATE room SET state = 'active'")

    rows = await list_audit(audited.sql, Wanted())

    assert [row["actor"] for row in rows] == ["policy", "kirsten"]
    assert len(await list_audit(audited.sql, Wanted(actor="kirsten"))) == 1


async def test_more_than_1000_rows_are_counted(audited: Database) -> None:
    """One row says how many, and whose when they are all one organisation's."""
    await audited.sql.execute(
        "INSERT INTO room (organisation_id, kind)"
        " SELECT $1::uuid, 'permanent' FROM generate_series(1, 1001)",
        NORTH,
    )

    assert await noted(audited) == [
        {
            "operation": "create",
            "entity": "room",
            "entity_id": None,
            "organisation": "north",
            "changed": {"rows": "1001"},
        }
    ]


async def test_rows_of_one_transaction_follow_one_another(audited: Database) -> None:
    """What is rolled back leaves no gap, a savepoint neither."""
    for _ in range(2):
        async with audited.sql.transaction():
            await audited.sql.execute("UPDATE room SET state = 'retired'")
            savepoint = audited.sql.transaction()
            await savepoint.start()
            await audited.sql.execute("UPDATE room SET listed = true")
            await savepoint.rollback()
            await audited.sql.execute("UPDATE room SET state = 'active'")

    assert len(await noted(audited)) == 4
    assert await verify(audited) == ""


async def test_many_commit_at_once(audited: Database) -> None:
    """Fifty transactions at a time: no fork, no gap, no deadlock."""
    writers = await asyncio.gather(*(asyncpg.connect(audited.dsn) for _ in range(50)))
    await audited.sql.execute(
        "INSERT INTO device (organisation_id, without_proof)"
        " SELECT $1::uuid, true FROM generate_series(1, 50)",
        NORTH,
    )

    async def write(writer: asyncpg.Connection[asyncpg.Record], number: int) -> None:
        async with writer.transaction():
            await writer.execute(
                "UPDATE device SET listed = NOT listed WHERE id ="
                " (SELECT id FROM device ORDER BY id OFFSET $1 LIMIT 1)",
                number,
            )
            await writer.execute(
                "INSERT INTO room (organisation_id, kind) VALUES ($1, 'permanent')", NORTH
            )
            await writer.execute("SET CONSTRAINTS ALL IMMEDIATE")

    try:
        await asyncio.gather(*(write(writer, n) for n, writer in enumerate(writers)))
    finally:
        await asyncio.gather(*(writer.close() for writer in writers))

    ends, links = await read_all(audited)
    assert ends.head.chain_no == len(links) == 50 + 50 + 50
    assert await verify(audited) == ""


async def test_a_transaction_at_work_keeps_nobody_waiting(audited: Database) -> None:
    """The end of the chain is taken at the commit: a long transaction holds nothing before it."""
    other = await asyncpg.connect(audited.dsn)
    try:
        async with other.transaction():
            await other.execute("UPDATE organisation SET name = 'N'")
            await asyncio.wait_for(audited.sql.execute("UPDATE room SET state = 'retired'"), 5)
    finally:
        await other.close()

    assert [row["entity"] for row in await noted(audited)] == ["room", "organisation"]
    assert await verify(audited) == ""


async def test_a_repeatable_read_that_was_overtaken_is_refused(audited: Database) -> None:
    """It cannot see where the chain ends: it fails, and forks nothing."""
    other = await asyncpg.connect(audited.dsn)
    try:
        transaction = other.transaction(isolation="repeatable_read")
        await transaction.start()
        await other.execute("UPDATE room SET listed = false, state = 'retired'")
        await audited.sql.execute("UPDATE organisation SET name = 'N'")
        with pytest.raises(asyncpg.SerializationError):
            await transaction.commit()
    finally:
        await other.close()

    assert await verify(audited) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "UPDATE audit SET chain_no = chain_no + 10",
        "UPDATE audit SET changed = '{}'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "UPDATE audit_head SET anchor_no = 1",
        "UPDATE audit_head SET anchor_no = 2, anchor_hash = (SELECT hash FROM audit WHERE id = 1)",
        "INSERT INTO audit_head DEFAULT VALUES",
    ],
)
async def test_the_audit_only_grows(audited: Database, statement: str) -> None:
    """Not even who owns the tables changes it in passing."""
    await note(audited)
    await note(audited)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await audited.sql.execute(statement)

    assert await verify(audited) == ""


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE chain_no = 2", "row 2 has been changed"),
        ("UPDATE audit SET at = at - interval '1 us' WHERE chain_no = 2", "row 2 has been changed"),
        ("DELETE FROM audit WHERE chain_no = 2", "row 2 is missing"),
        (
            """UPDATE audit SET chain_no = -1 WHERE chain_no = 2;
            UPDATE audit SET chain_no = 2 WHERE chain_no = 3;
            UPDATE audit SET chain_no = 3 WHERE chain_no = -1""",
            "row 2 does not follow the one before it",
        ),
        ("DELETE FROM audit WHERE chain_no > 3", "row 4 is missing, the last one is 5"),
        ("DELETE FROM audit WHERE chain_no < 3", "row 1 is missing"),
        ("UPDATE audit_head SET hash = sha256('x')", "row 5 is not the end that is noted"),
        ("DELETE FROM audit_head", "its head is missing"),
    ],
)
async def test_what_a_superuser_does_is_found(
    audited: Database, statement: str, wanted: str
) -> None:
    """With all triggers off anything can be written, and the first wrong row is told."""
    for _ in range(5):
        await note(audited)
    async with tampering(audited):
        await audited.sql.execute(statement)

    try:
        assert await _verdict(audited) == f"audit: {wanted}"
    finally:
        await begin_anew(audited)


async def _verdict(database: Database) -> str:
    try:
        return await verify(database)
    except DirectoryError as exc:
        return str(exc)


async def test_old_rows_are_pruned_and_the_rest_still_verifies(audited: Database) -> None:
    """All before the first that is not older go; the hash of the last one is kept."""
    for days_ago in (500, 450, 410, 390, 420, 0):
        await note(audited, days_ago=days_ago)

    removed = await prune_audit(audited.sql, datetime.now(UTC) - AGO)

    ends, links = await read_all(audited)
    assert (removed, ends.start.chain_no, [link.chain_no for link in links]) == (3, 3, [4, 5, 6])
    assert await verify(audited) == ""
    assert await prune_audit(audited.sql, datetime.now(UTC) - AGO) == 0
    assert await prune_audit(audited.sql) == 0


async def test_all_may_be_old(audited: Database) -> None:
    """An audit without rows goes on where it was."""
    await note(audited, days_ago=500)

    assert await prune_audit(audited.sql) == 1
    assert await verify(audited) == ""
    await note(audited)
    assert await verify(audited) == ""


async def test_what_is_not_old_is_kept(audited: Database) -> None:
    """Thirteen months, whatever is asked for."""
    await note(audited, days_ago=380)

    with pytest.raises(asyncpg.CheckViolationError, match="kept for 13 months"):
        await prune_audit(audited.sql, datetime.now(UTC))

    assert await verify(audited) == ""


# Parts of the names of columns that open something, say something, or hold what people wrote.
SECRET: Final = re.compile(
    "pin|password|sealed|sha256|key|description|username|owner_email|body|image|archive|service"
    "|tags|portal|url|webhook|short_id|instruction|details|names"
)
# Which of them only look so: names, kinds, and whether there is one.
HARMLESS: Final = {
    ("room", "service_name"),
    ("room", "service_type"),
    ("template", "service_type"),
    ("template", "host_pin_required"),
    ("template", "guest_pin_required"),
    ("booking", "guest_pin_required"),
    ("theme", "legacy_key"),
    ("picture", "sha256"),
}


async def test_nothing_secret_is_told(database: Database) -> None:
    """Of the columns whose values are noted none holds a secret, and each exists."""
    triggers = await database.sql.fetch(
        "SELECT tgrelid, tgrelid::regclass::text AS entity, tgargs FROM pg_trigger"
        " WHERE tgname = 'changes_are_noted_new'"
    )

    told = {}
    for trigger in triggers:
        _, names, *_ = trigger["tgargs"].decode().split("\0")
        told[trigger["entity"]] = set(names.strip("{}").split(",")) - {""}
        columns = await database.sql.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1 AND attnum > 0"
            # Program and database write numbers with a point in different ways.
            " AND atttypid <> ALL ('{real,float8,numeric}'::regtype[])",
            trigger["tgrelid"],
        )
        assert told[trigger["entity"]] <= {column["attname"] for column in columns}

    assert {
        (entity, name) for entity, names in told.items() for name in names if SECRET.search(name)
    } == HARMLESS


async def test_whoever_owns_rows_is_audited(database: Database) -> None:
    """A table that comes to belong to an organisation is noted, or stands here."""
    unnoted = await database.sql.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid"
        " AND tgname = 'changes_are_noted_new')"
    )

    assert {row["relname"] for row in unnoted} == {
        "alembic_version",
        "audit",
        "audit_head",
        "address_use",  # how often an address was called
        "change_log",  # what servers must look at again
        "phonebook_entry",  # made by triggers
        "service_schema",  # changed by migrations only
    }
