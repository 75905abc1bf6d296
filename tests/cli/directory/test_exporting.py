"""The directory is written from the command line, with secrets only after a question."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import orjson

from tests.directory.bulk.site import bring_in, write_files
from tests.e2e.program import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.directory.conftest import RunHere
    from tests.database import Database


async def test_a_folder_is_written(at_site: RunHere, database: Database, tmp_path: Path) -> None:
    """And nothing secret in it."""
    await bring_in(database, write_files(tmp_path / "files"))

    done = await at_site("export", tmp_path / "out")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "4 organisations, 1 agreement, 2 users, 1 domain, 2 ranges, 2 templates, 1 theme, "
        "1 message template, 4 rooms, 3 bookings, 1 device, 4 addresses, 1 phonebook grant "
        f"written to {tmp_path / 'out'}\n"
    )
    assert "48213" not in (tmp_path / "out" / "rooms.csv").read_text()
    again = await at_site("export", tmp_path / "out")
    assert (again.returncode, again.stderr) == (
        1,
        f"vdx-policy: {tmp_path / 'out'}: is not empty: name a folder that is, or a new one\n",
    )


async def test_secrets_are_asked_for(at_site: RunHere, database: Database, tmp_path: Path) -> None:
    """No is no; --yes does not ask."""
    await bring_in(database, write_files(tmp_path / "files"))

    refused = await at_site("export", "--with-secrets", tmp_path / "out", typed="n\n")
    assert refused.returncode == 1
    assert not (tmp_path / "out").exists()

    done = await at_site("export", "--with-secrets", "--yes", tmp_path / "out")
    assert done.returncode == 0
    assert "48213" in (tmp_path / "out" / "rooms.csv").read_text()


async def test_one_kind_is_printed(at_site: RunHere, database: Database, tmp_path: Path) -> None:
    """For a pipe; of a subtree, or as an organisation sees it."""
    await bring_in(database, write_files(tmp_path / "files"))
    words = ("export", "-", "--kind", "organisations", "--format", "jsonl")

    all_of_them = await at_site(*words)
    below = await at_site(*words, "--organisation", "practice")
    itself = await at_site("export", "-", "--kind", "rooms", "--as", "practice")

    codes = [orjson.loads(line).get("code") for line in all_of_them.stdout.splitlines()]
    assert codes == [None, "practice", "region/nord æ", "shut"]
    assert [orjson.loads(line)["code"] for line in below.stdout.splitlines()] == ["practice"]
    assert "721834" in itself.stdout
    assert "740001" not in itself.stdout


async def test_a_reader_that_has_enough_is_no_error(database: Database) -> None:
    """As in `directory export - | head`."""
    reading, writing = os.pipe()
    os.close(reading)
    words = ("directory", "export", "-", "--kind", "organisations")
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "policy", *words),
        env=environment({"database_url": database.dsn}),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)

    _, said = await program.communicate()

    assert (program.returncode, said) == (0, b"")


async def test_an_organisation_writes_what_is_its_own(
    at_site: RunHere, database: Database, tmp_path: Path
) -> None:
    """Of nobody beside or above it, in any of the files."""
    await bring_in(database, write_files(tmp_path / "files"))

    done = await at_site("export", "--as", "practice", tmp_path / "out")

    assert done.returncode == 0
    text = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    for mine in ("721834", "810003", "899999", "screen@", "anna@example.org", "invite"):
        assert mine in text
    for others in ("740001", "old@rooms", "899998", "Closed", "Region North", "shut"):
        assert others not in text


async def test_a_pipe_holds_one_kind(at_site: RunHere) -> None:
    """Which one has to be said."""
    done = await at_site("export", "-")
    assert done.returncode == 2
    assert "'-' needs --kind: one output holds one kind of row" in done.stderr


async def test_an_empty_directory_is_told(at_site: RunHere, tmp_path: Path) -> None:
    """It is no error."""
    done = await at_site("export", tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, "there is nothing to write\n")
