"""`vdx-policy directory check` says what is wrong, and its code says whether anything is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from tests.directory.writing.meetings import build_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from click.testing import Result

    from tests.database import Database

    Check = Callable[..., Awaitable[Result]]

_LOST = """
INSERT INTO room (organisation_id, kind, service_name)
SELECT id, 'permanent', 'lost' FROM organisation WHERE code = 'hospital'
"""
_TEN_DIGITS = """
INSERT INTO address (local, kind, state, organisation_id)
SELECT '3112991234', 'reserved', 'held', id FROM organisation WHERE code = 'neighbour'
"""


@pytest.fixture
async def check(database: Database) -> Check:
    """Run `vdx-policy directory check` where organisations book meetings."""
    await build_world(database)

    async def check(*words: str) -> Result:
        runner = CliRunner(env={"VDX_POLICY_DATABASE_URL": database.dsn})
        return await asyncio.to_thread(runner.invoke, cli, ["directory", "check", *words])

    return check


async def test_a_directory_that_is_in_order(check: Check) -> None:
    """Nothing is printed but how much that is."""
    done = await check()

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith("0 errors, 0 warnings\n")


async def test_warnings_are_no_errors_unless_asked(database: Database, check: Check) -> None:
    """The code is 1 for warnings with --strict only."""
    await database.sql.execute(_LOST)

    done = await check()
    strict = await check("--strict")

    text = "room lost: warning: of hospital: has no address in use, nobody can call it\n"
    assert (done.exit_code, done.stdout) == (0, text)
    assert (strict.exit_code, strict.stdout) == (1, text)


async def test_what_is_wrong_comes_first(database: Database, check: Check) -> None:
    """The code is 1; programs read it line by line."""
    await database.sql.execute(_LOST)
    await database.sql.execute(_TEN_DIGITS)

    done = await check("--json")

    found = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert [each["level"] for each in found] == ["error", "warning"]
    assert found[1]["what"] == "room lost"
    assert "3112991234" not in done.output


async def test_what_is_wrong_with_others_is_not_told(database: Database, check: Check) -> None:
    """Whoever acts for an organisation is told of it and those below it."""
    await database.sql.execute(_TEN_DIGITS)

    ours = await check("--as", "hospital")
    theirs = await check("--as", "neighbour")

    assert (ours.exit_code, theirs.exit_code) == (0, 1)
