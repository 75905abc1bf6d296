"""Commands find the database of a site: its own, an embedded one, running or not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.cli.database import in_transaction
from policy.directory.document import DirectoryFile
from policy.directory.loading import load_if_empty
from policy.directory.migrate import migrate_if_needed
from policy.documents import load
from policy.embedded.cluster import Cluster
from policy.errors import RefusedError
from policy.settings_file import load_settings
from tests.database import SEAL

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.database import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"
WARD: Final = "ward7@rooms.example.org"


async def test_an_embedded_database_is_used_beside_its_server_and_by_itself(
    run: Run, state: Path
) -> None:
    """While a server runs the command is its guest; without one it starts and stops its own."""
    place = state / "of-a-command"
    cluster = Cluster(place)
    await cluster.open()
    try:
        await migrate_if_needed(cluster.dsn, SEAL)
        await load_if_empty(cluster.dsn, load(EXAMPLE, DirectoryFile), SEAL)
        beside = await _run(run, "show", place)
    finally:
        await cluster.close()

    alone = await _run(run, "remove", place)
    again = await _run(run, "show", place)

    assert beside.startswith(f"{WARD}: 256 x 256, ")
    assert alone == f"{WARD}: picture removed\n"
    assert again == f"{WARD}: no picture\n"
    assert not (place / "data" / "postmaster.pid").exists()


async def test_a_database_without_schema_is_told(run: Run, bare: str) -> None:
    """At `database.url` nothing is migrated unasked."""
    done = await asyncio.to_thread(run, "pictures", "show", WARD, database_url=bare)

    assert done.returncode == 1
    assert "run 'vdx-policy migrate'" in done.stderr


def test_a_database_that_is_away_is_one_line(run: Run) -> None:
    """Code 1, the reason, and nothing of the address."""
    url = "postgresql://u:an-odd-word@127.0.0.1:1/x"

    done = run("pictures", "show", WARD, database_url=url)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "vdx-policy: database: connection refused\n"


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("south", "organisation north: this is not for it to change"),
        ("north", ""),
    ],
)
async def test_what_belongs_to_others_is_refused_in_a_sentence(
    database: Database, code: str, refusal: str
) -> None:
    """Whoever acts for an organisation is told so, without a word of the database's."""
    await database.sql.execute(
        "INSERT INTO organisation (code, name) VALUES ('north', 'North'), ('south', 'South')"
    )
    settings = load_settings(None, {"VDX_POLICY_DATABASE_URL": database.dsn})
    owner = await database.sql.fetchval("SELECT id FROM organisation WHERE code = $1", code)

    said = ""
    try:
        async with in_transaction(settings, within="north") as connection:
            await connection.execute(
                "INSERT INTO room (organisation_id, kind) VALUES ($1, 'permanent')", owner
            )
    except RefusedError as exc:
        said = str(exc)

    assert said == refusal
    assert await database.sql.fetchval("SELECT count(*) FROM room") == (0 if refusal else 1)


async def _run(run: Run, word: str, place: Path) -> str:
    done = await asyncio.to_thread(run, "pictures", word, WARD, database_embedded_path=place)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
