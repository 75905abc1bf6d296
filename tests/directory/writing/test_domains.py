"""Domains are spelled in one way, and given up when nothing is called there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.writing.domains import (
    add_domain,
    change_domain,
    count_addresses,
    list_domains,
    remove_domain,
    spelled,
)
from policy.directory.writing.organisations import get_living
from policy.errors import RefusedError
from tests.directory.writing.trees import add, fill

if TYPE_CHECKING:
    from tests.database import Database


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("Rooms.Example.ORG", "rooms.example.org"),
        ("rooms.example.org.", "rooms.example.org"),
        ("møde.example.org", "xn--mde-0na.example.org"),
    ],
)
def test_a_domain_has_one_spelling(written: str, want: str) -> None:
    """The one that aliases have; it is its own."""
    assert spelled(written) == want
    assert spelled(want) == want


@pytest.mark.parametrize("written", ["", "a b", "a@", "x" * 251])
def test_what_is_no_domain_is_told(written: str) -> None:
    """With what was written."""
    with pytest.raises(RefusedError, match=r"is no domain name$"):
        spelled(written)


async def test_what_changes_is_what_was_said(database: Database) -> None:
    """And the number of devices that it shuts out."""
    for code, parent in (("north", None), ("ward", "north"), ("south", None)):
        await add(database.sql, code, parent)
    north = await get_living(database.sql, "north")
    await fill(database.sql, "ward", "w", "auditor")
    await add_domain(database.sql, north, "example.org", inherit=True)

    given = await change_domain(database.sql, "w.example.org", organisation=north, inherit=True)
    kept = await change_domain(database.sql, "w.example.org", inherit=False)
    again = await change_domain(database.sql, "w.example.org", history_only=True)

    assert (given, kept, again) == (0, 1, 0)
    assert [tuple(row) for row in await list_domains(database.sql, north)] == [
        ("example.org", "north", True, False),
        ("w.example.org", "north", False, True),
    ]
    assert await count_addresses(database.sql, "w.example.org") == 5


async def test_only_an_empty_domain_is_given_up(database: Database) -> None:
    """Addresses that are free again do not hold it."""
    await add(database.sql, "north")
    north = await get_living(database.sql, "north")
    await add_domain(database.sql, north, "example.org")
    await database.sql.execute(
        """
        INSERT INTO address (local, domain, kind, state)
        VALUES ('1', 'example.org', 'reserved', 'held'), ('2', 'example.org', 'reserved', 'free')
        """
    )

    with pytest.raises(RefusedError, match=r"^domain example.org: still has addresses \(1\)$"):
        await remove_domain(database.sql, "example.org")
    await database.sql.execute("UPDATE address SET state = 'free' WHERE local = '1'")
    await remove_domain(database.sql, "example.org")

    assert await list_domains(database.sql, None) == []
    with pytest.raises(RefusedError, match=r"^domain example\.org: there is none of this name$"):
        await remove_domain(database.sql, "example.org")
