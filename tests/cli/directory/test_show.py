"""`vdx-policy directory show` tells in a few lines what a call would find, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from tests.cli.bookings.conftest import say
from tests.directory.writing.meetings import book

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say
    from tests.database import Database

__all__ = ["say"]  # a fixture that is used here too

_ROOM = """
WITH made AS (
    INSERT INTO room (organisation_id, kind, service_name, created_at)
    SELECT id, 'permanent', 'ward', '2026-05-01 10:00Z' FROM organisation WHERE code = 'hospital'
    RETURNING id
)
INSERT INTO address (local, domain, kind, room_id, since, description)
SELECT 'ward', 'rooms.example.org', 'permanent', id, '2026-05-01 10:00Z', 'The ward' FROM made
"""


async def test_a_room_is_told_with_whoever_is_above_it(database: Database, say: Say) -> None:
    """A bare name is completed as a call's is."""
    await database.sql.execute(_ROOM)

    assert await say("directory", "show", "sip:Ward") == (
        "asked: sip:Ward\n"
        "looked up as: ward, ward@rooms.example.org\n"
        "found: ward@rooms.example.org, completed by the default domain\n"
        "address: active permanent, since 2026-05-01T12:00+02:00\n"
        "description: The ward\n"
        "organisation: hospital\n"
        "organisation is: active\n"
        "above it: region\n"
        "room: ward\n"
        "service type: conference\n"
        "room is: active\n"
        "a call now: open\n"
        "for statistics: hospital, by permanent\n"
    )


async def test_a_meeting_is_told_with_its_times_and_without_its_pin(
    database: Database, say: Say
) -> None:
    """What changes next, and when; where its values come from."""
    await say(
        *("bookings", "create", "hospital", "--subject", "Ward round", "--pin", "48213"),
        *("--starts", "2027-06-01T12:00", "--minutes", "60"),
    )
    number = await database.sql.fetchval("SELECT local FROM address")

    told = await say("directory", "show", number, "--json")

    shown = orjson.loads(told)
    assert shown["booking_is"] == "planned"
    assert shown["opens"] == shown["changes_at"] == "2027-06-01T12:00+02:00"
    assert shown["values_from"] == ["built in", "template 'base' of the platform"]
    assert shown["for_statistics"] == "hospital, by booking"
    assert "48213" not in told
    assert "Ward round" not in told


async def test_a_refusal_says_what_a_caller_is_told(database: Database, say: Say) -> None:
    """Of a meeting without PINs a server needs no key, and answers that it is too early."""
    await book(database.sql, said={"host_pin_required": False})
    number = await database.sql.fetchval("SELECT local FROM address")

    told = await say("directory", "show", number)

    assert "a call now: too early: opens at 2027-06-01T10:00+00:00\n" in told


async def test_a_row_that_no_key_opens_is_told_as_such(database: Database, say: Say) -> None:
    """The key of this site is another one than that of the tests' meetings."""
    await book(database.sql)
    number = await database.sql.fetchval("SELECT local FROM address")

    told = await say("directory", "show", number)

    assert "a call now: cannot be answered: room PIN: no key" in told


async def test_a_device_is_told_with_its_proofs(database: Database, say: Say) -> None:
    """One in a domain of somebody else cannot register."""
    await database.sql.execute(
        "WITH made AS (INSERT INTO device (organisation_id, without_proof, enabled) "
        "SELECT id, true, false FROM organisation WHERE code = 'neighbour' RETURNING id) "
        "INSERT INTO address (local, domain, kind, device_id) "
        "SELECT 'cart', 'rooms.example.org', 'device', id FROM made"
    )

    told = await say("directory", "show", "cart@rooms.example.org")

    assert (
        "device is: disabled\nproof: none\ndomain: of somebody else: it cannot register\n" in told
    )
    assert "a call now: closed\n" in told


async def test_a_reservation_is_told_with_its_end(database: Database, say: Say) -> None:
    """Nobody answers there yet."""
    await say("bookings", "reserve", "hospital")
    number = await database.sql.fetchval("SELECT local FROM address")

    told = await say("directory", "show", number)

    assert "address: held booking, since " in told
    assert "reserved until: " in told
    assert "a call now: closed\n" in told


async def test_what_nobody_has_is_told_with_what_is_like_it(database: Database, say: Say) -> None:
    """A number in another domain, one that holds everywhere, and one that was somebody's."""
    await database.sql.execute(_ROOM)
    await database.sql.execute(
        "INSERT INTO address (local, kind, state) VALUES ('ward', 'booking', 'free')"
    )

    told = await say("directory", "show", "ward@elsewhere.example.com")

    assert told == (
        "asked: ward@elsewhere.example.com\n"
        "looked up as: ward@elsewhere.example.com\n"
        "found: nothing: elsewhere.example.com is no domain of the directory\n"
        "for statistics: nobody\n"
        "like it: ward@rooms.example.org: active permanent of hospital, ward: free booking\n"
    )
    assert "found: nothing: nobody has it\n" in await say("directory", "show", "4711")


async def test_a_bare_address_holds_in_every_domain(database: Database, say: Say) -> None:
    """Whoever asks with a domain is told why they get that one."""
    await database.sql.execute(_ROOM.replace("'rooms.example.org'", "NULL"))

    told = await say("directory", "show", "ward@rooms.example.org")

    assert "found: ward, which holds in every domain of the directory\n" in told


@pytest.mark.parametrize("alias", ["", "a@b@c", "bad\x07"])
async def test_what_is_no_alias_is_refused(say: Say, alias: str) -> None:
    """As a call with it would be."""
    assert (await say("directory", "show", alias)).startswith("refused: alias: ")


async def test_nothing_is_shown_of_others(database: Database, say: Say) -> None:
    """Whoever acts for an organisation sees its own, and not whose the rest is."""
    await database.sql.execute(_ROOM)

    told = await say("directory", "show", "ward@rooms.example.org", "--as", "neighbour")

    assert "hospital" not in told
