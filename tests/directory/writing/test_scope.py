"""Who acts, and within which organisation, until the transaction ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.writing.scope import act_as, check_scope
from policy.errors import DirectoryError, RefusedError

if TYPE_CHECKING:
    from tests.database import Database


async def test_the_scope_ends_with_the_transaction(database: Database) -> None:
    """A connection that is used again is nobody's."""
    await database.sql.execute(
        "INSERT INTO organisation (code, name) VALUES ('north', 'North'), ('south', 'South')"
    )
    async with database.sql.transaction():
        await act_as(database.sql, "kirsten", within="north")
        seen = await database.sql.fetchval("SELECT string_agg(code, ' ') FROM organisation")
        assert seen == "north"
        assert (
            await database.sql.fetchval("SELECT current_setting('vdx_policy.actor')") == "kirsten"
        )

    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 2
    assert not await database.sql.fetchval("SELECT current_setting('vdx_policy.scope', true)")


async def test_without_an_organisation_nothing_is_limited(database: Database) -> None:
    """The operator sees all of them."""
    await database.sql.execute("INSERT INTO organisation (code, name) VALUES ('north', 'North')")
    async with database.sql.transaction():
        await act_as(database.sql, "kirsten")
        assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 1


async def test_a_code_that_nobody_has_is_refused(database: Database) -> None:
    """Not taken for no limit at all."""
    async with database.sql.transaction():
        with pytest.raises(RefusedError, match="organisation nobody: there is none with this code"):
            await act_as(database.sql, "kirsten", within="nobody")


@pytest.mark.parametrize(
    "statement",
    ["RESET ROLE", "SELECT set_config('vdx_policy.scope', gen_random_uuid()::text, true)"],
)
async def test_limits_that_were_changed_are_noticed(database: Database, statement: str) -> None:
    """Whatever did that: nothing of such a transaction is kept."""
    await database.sql.execute("INSERT INTO organisation (code, name) VALUES ('north', 'North')")
    async with database.sql.transaction():
        scope = await act_as(database.sql, "kirsten", within="north")
        await check_scope(database.sql, scope)
        await database.sql.execute(statement)

        with pytest.raises(DirectoryError, match="the limits of the transaction were changed"):
            await check_scope(database.sql, scope)
