"""The schema, brought up to date by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from policy.directory.migrate import newest_revision

if TYPE_CHECKING:
    from tests.cli.conftest import Run


async def test_a_database_is_migrated_once(run: Run, bare: str) -> None:
    """The first run says from what to what, the second that there is nothing to do."""
    first = await asyncio.to_thread(run, "migrate", database_url=bare)
    second = await asyncio.to_thread(run, "migrate", database_url=bare)

    newest = newest_revision()
    assert (first.returncode, first.stdout, first.stderr) == (0, f"schema: empty -> {newest}\n", "")
    assert (second.returncode, second.stdout) == (0, f"schema: {newest}, nothing to do\n")


def test_a_database_that_is_away_is_one_line(run: Run) -> None:
    """Code 1, the reason, and nothing of the address."""
    done = run("migrate", database_url="postgresql://u:an-odd-word@127.0.0.1:1/x")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vdx-policy: database: connection refused\n"


def test_an_embedded_database_needs_no_migrate(run: Run) -> None:
    """Without `database.url` the command says who does it."""
    done = run("migrate")

    assert done.returncode == 1
    assert done.stderr == (
        "vdx-policy: database.url is not set: an embedded database is migrated by 'serve'\n"
    )
