"""The frame of a tenant: what it gives those below it, and what it is shown of those above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.queries.bulk_export import EXPORT
from policy.directory.queries.register import LIST_RANGES
from policy.directory.queries.templates import CHAIN, LIST_TEMPLATES
from policy.directory.writing.scope import act_as
from tests.directory.tenants import MINE, operating, secrets, within

if TYPE_CHECKING:
    from tests.database import Database


@pytest.mark.parametrize(
    ("before", "statement"),
    [
        # A domain of somebody else lies below, or around, or in between.
        (
            "INSERT INTO domain VALUES ('x.more.of-a.example.org', '{their}')",
            "INSERT INTO domain VALUES ('more.of-a.example.org', '{organisation}')",
        ),
        (
            "INSERT INTO domain VALUES ('more.of-root.example.org', '{their}')",
            "INSERT INTO domain VALUES ('x.more.of-root.example.org', '{organisation}')",
        ),
        (
            "UPDATE domain SET inherit = false",
            "INSERT INTO domain VALUES ('more.of-root.example.org', '{organisation}')",
        ),
        # For statistics alone.
        (
            "UPDATE domain SET history_only = true",
            "INSERT INTO domain VALUES ('more.of-a.example.org', '{organisation}')",
        ),
        (
            "UPDATE domain SET history_only = true",
            "UPDATE domain SET history_only = false WHERE organisation_id = '{organisation}'",
        ),
        # Below what is not active.
        *[
            (before, statement)
            for before in (
                "UPDATE organisation SET state = 'suspended' WHERE id = '{organisation}'",
                "UPDATE organisation SET state = 'suspended' WHERE id = '{below}'",
            )
            for statement in (
                """INSERT INTO organisation (code, name, parent_id, state, agreements_required)
                VALUES ('x', 'x', '{below}', 'prospect', true)""",
                "INSERT INTO organisation (type, name, parent_id) VALUES ('group', 'x', '{below}')",
            )
        ],
        (
            """UPDATE organisation SET state = 'suspended'
            WHERE id IN ('{organisation}', '{below}')""",
            "UPDATE organisation SET state = 'active' WHERE id = '{below}'",
        ),
        # Where no limit would hold.
        (
            """INSERT INTO organisation (id, type, name, parent_id)
            VALUES ('{group}', 'group', 'x', '{organisation}')""",
            "UPDATE room SET organisation_id = '{group}', picture_id = NULL WHERE id = '{room}'",
        ),
        (
            """INSERT INTO organisation (id, type, name, parent_id)
            VALUES ('{group}', 'group', 'x', '{organisation}')""",
            "UPDATE organisation SET type = 'praksis', code = 'x' WHERE id = '{group}'",
        ),
        # Without PINs, where citizens come.
        (
            "UPDATE organisation SET purposes = '{{citizen}}' WHERE id = '{organisation}'",
            "UPDATE organisation SET purposes = '{{}}' WHERE id = '{organisation}'",
        ),
        # Without agreements, where those above have lapsed.
        (
            """UPDATE organisation SET state = 'suspended', agreements_required = false
            WHERE id = '{below}';
            UPDATE agreement SET valid_to = '2026-01-02' WHERE organisation_id = '{organisation}'
            """,
            "UPDATE organisation SET state = 'active' WHERE id = '{below}'",
        ),
    ],
)
async def test_what_a_tenant_may_not_in_a_narrower_frame(
    full: Database, before: str, statement: str
) -> None:
    """What the operator has set binds those below it too; the operator may do it."""
    async with operating(full):
        await full.sql.execute(before.format(**MINE))
        async with full.sql.transaction():
            await full.sql.execute(statement.format(**MINE))
    async with operating(full):
        await full.sql.execute(before.format(**MINE))
        await act_as(full.sql, "kirsten", within="of-a")
        with pytest.raises(asyncpg.CheckViolationError):
            await full.sql.execute(statement.format(**MINE))


async def test_those_made_by_a_tenant_have_its_quota(full: Database) -> None:
    """Or nobody's limit would hold; nothing else need be said."""
    async with operating(full):
        await full.sql.execute(
            "UPDATE organisation SET quota_permanent_rooms = 7 WHERE id = $1", MINE["organisation"]
        )
        await act_as(full.sql, "kirsten", within="of-a")
        assert (
            await full.sql.fetchval(
                "INSERT INTO organisation (code, name, parent_id, state, agreements_required)"
                " VALUES ('x', 'x', $1, 'prospect', true) RETURNING quota_permanent_rooms",
                MINE["below"],
            )
            == 7
        )


async def test_those_made_by_a_tenant_for_citizens_are_so_too(full: Database) -> None:
    """Their rooms need PINs as those above them do."""
    async with operating(full):
        await full.sql.execute(
            "UPDATE organisation SET purposes = '{citizen}' WHERE id = $1", MINE["organisation"]
        )
        await act_as(full.sql, "kirsten", within="of-a")
        purposes = await full.sql.fetchval(
            "INSERT INTO organisation (code, name, parent_id, state, agreements_required, purposes)"
            " VALUES ('x', 'x', $1, 'prospect', true, '{training}') RETURNING purposes",
            MINE["below"],
        )

    assert purposes == ["training", "citizen"]


@pytest.mark.parametrize("kind", EXPORT)
async def test_an_export_holds_rows_of_the_scope_alone(full: Database, kind: str) -> None:
    """Neither the platform's nor what is inherited; references to those are never empty."""
    async with within(full):
        rows = await full.sql.fetch(EXPORT[kind], None)

    said = repr([tuple(row) for row in rows])
    assert {secret for secret in secrets() if secret in said} == set()
    assert {row["organisation"] for row in rows if "organisation" in row} <= (
        {None, "of-a", "of-below-a"} if kind == "addresses" else {"of-a", "of-below-a"}
    )


async def test_what_is_inherited_is_not_shown_as_the_platforms(full: Database) -> None:
    """Lists say that it is from above, and not from whom."""
    async with operating(full):
        await full.sql.execute("UPDATE template SET is_default = true WHERE name = 'of-root'")
        await act_as(full.sql, "kirsten", within="of-a")
        templates = await full.sql.fetch(LIST_TEMPLATES, MINE["organisation"])
        ranges = await full.sql.fetch(LIST_RANGES, None)
        chain = await full.sql.fetch(CHAIN, MINE["organisation"], None)
        exported = await full.sql.fetch(EXPORT["templates"], None)

    assert {row["name"]: row["organisation"] for row in templates} == {
        "of-platform": None,
        "of-root": "above",
        "of-a": "of-a",
    }
    assert {row["name"]: row["organisation"] for row in ranges} == {
        "of-root": "above",
        "of-a": "of-a",
        "of-below-a": "of-below-a",
    }
    assert [row["organisation"] for row in chain] == ["of-a", "one above", None]
    assert {row["name"] for row in exported} == {"of-a", "of-below-a"}
