"""What is shown of an address is what a call would find, and what stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.document import key_of
from policy.directory.records import Booking, PermanentRoom, Quarantined
from policy.directory.sealing import Seal
from policy.directory.showing import look_at
from policy.directory.writing.scope import act_as
from tests.database import SEAL
from tests.directory.writing.meetings import book, build_world

if TYPE_CHECKING:
    from policy.directory.showing import Shown
    from tests.database import Database


@pytest.fixture(autouse=True)
async def world(database: Database) -> None:
    """Work where organisations book meetings."""
    await build_world(database)


async def _look_at(database: Database, *aliases: str) -> Shown:
    return await look_at(database.sql, SEAL, [key_of(alias) for alias in aliases])


async def _add_room(database: Database, alias: str, code: str = "hospital") -> None:
    local, _, domain = alias.partition("@")
    await database.sql.execute(
        "WITH made AS (INSERT INTO room (organisation_id, kind, service_name) "
        "SELECT id, 'permanent', $1 FROM organisation WHERE code = $4 RETURNING id) "
        "INSERT INTO address (local, domain, kind, room_id) "
        "SELECT $2, nullif($3, ''), 'permanent', id FROM made",
        alias,
        local,
        domain,
        code,
    )


async def test_a_meeting_is_what_a_server_would_keep_of_it(database: Database) -> None:
    """The entry is the one that callers are answered with."""
    booked = await book(database.sql)
    async with database.directory() as directory:
        served = await directory.find(key_of(booked.addresses[0]))

    seen = await _look_at(database, booked.addresses[0])

    assert seen.entry == served
    assert isinstance(served.target, Booking)
    assert seen.row is not None
    assert (seen.row["organisation"], seen.row["booking_state"]) == ("hospital", "planned")
    assert (seen.owner.organisation, seen.owner.source) == ("hospital", "booking")
    assert seen.near == []


async def test_the_first_key_that_somebody_has_is_shown(database: Database) -> None:
    """A bare number goes before the one that the default domain completes."""
    await _add_room(database, "4001@rooms.example.org")
    completed = await _look_at(database, "4001", "4001@rooms.example.org")
    await _add_room(database, "4001", "neighbour")
    bare = await _look_at(database, "4001", "4001@rooms.example.org")

    assert completed.key == key_of("4001@rooms.example.org")
    assert completed.entry is not None
    assert isinstance(completed.entry.target, PermanentRoom)
    assert bare.key == key_of("4001")
    assert [each["alias"] for each in bare.near] == ["4001@rooms.example.org"]


async def test_of_a_number_that_rests_it_is_known_whose_it_was(database: Database) -> None:
    """Also when its meeting has been purged."""
    await database.sql.execute(
        "INSERT INTO address (local, kind, state, until, organisation_id) "
        "SELECT '4002', 'booking', 'quarantined', now() + interval '1 day', id "
        "FROM organisation WHERE code = 'hospital'"
    )

    seen = await _look_at(database, "4002")

    assert seen.entry is not None
    assert seen.entry.target == Quarantined()
    assert seen.row is not None
    assert seen.row["organisation"] == "hospital"
    assert seen.owner.organisation == ""


async def test_what_nobody_has_is_told_with_who_had_it(database: Database) -> None:
    """Free rows and those in other domains are like it."""
    await _add_room(database, "4003@rooms.example.org")
    await database.sql.execute(
        "INSERT INTO address (local, kind, state) VALUES ('4003', 'booking', 'free')"
    )

    seen = await _look_at(database, "4003@elsewhere.example.com")

    assert seen.entry is not None
    assert (seen.entry.own_domain, seen.entry.target, seen.row) == (False, None, None)
    assert [(each["alias"], each["state"]) for each in seen.near] == [
        ("4003@rooms.example.org", "active"),
        ("4003", "free"),
    ]


async def test_what_a_server_could_not_read_is_shown_all_the_same(database: Database) -> None:
    """Without the key there is no entry, but the reason, and the row."""
    booked = await book(database.sql)

    seen = await look_at(database.sql, Seal(), [key_of(booked.addresses[0])])

    assert seen.entry is None
    assert seen.fault == "room PIN: secrets.key_file is not set"
    assert seen.row is not None


async def test_whoever_acts_for_an_organisation_sees_nothing_of_others(
    database: Database,
) -> None:
    """Neither the address nor one that is like it."""
    await _add_room(database, "4004@rooms.example.org", "hospital")
    await _add_room(database, "4004", "neighbour")

    async with database.sql.transaction():
        await act_as(database.sql, "kirsten", within="neighbour")
        seen = await _look_at(database, "4004@rooms.example.org")
        own = await _look_at(database, "4004")

    assert (seen.row, seen.owner.organisation) == (None, "")
    assert [each["organisation"] for each in seen.near] == ["neighbour"]
    assert own.row is not None
    assert own.row["organisation"] == "neighbour"
    assert own.near == []
