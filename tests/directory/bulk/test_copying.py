"""COPY reads what was written."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from json import dumps
from typing import TYPE_CHECKING

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.directory.bulk.copying import copy_text, escaped, new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def test_ids_are_new_and_grow() -> None:
    """Those of later milliseconds sort behind; all are UUIDs of version 7."""
    ids = [new_id() for _ in range(5000)]
    assert len(set(ids)) == len(ids)
    assert {each.version for each in ids} == {7}
    assert all(earlier.int >> 80 <= later.int >> 80 for earlier, later in pairwise(ids))


def test_values_that_are_no_text() -> None:
    """None, flags, and times in UTC."""
    assert copy_text(None) == "\\N"
    assert copy_text(value=True) == "t"
    assert copy_text(datetime(2026, 3, 2, 10, tzinfo=UTC)) == "2026-03-02T10:00:00+00:00"
    assert escaped("a\tb\\\n") == "a\\tb\\\\\\n"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT, st.lists(TEXT), st.dictionaries(TEXT, TEXT))
async def test_the_database_has_what_was_written(
    database: Database, text: str, texts: list[str], mapping: dict[str, str]
) -> None:
    """Texts, lists and mappings, whatever is in them."""
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute("CREATE TEMPORARY TABLE copied (a text, b text[], c jsonb)")
        line = "\t".join(map(copy_text, (text, texts, mapping))) + "\n"

        async def source() -> AsyncIterator[bytes]:
            yield line.encode()

        await connection.copy_to_table("copied", source=source(), format="text")
        row = await connection.fetchrow(
            "SELECT a, b, c = $1::jsonb AS same FROM copied", dumps(mapping)
        )
    finally:
        await connection.close()

    assert row is not None
    assert (row["a"], row["b"], row["same"]) == (text, texts, True)
