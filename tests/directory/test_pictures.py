"""Pictures by their id, from PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import uuid4

import asyncpg
import pytest

from policy.directory.pictures import PostgresPictures
from policy.directory.pool import Pool
from policy.errors import DirectoryError
from policy.pictures.intake import take_in
from tests.pictures.drawing import halves, saved

if TYPE_CHECKING:
    from uuid import UUID

    from tests.database import Database

JPEG: Final = take_in(saved(halves(), "PNG")).image
ADD: Final = """
INSERT INTO picture (organisation_id, image, width, height) VALUES ($1, $2, $3, $4) RETURNING id
"""


async def _organisation(database: Database, code: str = "region-north") -> UUID:
    query = "INSERT INTO organisation (code, name) VALUES ($1, $1) RETURNING id"
    organisation_id: UUID = await database.sql.fetchval(query, code)
    return organisation_id


async def test_a_picture_is_found_by_its_id(database: Database) -> None:
    """Its bytes come as they went in; an id that is gone gives none."""
    owner = await _organisation(database)
    picture_id = await database.sql.fetchval(ADD, owner, JPEG, 80, 60)

    async with database.pictures() as pictures:
        assert await pictures.find(picture_id) == JPEG
        assert await pictures.find(uuid4()) is None


async def test_a_database_that_is_away_is_a_directory_error(database: Database) -> None:
    """It is told in one line."""
    pool = Pool(database.dsn.replace("5432", "5433"), timeout_s=5)
    await pool.open()
    try:
        with pytest.raises(DirectoryError, match="database: "):
            await PostgresPictures(pool).find(uuid4())
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("image", "width", "height"),
    [
        (b"", 80, 60),
        (b"\x89PNG\r\n\x1a\n", 80, 60),
        (JPEG + bytes(2_097_152), 80, 60),
        (JPEG, 15, 60),
        (JPEG, 80, 1025),
        (JPEG, 0, 0),
    ],
)
async def test_the_database_refuses_what_is_no_picture(
    database: Database, image: bytes, width: int, height: int
) -> None:
    """Whoever writes SQL cannot put in what could not be shown."""
    owner = await _organisation(database)

    with pytest.raises(asyncpg.CheckViolationError):
        await database.sql.fetchval(ADD, owner, image, width, height)


async def test_a_picture_never_changes(database: Database) -> None:
    """What was drawn from it is kept under its id, so another picture is another row."""
    owner = await _organisation(database)
    await database.sql.execute(ADD, owner, JPEG, 80, 60)

    for change in ("image = image || 'x'", "id = gen_random_uuid()", "width = 100"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changes"):
            await database.sql.execute(f"UPDATE picture SET {change}")  # noqa: S608  ours


async def test_nobody_shows_a_picture_of_another_organisation(database: Database) -> None:
    """A wrong id shows no stranger; and a picture that goes leaves nobody without a row."""
    north, south = [await _organisation(database, code) for code in ("north", "south")]
    picture_id = await database.sql.fetchval(ADD, north, JPEG, 80, 60)
    add = "INSERT INTO device (organisation_id, picture_id) VALUES ($1, $2)"

    await database.sql.execute(add, north, picture_id)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await database.sql.execute(add, south, picture_id)
    await database.sql.execute("DELETE FROM picture")

    assert await database.sql.fetchval("SELECT count(*) FROM device WHERE picture_id IS NULL") == 1
