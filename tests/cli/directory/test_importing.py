"""Files are brought in from the command line, or every problem is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from load.directories import Sizes, write_directory
from policy.cli.directory.importing import PROBLEMS_SHOWN, shown, told
from policy.directory.bulk.importing import Imported
from policy.errors import Problem
from tests.directory.bulk.site import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.directory.conftest import RunHere
    from tests.database import Database

ALL = (
    "4 organisations, 1 agreement, 2 users, 1 domain, 2 ranges, 2 templates, 1 theme, "
    "1 message template, 4 rooms, 3 bookings, 1 device, 4 addresses, 1 phonebook grant"
)


async def test_a_folder_comes_in(at_site: RunHere, database: Database, tmp_path: Path) -> None:
    """First tried out, then done, then changed."""
    folder = write_files(tmp_path / "files")

    tried = await at_site("import", "--restore", "--dry-run", folder)
    assert (tried.returncode, tried.stdout, tried.stderr) == (0, f"{ALL} would be added\n", "")
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0

    done = await at_site("import", "--restore", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{ALL} added\n", "")

    again = await at_site("import", "--mode", "update", folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, f"{ALL} changed\n", "")


async def test_problems_are_printed_as_editors_expect(
    at_site: RunHere, database: Database, tmp_path: Path
) -> None:
    """A line each, code 2, and nothing kept."""
    folder = write_files(tmp_path / "files", rooms="organisation,aliases,pin\npractice,a@@b,1\n")

    done = await at_site("import", "--restore", folder)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{folder}/rooms.csv:2:10: aliases: 'a@@b' is no alias, it has more than one '@'",
        f"{folder}/rooms.csv:2:15: pin: a PIN is 4 to 20 digits, of which the last may be '#'",
        (
            f"{folder}/addresses.csv:5:1: alias '721834@rooms.example.org' is nobody's: "
            "an active address is one of a room, a booking or a device"
        ),
    ]
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0


async def test_a_generated_directory_comes_in(
    at_site: RunHere, database: Database, tmp_path: Path
) -> None:
    """What the load profile makes, in small."""
    sizes = Sizes(120, domains=5, templates=130, rooms=300, devices=20, bookings=50)
    write_directory(tmp_path / "small", sizes)

    done = await at_site("import", tmp_path / "small")

    assert (done.returncode, done.stderr) == (0, "")
    assert await database.sql.fetchval("SELECT count(*) FROM address") == 300 * 3 + 20 + 50


async def test_a_file_without_rows_is_told(at_site: RunHere, tmp_path: Path) -> None:
    """It is no error."""
    (tmp_path / "x.csv").write_text("code,name\n")
    done = await at_site("import", "--kind", "organisations", tmp_path / "x.csv")
    assert (done.returncode, done.stdout) == (0, "the files hold no rows\n")


def test_only_so_many_problems_are_printed() -> None:
    """The last line says how many there are besides."""
    problems = [Problem("rooms.csv", line, 1, "x") for line in range(1, 150)]
    imported = Imported(problems=problems, more=1000)

    printed = shown(imported)

    assert len(printed) == PROBLEMS_SHOWN + 1
    assert str(printed[-1]) == (
        "and so on: 1,049 more problems are not shown, nothing has been imported"
    )


def test_counts_are_told_in_words() -> None:
    """By kind."""
    assert (
        told({"rooms": 1_000_000, "phonebook_grants": 2}) == "1,000,000 rooms, 2 phonebook grants"
    )
