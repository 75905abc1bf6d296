"""Pictures are given, shown and taken away by alias."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import DirectoryFile
from policy.documents import load
from tests.fakes.jpeg import find_picture
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome
from tests.pictures.drawing import halves, saved
from tests.running import running

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.database import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"
SCREEN: Final = "reception.screen@rooms.example.org"


@pytest.fixture
async def example(database: Database) -> Database:
    """Give the example directory."""
    await database.load(load(EXAMPLE, DirectoryFile))
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Draw a picture."""
    path = tmp_path / "screen.png"
    path.write_bytes(saved(halves(), "PNG"))
    return path


async def test_a_picture_that_was_added_is_shown_to_nodes(
    run: Run, example: Database, file: Path
) -> None:
    """From the file to the node: the one command that it takes."""
    done = await asyncio.to_thread(run, "pictures", "add", SCREEN, file, database_url=example.dsn)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{SCREEN}: 80 x 60, 1 kB\n", "")
    async with (
        example.directory() as directory,
        example.pictures() as pictures,
        running(directory, pictures=pictures) as url,
        FakeNode(url) as node,
    ):
        assert (await node.fetch_avatar(f"sip:{SCREEN}")).outcome is Outcome.PICTURE


async def test_a_picture_is_told_saved_and_removed(
    run: Run, example: Database, tmp_path: Path
) -> None:
    """A bare alias is completed by the default domain; the file is the JPEG that is kept."""
    settings = {
        "database_url": example.dsn,
        "dialling_default_domain": "rooms.example.org",
    }
    saved_to = tmp_path / "ward7.jpg"
    said = [
        (await asyncio.to_thread(run, "pictures", *words, **settings)).stdout
        for words in (
            ("show", "ward7", "--save", saved_to),
            ("remove", "ward7"),
            ("remove", "ward7"),
            ("show", "ward7"),
        )
    ]

    assert said[0].startswith("ward7: 256 x 256, 9 kB, added 20")
    assert said[1:] == [
        "ward7: picture removed\n",
        "ward7: had no picture\n",
        "ward7: no picture\n",
    ]
    assert find_picture(saved_to.read_bytes()) is not None


async def test_what_cannot_be_done_is_one_line(
    run: Run, example: Database, file: Path, tmp_path: Path
) -> None:
    """Code 1 and the thing that is wrong; nothing is kept."""
    (tmp_path / "text.png").write_text("text")
    for words, said in (
        (("add", SCREEN, "none.png"), "none.png: no such file or directory"),
        (
            ("add", SCREEN, "text.png"),
            "text.png: no picture of a known format: JPEG, PNG, WEBP, GIF, TIFF, BMP, AVIF",
        ),
        (
            ("add", "nobody@rooms.example.org", file),
            "nobody@rooms.example.org: no room and no device is called there",
        ),
        (("show", "a@b@c"), "'a@b@c' is no alias: alias: has more than one '@'"),
        (
            ("show", "899999@rooms.example.org"),
            "899999@rooms.example.org: no room and no device is called there",
        ),
    ):
        done = await asyncio.to_thread(run, "pictures", *words, database_url=example.dsn)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"vdx-policy: {said}\n"

    assert await example.sql.fetchval("SELECT count(*) FROM picture") == 1
