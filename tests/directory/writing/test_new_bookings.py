"""A meeting is booked whole or not at all, by many at once."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import asyncpg
import orjson
import pytest

from policy.errors import RefusedError
from tests.directory.writing.meetings import HOUR, NOON, book, build_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.connection import Connection
    from tests.database import Database


async def test_all_that_is_said_is_kept(database: Database) -> None:
    """Free text is sealed, all else can be asked for; where values came from too."""
    await build_world(database)
    await database.sql.execute(
        "INSERT INTO user_account (organisation_id, email)"
        " SELECT id, 'Kim@example.org' FROM organisation WHERE code = 'hospital'"
    )
    wanted = uuid4()

    booked = await book(
        database.sql,
        id=wanted,
        organiser="kim@example.org",
        external_id="EXT-7",
        project_code="P-1",
        guest_microphone="muted",
        pin_in_link=True,
        said={"lead_minutes": 15, "return_url": "https://example.org/", "portal_call_type": "x"},
    )

    row = await database.sql.fetchrow(
        "SELECT booking.*, email FROM booking JOIN user_account ON user_account.id = organised_by"
    )
    assert row is not None
    assert booked.id == row["id"] == wanted
    assert re.fullmatch("[0-9a-f]{12}", booked.short_id)
    assert booked.opens_at == NOON - HOUR / 4
    assert (row["email"], row["external_id"], row["project_code"]) == (
        *("Kim@example.org", "EXT-7", "P-1"),
    )
    assert (row["guest_microphone"], row["guest_pin_required"]) == ("muted", True)
    assert (row["lead_minutes"], row["return_url"], row["call_type"]) == (
        *(15, "https://example.org/", "x"),
    )
    sources = orjson.loads(row["sources"])
    assert sources["lead_minutes"] == "the booking"
    assert sources["range"] == "template 'base' of the platform"
    assert sources["view"] == "built in"
    assert "Ward round" not in str(dict(row))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"ends_at": NOON}, "ends: must be after starts"),
        ({"ends_at": NOON + 25 * HOUR}, "ends: more than 24 hours after starts"),
        ({"starts_at": NOON - 10_000 * HOUR}, "ends: is over already by the clock of the database"),
        ({"organiser": "nobody@example.org"}, "organiser: is no user of the organisation"),
        ({"external_id": "010180-1234"}, "external id: holds ten digits"),
        ({"project_code": "0101801234"}, "project code: holds ten digits"),
        ({"template": "none"}, "template 'none': is none of this organisation"),
        ({"said": {"viev": 1}}, "viev: is no value of a conference"),
        ({"guest_pin": "4821"}, "guest PIN: needs a PIN for hosts beside it"),
    ],
)
async def test_what_is_wrong_is_refused_and_nothing_is_left(
    database: Database, said: Mapping[str, object], text: str
) -> None:
    """The first rule that is broken is said."""
    await build_world(database)

    with pytest.raises(RefusedError, match=f"^{text}"):
        await book(database.sql, **said)

    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0


async def test_a_long_meeting_has_to_be_permitted(database: Database) -> None:
    """A conference of two days is booked on purpose."""
    await build_world(database)

    await book(database.sql, ends_at=NOON + 48 * HOUR, is_long=True)

    assert await database.sql.fetchval("SELECT long_permitted FROM booking")


async def test_ids_are_used_once(database: Database) -> None:
    """A client that sends a booking twice does not get two."""
    await build_world(database)
    first = await book(database.sql, external_id="EXT-7")

    with pytest.raises(asyncpg.UniqueViolationError, match="an_external_id_is_used_once"):
        await book(database.sql, external_id="EXT-7")
    with pytest.raises(asyncpg.UniqueViolationError, match="booking_pkey"):
        await book(database.sql, id=first.id)
    await book(database.sql, organisation="region", external_id="EXT-7")

    assert await database.sql.fetchval("SELECT count(*) FROM room") == 2


async def test_meetings_with_citizens_are_guarded(database: Database) -> None:
    """Without a PIN anybody who guesses the number would hear what is said."""
    await build_world(database)
    await database.sql.execute("UPDATE organisation SET purposes = '{citizen}'")

    with pytest.raises(asyncpg.CheckViolationError, match="meetings with citizens"):
        await book(database.sql, said={"host_pin_required": False})
    await book(database.sql)


async def test_fifty_at_once_get_fifty_numbers(database: Database) -> None:
    """Each over a connection of its own, in a range that is small for them."""
    await build_world(database)
    await database.sql.execute("UPDATE number_range SET low = 2000, high = 2059 WHERE prefix = ''")

    async with asyncpg.create_pool(database.dsn, min_size=50, max_size=50) as pool:

        async def one(number: int) -> str:
            async with pool.acquire() as connection:
                booked = await book(cast("Connection", connection), external_id=f"EXT-{number}")
                return booked.addresses[0]

        addresses = await asyncio.gather(*(one(number) for number in range(50)))

    assert len(set(addresses)) == 50
    assert await database.sql.fetchval("SELECT count(*) FROM booking") == 50
