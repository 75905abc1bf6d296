"""Number ranges are made, looked at and deleted at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from policy.directory.writing.refusals import SENTENCES
from tests.cli.rooms.conftest import site

if TYPE_CHECKING:
    from tests.cli.rooms.conftest import Say

__all__ = ["site"]  # a fixture that is used here too


async def test_a_range_says_how_full_it_is(site: Say) -> None:
    """Of what it can give at all; emergency numbers are not counted."""
    made = await site(
        *("ranges", "create", "wards", "Example.ORG", "110", "129", "--expected", "2"),
        *("--organisation", "region-north"),
    )
    await site("rooms", "create", "region-north", "--from-range", "wards")
    (row,) = map(orjson.loads, (await site("ranges", "list", "--json")).splitlines())
    used = await site("ranges", "delete", "wards", "--organisation", "region-north")

    assert made == "wards: created\n"
    assert row == {
        "name": "wards",
        "organisation": "region-north",
        "domain": "example.org",
        "prefix": "",
        "low": 110,
        "high": 129,
        "expected": 2,
        "size": 10,
        "taken": 1,
        "full": "10.0%",
    }
    assert used == "refused: number range wards: is still used by 1 addresses\n"


async def test_a_range_that_makes_no_sense_is_refused(site: Say) -> None:
    """In one sentence for each."""
    make = ("ranges", "create", "r", "example.org")

    said = [
        await site(*make, "9", "3"),
        await site(*make, "3", "9", "--prefix", "12-"),
        await site(*make, "3", "9", "--prefix", "01"),
        await site(*make, "3", "9", "--expected", "1"),
        await site(*make, "1000000000", "9999999999"),
        await site("ranges", "create", "r", "example.com", "3", "9"),
        await site(*make, "3", "9", "--dry-run"),
        await site(*make, "3", "9"),
        await site(*make, "3", "9"),
        await site("ranges", "delete", "r"),
        await site("ranges", "list"),
    ]

    assert said == [
        "refused: number range: its lowest number is above its highest\n",
        f"refused: {SENTENCES['a_prefix_is_a_number_or_has_a_letter']}\n",
        "refused: number range: no number begins with 0, its prefix does not either\n",
        "refused: number range: needs ten times as many numbers as addresses are expected\n",
        "refused: number range r: none of its numbers may be drawn: no number has ten digits\n",
        "refused: number range: there is no such domain\n",
        "would create r\n",
        "r: created\n",
        "refused: number range: there is one of this name already\n",
        "r: deleted\n",
        "none\n",
    ]
