"""The register is looked into, and addresses are held, at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.rooms.conftest import site

if TYPE_CHECKING:
    from tests.cli.rooms.conftest import Say
    from tests.database import Database

__all__ = ["site"]  # a fixture that is used here too


async def test_owners_are_told_by_the_list(site: Say) -> None:
    """Who is called there, else whose domain it is, else nobody."""
    await site("rooms", "create", "region-north", "--alias", "a@example.org")

    said = await site("addresses", "owner", "A@example.org", "b@x.example.org", "c@example.com")

    assert [line.split() for line in said.splitlines()] == [
        ["alias", "organisation", "by"],
        ["a@example.org", "region-north", "permanent"],
        ["b@x.example.org", "region-north", "parent-domain"],
        ["c@example.com", "-", "-"],
    ]


async def test_an_address_is_held_described_and_freed(site: Say, database: Database) -> None:
    """For some days, or until somebody frees it."""
    said = [
        await site("addresses", *words)
        for words in (
            ("hold", "750", "region-north", "--days", "7", "--dry-run"),
            ("hold", "750", "region-north", "--days", "7"),
            ("hold", "751@example.org", "region-north", "--description", "the new ward"),
            ("describe", "751@example.org", "the old ward"),
            ("hold", "751@example.org", "region-north"),
            ("free", "750"),
            ("free", "750"),
        )
    ]
    described = await database.sql.fetchval("SELECT description FROM address WHERE local = '751'")

    assert said[0].startswith("would hold 750 until 20")
    assert said[1].startswith("750: held until 20")
    assert said[2:] == [
        "751@example.org: held\n",
        "751@example.org: described\n",
        "refused: address 751@example.org: is held for somebody else\n",
        "750: free\n",
        "refused: address 750: nobody has it\n",
    ]
    assert described == "the old ward"
