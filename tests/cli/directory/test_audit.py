"""The audit is listed, exported and verified, with the database and without it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.directory.audits import begin_anew, tampering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.database import Database


@pytest.fixture
async def audited(database: Database) -> AsyncIterator[Database]:
    """Give a database with two organisations, of which one got a room that was retired."""
    await begin_anew(database)
    await database.sql.execute(
        """
        INSERT INTO organisation (code, name) VALUES ('north', 'North'), ('south', 'South');
        INSERT INTO room (organisation_id, kind, service_name)
        SELECT id, 'permanent', 'ward 7' FROM organisation WHERE code = 'north'
        """
    )
    await database.sql.execute("UPDATE room SET state = 'retired', description = 'x'")
    yield database
    await database.empty()
    await begin_anew(database)


async def _run(run: Run, database: Database, *arguments: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(run, "directory", "audit", *arguments, database_url=database.dsn)
    return done.returncode, done.stdout, done.stderr


async def test_changes_are_listed(run: Run, audited: Database) -> None:
    """The newest first, in a line each."""
    code, out, _ = await _run(run, audited, "list", "--entity", "room")

    headings, newest, oldest = out.splitlines()
    assert code == 0
    assert headings.split()[:4] == ["chain_no", "at", "actor", "operation"]
    assert newest.endswith("state: active -> retired, description changed")
    assert "service_name: ward 7" in oldest


async def test_json_holds_the_values(run: Run, audited: Database) -> None:
    """One object a line, for programs."""
    _, out, _ = await _run(run, audited, "list", "--limit", "1", "--json")

    row = json.loads(out)
    assert (row["chain_no"], row["organisation"], row["operation"]) == (4, "north", "update")
    assert row["changed"] == {
        "state": {"from": "active", "to": "retired"},
        "description": "changed",
    }


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        (("--as", "south"), 1),
        (("--as", "north"), 3),
        (("--actor", "nobody"), 0),
        (("--since", "2100-01-01"), 0),
        (("--until", "2100-01-01T00:00+01:00", "--id", "x"), 0),
    ],
)
async def test_only_what_is_asked_for(
    run: Run, audited: Database, narrowed: tuple[str, ...], count: int
) -> None:
    """Whoever acts for an organisation sees what happened there."""
    _, out, _ = await _run(run, audited, "list", "--json", *narrowed)

    assert len(out.splitlines()) == count


async def test_a_whole_audit_is_verified_here_and_elsewhere(
    run: Run, audited: Database, tmp_path: Path
) -> None:
    """The last row is printed, to be known later; a file needs no database."""
    code, out, _ = await _run(run, audited, "verify")
    last = out.removeprefix("audit: whole, its last row is ").strip()
    assert (code, last[:2]) == (0, "4:")

    assert await _run(run, audited, "verify", "--known", last) == (0, out, "")
    exported = await _run(run, audited, "export", "audit.jsonl")
    assert exported == (0, "", "audit.jsonl: 4 rows\n")
    done = await asyncio.to_thread(
        run, "directory", "audit", "verify", "--file", "audit.jsonl", "--known", last
    )
    assert (done.returncode, done.stdout) == (0, out)

    path = tmp_path / "audit.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600  # it tells who did what
    path.write_text(path.read_text(encoding="utf-8").replace("retired", "deleted"), "utf-8")
    done = await asyncio.to_thread(run, "directory", "audit", "verify", "--file", "audit.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("vdx-policy: audit: row 4 has been changed\n")


async def test_a_file_that_cannot_be_made_is_named(run: Run, audited: Database) -> None:
    """It is not the database that is at fault."""
    said = "vdx-policy: none/audit.jsonl: no such file or directory\n"
    assert await _run(run, audited, "export", "none/audit.jsonl") == (1, "", said)


async def test_a_changed_row_is_found(run: Run, audited: Database) -> None:
    """Code 1, and its number."""
    async with tampering(audited):
        await audited.sql.execute("UPDATE audit SET actor = 'nobody' WHERE chain_no = 2")

    code, out, err = await _run(run, audited, "verify")

    assert (code, out) == (1, "")
    assert err.endswith("vdx-policy: audit: row 2 has been changed\n")


async def test_what_is_not_known_is_no_known_row(run: Run, audited: Database) -> None:
    """A wrong option is told as one."""
    code, _, err = await _run(run, audited, "verify", "--known", "4")

    assert code == 2
    assert "'4' is not NUMBER:HASH, as an earlier verify printed it" in err
