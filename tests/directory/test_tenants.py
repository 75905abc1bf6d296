"""Row security, table by table: whoever acts for an organisation touches nothing of another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.directory.tenants import (
    INSIDE,
    MINE,
    TABLES,
    Prints,
    id_of,
    secrets,
    within,
)

if TYPE_CHECKING:
    from tests.database import Database

ROWS: Final = "SELECT each::text FROM {table} AS each"
OWNERS: Final = "SELECT DISTINCT organisation_id::text FROM {table}"
AS_IT_IS: Final = "UPDATE {table} SET {name} = {name}"
REMOVE: Final = "DELETE FROM {table}"
ONE_ROW: Final = """
SELECT to_jsonb(each) FROM {table} AS each
WHERE audit_owner('{table}', to_jsonb(each)) = $1::uuid ORDER BY each::text LIMIT 1
"""
ADD: Final = """
INSERT INTO {table} ({columns})
SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1::jsonb)
"""

REFUSED: Final = (asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)


async def _columns(database: Database, table: str) -> list[str]:
    rows = await database.sql.fetch(
        """SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0
        AND NOT attisdropped AND attgenerated = '' AND attidentity = ''""",
        table,
    )
    return [row["attname"] for row in rows]


@pytest.mark.parametrize("table", TABLES)
async def test_a_table_shows_no_row_of_others(full: Database, table: str) -> None:
    """What is seen is of the organisation or below it, or inherited; and that is not nothing."""
    everything = await full.sql.fetch(ROWS.format(table=table))
    async with within(full):
        seen = await full.sql.fetch(ROWS.format(table=table))

    assert 0 < len(seen) < len(everything)
    assert {secret for secret in secrets() for row in seen if secret in row[0]} == set()


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_of_others_is_changed_or_removed(full: Database, table: str) -> None:
    """Each column of all rows, written as it is, and all rows removed: theirs stay untouched."""
    before = await Prints.take(full.sql)
    statements = [AS_IT_IS.format(table=table, name=name) for name in await _columns(full, table)]

    for statement in [*statements, REMOVE.format(table=table)]:
        async with within(full):
            try:
                async with full.sql.transaction():
                    await full.sql.execute(statement)
            except REFUSED:
                continue
            await full.sql.execute("RESET ROLE")
            assert await Prints.take(full.sql) == before, statement


@pytest.mark.parametrize("table", [name for name in TABLES if name != "phonebook_entry"])
@pytest.mark.parametrize("code", ["b", "below-b", "root"])
async def test_nothing_is_added_for_others(full: Database, table: str, code: str) -> None:
    """A row like one of theirs, as their own: refused before anything else is looked at."""
    names = await _columns(full, table)
    row = await full.sql.fetchval(
        ONE_ROW.format(table=table),
        id_of("organisation", code),
    )
    kept = {name: value for name, value in json.loads(row).items() if name in names}
    if "id" in kept and table != "organisation":
        del kept["id"]
    columns = ", ".join(kept)

    async with within(full):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await full.sql.execute(
                ADD.format(table=table, columns=columns),
                json.dumps(kept),
            )


async def test_rows_of_those_below_are_as_their_own(full: Database) -> None:
    """The organisation and its subtree, and of those above it what is inherited."""
    async with within(full):
        for table in ("room", "device", "booking", "picture", "user_account", "agreement"):
            owners = await full.sql.fetch(OWNERS.format(table=table))
            assert {row[0] for row in owners} == {id_of("organisation", code) for code in INSIDE}
        assert {row[0] for row in await full.sql.fetch("SELECT name FROM template")} == {
            "of-a",
            "of-below-a",
            "of-platform",
        }
        assert {row[0] for row in await full.sql.fetch("SELECT name FROM number_range")} == {
            "of-root",
            "of-a",
            "of-below-a",
        }
        assert {row[0] for row in await full.sql.fetch("SELECT domain FROM domain")} == {
            "of-root.example.org",
            "of-a.example.org",
            "of-below-a.example.org",
        }


@pytest.mark.parametrize(
    "statement",
    [
        # Into what others have.
        "UPDATE room SET organisation_id = '{their}' WHERE id = '{room}'",
        "UPDATE room SET template_id = '{their_template}' WHERE id = '{room}'",
        "UPDATE room SET picture_id = '{their_picture}' WHERE id = '{room}'",
        "UPDATE address SET room_id = '{their_room}' WHERE room_id = '{room}'",
        """INSERT INTO address (local, domain, kind, room_id)
        VALUES ('x', 'of-b.example.org', 'permanent', '{room}')""",
        """INSERT INTO address (local, domain, kind, room_id)
        VALUES ('x', 'of-below-a.example.org', 'permanent', '{room}')""",
        "INSERT INTO phonebook_grant VALUES ('{their}', '{organisation}')",
        "INSERT INTO domain VALUES ('more.of-b.example.org', '{organisation}')",
        "INSERT INTO domain VALUES ('more.of-b.example.org', '{below}')",
        "INSERT INTO domain VALUES ('org', '{organisation}')",
        "INSERT INTO domain VALUES ('video.example.net', '{organisation}')",
        "INSERT INTO domain VALUES ('not-of-a.example.org', '{organisation}')",
        "UPDATE domain SET domain = 'video.example.net' WHERE organisation_id = '{organisation}'",
        # More than it has, for those below it.
        "UPDATE organisation SET quota_permanent_rooms = 9 WHERE id = '{below}'",
        "UPDATE organisation SET pool_size = 9 WHERE id = '{below}'",
        "UPDATE organisation SET allow_own_address = true WHERE id = '{below}'",
        "UPDATE organisation SET agreements_required = false WHERE id = '{below}'",
        """INSERT INTO organisation (code, name, parent_id, agreements_required)
        VALUES ('x', 'x', '{organisation}', false)""",
        """INSERT INTO organisation (code, name, parent_id, agreements_required, pool_size)
        VALUES ('x', 'x', '{organisation}', true, 3)""",
        """INSERT INTO organisation (
            code, name, parent_id, agreements_required, quota_permanent_rooms
        ) VALUES ('x', 'x', '{organisation}', true, 3)""",
        """INSERT INTO organisation (code, name, parent_id, agreements_required, allow_own_address)
        VALUES ('x', 'x', '{organisation}', true, true)""",
        """INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from)
        VALUES ('{below}', 'dpa', 'x', '2026-01-01', '2026-01-01')""",
        "UPDATE agreement SET valid_to = NULL",
        "INSERT INTO organisation (code, name, parent_id) VALUES ('x', 'x', '{their}')",
        "INSERT INTO organisation (code, name) VALUES ('x', 'x')",
        "UPDATE organisation SET parent_id = '{their}' WHERE id = '{below}'",
        "UPDATE organisation SET parent_id = NULL WHERE id = '{below}'",
        "UPDATE organisation SET state = 'closed', merged_into_id = '{their}' WHERE id = '{below}'",
        # Out of what is given from above.
        "UPDATE organisation SET quota_permanent_rooms = 9 WHERE id = '{organisation}'",
        "UPDATE organisation SET state = 'suspended' WHERE id = '{organisation}'",
        "UPDATE organisation SET parent_id = NULL WHERE id = '{organisation}'",
        "DELETE FROM organisation WHERE id = '{organisation}'",
        """INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from)
        VALUES ('{organisation}', 'dpa', 'x', '2026-01-01', '2026-01-01')""",
        "UPDATE user_account SET roles = '{{operator}}'",
        "UPDATE number_range SET high = 99999",
        """INSERT INTO number_range (organisation_id, name, domain, low, high)
        VALUES ('{organisation}', 'x', 'of-a.example.org', 1, 99)""",
        # Bare, and so in every own domain of everybody.
        "INSERT INTO address (local, kind, room_id) VALUES ('ward', 'permanent', '{room}')",
        """INSERT INTO address (local, kind, room_id, range_id)
        VALUES ('112', 'permanent', '{room}', '{range}')""",
        # Past the tables.
        """INSERT INTO phonebook_entry (room_id, organisation_id, alias, description, words)
        VALUES ('{room}', '{organisation}', 'x', 'x', 'x')""",
        """INSERT INTO audit (actor, operation, entity, changed)
        VALUES ('x', 'update', 'room', '{{}}')""",
        "DELETE FROM audit",
        "SELECT prune_audit(now())",
        "SELECT phonebook_refresh('{their_room}', NULL)",
        "SELECT * FROM audit_head",
        "SELECT * FROM change_log",
        "SELECT * FROM phonebook_source",
        "INSERT INTO platform_names VALUES ('themes', '{{}}')",
        "INSERT INTO template (name) VALUES ('x')",
        "UPDATE service_schema SET schema = '{{}}'",
        "DELETE FROM emergency_number",
        "TRUNCATE room",
        "COPY room (organisation_id, kind) FROM STDIN",
        "CREATE TABLE mine (id integer)",
        "ALTER TABLE room DISABLE ROW LEVEL SECURITY",
    ],
)
async def test_what_a_tenant_may_not(full: Database, statement: str) -> None:
    """Refused, and without effect."""
    with pytest.raises((*REFUSED, asyncpg.FeatureNotSupportedError)):
        async with within(full):
            await full.sql.execute(statement.format(**MINE))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisation SET name = 'A' WHERE id = '{organisation}'",
        "UPDATE organisation SET name = 'A', type = 'praksis' WHERE id = '{below}'",
        "UPDATE room SET organisation_id = '{below}', picture_id = NULL WHERE id = '{room}'",
        """INSERT INTO organisation (code, name, parent_id, state, agreements_required)
        VALUES ('x', 'x', '{organisation}', 'prospect', true)""",
        "INSERT INTO organisation (type, name, parent_id) VALUES ('group', 'x', '{organisation}')",
        "INSERT INTO domain VALUES ('more.of-a.example.org', '{organisation}')",
        "INSERT INTO domain VALUES ('more.of-a.example.org', '{below}')",
        "INSERT INTO domain VALUES ('more.of-root.example.org', '{organisation}')",
        "UPDATE domain SET inherit = true WHERE organisation_id = '{organisation}'",
        "UPDATE domain SET organisation_id = '{below}' WHERE organisation_id = '{organisation}'",
        """INSERT INTO address (local, domain, kind, room_id)
        VALUES ('x', 'of-root.example.org', 'permanent', '{room}')""",
        """INSERT INTO address (local, kind, room_id, range_id)
        VALUES ('2007', 'permanent', '{room}', '{range}')""",
        """UPDATE address
        SET state = 'quarantined', room_id = NULL, organisation_id = '{organisation}'
        WHERE room_id = '{room}'""",
        "INSERT INTO phonebook_grant VALUES ('{below}', '{their}')",
        """DELETE FROM organisation WHERE id IN
        (SELECT id FROM organisation WHERE code = 'x') RETURNING id""",
        "UPDATE user_account SET roles = '{{meeting-admin,auditor}}'",
        "UPDATE room SET listed = false, description = 'x' WHERE id = '{room}'",
    ],
)
async def test_what_a_tenant_may(full: Database, statement: str) -> None:
    """Whatever stays within: triggers that look further do so for tenants too."""
    async with within(full):
        await full.sql.execute(statement.format(**MINE))
        await full.sql.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def test_a_tenant_without_a_scope_sees_nothing(full: Database) -> None:
    """Whoever takes the role and says no organisation has none."""
    async with full.sql.transaction():
        await full.sql.execute("SET LOCAL ROLE vdx_policy_tenant")
        assert await full.sql.fetchval("SELECT count(*) FROM room") == 0
        assert await full.sql.fetchval("SELECT count(*) FROM organisation") == 0


async def test_functions_that_look_further_do_not_tell_of_others(full: Database) -> None:
    """Neither templates nor domains of whoever is outside."""
    theirs, mine = id_of("organisation", "b"), id_of("organisation", "a")
    async with within(full):
        chain = "SELECT count(*) FROM template_chain($1, $2)"
        assert await full.sql.fetchval(chain, theirs, id_of("template", "b")) == 1  # the platform's
        assert await full.sql.fetchval(chain, mine, id_of("template", "b")) == 2
        serves = "SELECT domain_serves($1, $2)"
        assert not await full.sql.fetchval(serves, "of-b.example.org", theirs)
        assert await full.sql.fetchval(serves, "of-root.example.org", mine)


async def test_every_table_is_limited_or_closed(full: Database) -> None:
    """A new table has row security, or tenants may do nothing in it, or it holds nobody's rows."""
    open_to_tenants = await full.sql.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm') AND NOT relrowsecurity"
        " AND has_any_column_privilege('vdx_policy_tenant', oid, 'SELECT, INSERT, UPDATE')"
    )
    limited = await full.sql.fetch(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"
    )

    assert {row["relname"] for row in open_to_tenants} == {
        "emergency_number",
        "platform_names",
        "service_schema",
    }
    assert {row["relname"] for row in limited} == {*TABLES, "address_use"}


async def test_functions_with_the_rights_of_the_owner_find_only_our_tables(full: Database) -> None:
    """Nothing that a tenant could make in a schema of its own, temporary ones last."""
    rows = await full.sql.fetch(
        "SELECT proname, proconfig, prosecdef, prorettype = 'trigger'::regtype AS is_trigger"
        " FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (prosecdef OR prorettype = 'trigger'::regtype)"
    )

    assert [
        row["proname"]
        for row in rows
        if row["prosecdef"] and "search_path=public, pg_temp" not in (row["proconfig"] or [])
    ] == []
    # These two look at who acts; all others keep rows right for everybody.
    assert {row["proname"] for row in rows if row["is_trigger"] and not row["prosecdef"]} == {
        "refuse_to_leave_the_frame",
        "refuse_a_foreign_address",
    }


ADD_ORGANISATION: Final = """
INSERT INTO organisation (code, name, parent_id)
VALUES ($1, 'x', (SELECT id FROM organisation WHERE code = $2))
"""
ADD_ROOM: Final = """
INSERT INTO room (organisation_id, kind, service_name)
SELECT id, 'permanent', code FROM organisation WHERE code = $1
"""
SET_SCOPE: Final = """
SELECT set_config('vdx_policy.scope', id::text, true) FROM organisation WHERE code = $1
"""


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_tree_shows_exactly_its_subtree(full: Database, data: st.DataObject) -> None:
    """Whatever the tree looks like, an organisation sees the rooms at and below it."""
    parents = [
        data.draw(st.none() | st.integers(0, number - 1)) if number else None
        for number in range(data.draw(st.integers(1, 8)))
    ]
    asked = data.draw(st.integers(0, len(parents) - 1))
    below = {asked}
    for number, parent in enumerate(parents):
        if parent in below:
            below.add(number)

    transaction = full.sql.transaction()
    await transaction.start()
    try:
        for number, parent in enumerate(parents):
            await full.sql.execute(ADD_ORGANISATION, f"tree-{number}", f"tree-{parent}")
            await full.sql.execute(ADD_ROOM, f"tree-{number}")
        await full.sql.execute(SET_SCOPE, f"tree-{asked}")
        await full.sql.execute("SET LOCAL ROLE vdx_policy_tenant")
        seen = await full.sql.fetch("SELECT service_name FROM room")
    finally:
        await transaction.rollback()

    assert {row[0] for row in seen} == {f"tree-{number}" for number in below}
