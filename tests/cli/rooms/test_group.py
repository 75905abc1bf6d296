"""Rooms are listed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

if TYPE_CHECKING:
    from tests.cli.rooms.conftest import Say


@pytest.fixture
async def three(site: Say) -> Say:
    """Make three rooms, one of which is retired."""
    for name in ("a", "b", "c"):
        await site("rooms", "create", "region-north", "--alias", f"{name}@example.org")
    await site("rooms", "retire", "b@example.org")
    return site


async def test_rooms_are_listed_for_people_and_programs(three: Say) -> None:
    """All, those of an organisation, those in a state, and not more than asked for."""
    rows = [orjson.loads(line) for line in (await three("rooms", "list", "--json")).splitlines()]

    assert [row["addresses"] for row in rows] == [[f"{name}@example.org"] for name in "abc"]
    assert {row["state"] for row in rows} == {"active", "retired"}
    assert (await three("rooms", "list", "--state", "retired")).count("\n") == 2
    assert (await three("rooms", "list", "--limit", "3")).count("\n") == 4
    first = await three("rooms", "list", "--limit", "1")
    assert (first.count("\n"), first[-32:]) == (3, "the first 1; --limit shows more\n")
    assert await three("rooms", "list", "--organisation", "closed") == "none\n"
    assert (await three("rooms", "list", "--organisation", "region-north")).count("\n") == 4


async def test_a_room_is_shown_to_programs_too(three: Say) -> None:
    """What it is, then every field of its service."""
    text = await three("rooms", "show", "A@example.org", "--json")

    told = {
        row["what"]: (row["value"], row["from"]) for row in map(orjson.loads, text.splitlines())
    }
    assert told["organisation"] == ("region-north", None)
    assert told["addresses"] == (["a@example.org"], None)
    assert told["pin"] == ("set", "room")
    assert told["guests_can_present"] == (True, "default")
