"""Tables of VDX become rows that come in."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.bulk.importing import Import, import_files
from policy.directory.bulk.vdx.converting import Tables, at_origins, convert, sources_of
from policy.directory.bulk.vdx.rows import Wishes
from policy.errors import DocumentError
from tests.database import SEAL
from tests.directory.bulk.site import NoProgress
from tests.directory.bulk.vdx.conftest import NOW
from tests.directory.bulk.vdx.tables_of_vdx import write_tables

if TYPE_CHECKING:
    from pathlib import Path

    from policy.directory.bulk.importing import Imported
    from policy.directory.bulk.vdx.rows import Work
    from tests.database import Database
    from tests.directory.bulk.vdx.conftest import Convert


async def bring_in(database: Database, work: Work) -> Imported:
    """Try to bring in what was made."""
    connection = await asyncpg.connect(database.dsn)
    transaction = connection.transaction()
    try:
        await transaction.start()
        wanted = Import(sources_of(work.made), restore=True)
        imported = await import_files(connection, wanted, SEAL, NoProgress())
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return imported
    finally:
        await transaction.rollback()
        await connection.close()


async def test_all_that_is_made_comes_in(database: Database, converted: Convert) -> None:
    """Whatever was wrong with it in VDX."""
    imported = await bring_in(database, converted())

    assert imported.problems == []
    assert imported.added == {
        "organisations": 4,
        "users": 3,
        "domains": 1,
        "ranges": 1,
        "templates": 2,
        "rooms": 3,
        "bookings": 2,
        "devices": 1,
        "addresses": 3,
    }


async def test_problems_are_told_of_the_tables(database: Database, converted: Convert) -> None:
    """Not of the rows that were made of them."""
    await database.sql.execute("INSERT INTO organisation (code, name) VALUES ('old', 'Old')")
    work = converted()

    imported = await bring_in(database, work)

    assert [str(each) for each in at_origins(imported.problems, work.made)] == [
        "groups.csv:5:1: code 'old' is there already, of old"
    ]


def test_rows_that_cannot_be_read_are_told_all_at_once(tmp_path: Path) -> None:
    """With line and column, in CSV and in JSON Lines."""
    folder = write_tables(
        tmp_path, groups="group_id,group_type\nx,9\n", users="email,organisation_id\na\n"
    )
    (folder / "domains.csv").unlink()
    (folder / "domains.jsonl").write_text('{"DOMAIN": "x.org", "group_id": "y"}\n')

    with pytest.raises(DocumentError) as caught:
        convert(Tables(folder, UTC), Wishes(NOW))

    assert [str(each).replace(f"{tmp_path}/", "") for each in caught.value.problems] == [
        (
            "groups.csv:2:1: group_id: input should be a valid integer,"
            " unable to parse string as an integer"
        ),
        "groups.csv:2:3: group_type: '9' is none of group, organisation, praksis",
        (
            "domains.jsonl:1:21: group_id: input should be a valid integer,"
            " unable to parse string as an integer"
        ),
        "users.csv:2:1: has 1 cells, the header has 2",
    ]


def test_a_domain_may_be_said_besides(tmp_path: Path) -> None:
    """The shared one stands in no table."""
    tables = Tables(write_tables(tmp_path), UTC)
    work = convert(tables, Wishes(NOW, domains={"elsewhere.example.org": "old"}))
    assert "harbour@elsewhere.example.org" in str(work.made.rows["rooms"])
