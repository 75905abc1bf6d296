"""Tables of VDX are tried out first, told of, and come in when somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tests.directory.bulk.vdx.tables_of_vdx import write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.directory.conftest import RunHere
    from tests.database import Database

ROWS = (
    "4 organisations, 3 users, 1 domain, 1 range, 2 templates, 3 rooms, 2 bookings, 1 device, "
    "2 addresses"
)


async def test_it_is_tried_out_first(at_site: RunHere, database: Database, tmp_path: Path) -> None:
    """The report has every note, the screen how often each thing was done."""
    folder = write_tables(tmp_path / "vdx")
    (tmp_path / "themes.yaml").write_text("themes:\n  /theme/3/: Region\n  /x/: Other\n")
    words = ("import-vdx", folder, "--themes", tmp_path / "themes.yaml", "--quarantine-days", "0")

    tried = await at_site(*words, "--report", tmp_path / "report.jsonl")

    assert (tried.returncode, tried.stderr) == (0, "")
    lines = tried.stdout.splitlines()
    assert lines[0] == (
        "collision          1  is that of a meeting, a permanent room goes without it"
    )
    assert lines[-2:] == [
        f"{ROWS} would be added",
        "nothing has been changed: --commit does it",
    ]
    report = [orjson.loads(line) for line in (tmp_path / "report.jsonl").read_bytes().splitlines()]
    assert sum(int(line[10:20]) for line in lines[:-2]) == sum(row["count"] for row in report)
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0

    done = await at_site(*words, "--commit")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{ROWS} added")
    assert await database.sql.fetchval("SELECT count(*) FROM booking") == 2


async def test_problems_stand_at_the_rows_of_vdx(at_site: RunHere, tmp_path: Path) -> None:
    """What cannot be read, and what is there already."""
    folder = write_tables(tmp_path / "vdx", groups="group_id\nx\n")
    done = await at_site("import-vdx", folder)
    assert done.returncode == 2
    assert f"{folder}/groups.csv:2:1: group_id: " in done.stderr

    folder = write_tables(tmp_path / "vdx")
    await at_site("import-vdx", folder, "--commit")
    again = await at_site("import-vdx", folder)
    assert again.returncode == 2
    assert "groups.csv:3:1: code 'region/nord æ' is there already, of region/nord æ" in again.stderr


async def test_options_are_read(at_site: RunHere, tmp_path: Path) -> None:
    """A zone that there is, a domain with its owner."""
    folder = write_tables(tmp_path / "vdx")
    for words, said in (
        (("--timezone", "Nowhere"), "'Nowhere' is no time zone, as UTC or Europe/Copenhagen"),
        (("--domain", "x"), "'x' is not DOMAIN=CODE, as rooms.example.org=hub"),
    ):
        done = await at_site("import-vdx", folder, *words)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split())

    done = await at_site("import-vdx", folder, "--domain", "elsewhere.example.org=old")
    assert "2 domains" in done.stdout
