"""Every address has one owner at a time; who gives one away keeps strangers from it for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.records import AddressKey
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.register import (
    AddressState,
    Holder,
    Owner,
    addresses_of,
    describe,
    free,
    get_address,
    hold,
    key_if_any,
    owners_of,
    release,
    take,
)
from policy.documents import Marks, Parsed
from policy.errors import RefusedError
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.database import Database

WARD: Final = AddressKey("ward7", "example.org")
FIND_ROOM: Final = "SELECT room_id FROM address WHERE local = $1 LIMIT 1"


@pytest.fixture
async def rooms(database: Database) -> Database:
    """Give two rooms of one organisation, and one that is closed and has an inherited domain."""
    await database.load(
        Parsed(
            file_of(
                rooms=[{"aliases": ["700@example.org"]}, {"aliases": ["701@example.org"]}],
                addresses=[{"alias": "777@example.org", "state": "quarantined"}],
            ),
            Marks("directory.yaml"),
        )
    )
    return database


async def _holder(database: Database, local: str) -> Holder:
    organisation = await get_organisation(database.sql, "region-north")
    return Holder(organisation, room_id=await database.sql.fetchval(FIND_ROOM, local))


async def test_what_is_given_away_comes_back_to_its_room_only(rooms: Database) -> None:
    """For 30 days nobody else gets it, unless somebody frees it."""
    one, other = await _holder(rooms, "700"), await _holder(rooms, "701")
    taken = await take(rooms.sql, WARD, one, "the ward")
    (released,) = await release(rooms.sql, [taken.id])
    with pytest.raises(RefusedError, match=r"^address ward7@example\.org: is quarantined until 20"):
        await take(rooms.sql, WARD, other)
    again = await take(rooms.sql, WARD, one)
    with pytest.raises(RefusedError, match=r"^address ward7@example\.org: is taken$"):
        await take(rooms.sql, WARD, other)
    with pytest.raises(RefusedError, match="is active, take it from its room or device first"):
        await free(rooms.sql, WARD)
    await release(rooms.sql, [again.id])
    await free(rooms.sql, WARD)
    moved = await take(rooms.sql, WARD, other)

    assert (taken.alias, released.state) == ("ward7@example.org", AddressState.QUARANTINED)
    assert released.until is not None
    assert (released.until - datetime.now(UTC)).days in {29, 30}
    assert (again.id, again.until) == (taken.id, None)
    assert moved.id != taken.id
    assert [each.alias for each in await addresses_of(rooms.sql, room_id=other.room_id)] == [
        "701@example.org",
        "ward7@example.org",
    ]


async def test_a_quarantine_that_has_ended_stands_in_nobodys_way(rooms: Database) -> None:
    """It is freed by whoever takes the address, be it days after its end."""
    other = await _holder(rooms, "701")
    await rooms.sql.execute("UPDATE address SET until = now() WHERE local = '777'")

    taken = await take(rooms.sql, AddressKey("777", "example.org"), other)

    assert taken.state is AddressState.ACTIVE


async def test_what_is_held_is_for_its_organisation(rooms: Database) -> None:
    """Any of its rooms may have it, nobody else; without days it is held until it is freed."""
    north = await _holder(rooms, "700")
    key = AddressKey("750", "")
    closed = await get_organisation(rooms.sql, "closed")

    held = await hold(rooms.sql, key, north.organisation, days=7, description="the new ward")
    with pytest.raises(RefusedError, match=r"^address 750: is held for somebody else$"):
        await hold(rooms.sql, key, closed)
    taken = await take(rooms.sql, key, north)
    await hold(rooms.sql, AddressKey("751", ""), north.organisation)
    forever = await get_address(rooms.sql, AddressKey("751", ""))

    assert (held.state, held.until is None) == (AddressState.HELD, False)
    assert (taken.id, taken.until) == (held.id, None)
    assert forever["until"] is None
    assert (await free(rooms.sql, AddressKey("751", ""))).state is AddressState.FREE
    with pytest.raises(RefusedError, match=r"^address 751: nobody has it$"):
        await get_address(rooms.sql, AddressKey("751", ""))


async def test_an_address_says_what_it_is_for(rooms: Database) -> None:
    """The description stays with it when it is given away and taken back."""
    north = await _holder(rooms, "700")
    taken = await take(rooms.sql, WARD, north, "the ward")
    await release(rooms.sql, [taken.id])
    await take(rooms.sql, WARD, north)
    before = (await get_address(rooms.sql, WARD))["description"]
    await describe(rooms.sql, taken.id, None)

    assert before == "the ward"
    assert (await get_address(rooms.sql, WARD))["description"] is None


@pytest.mark.parametrize(
    ("local", "domain", "said"),
    [
        ("112", "", "112: is an emergency number"),
        ("0700", "example.org", "0700@example.org: no number begins with 0"),
        ("3112991234", "example.org", "holds ten digits that may be a CPR number, leave them out"),
        ("+4512345678", "example.org", "needs 1 to 100 letters, digits, '.', '-' or '_' before"),
        ("a" * 101, "example.org", "needs 1 to 100 letters, digits, '.', '-' or '_' before"),
        ("a", "example.com", "example.com is no domain of region-north, and none that it inherits"),
        ("a", "clinic.example.org", "clinic.example.org is no domain of region-north, and none"),
    ],
)
async def test_some_addresses_nobody_may_choose(
    rooms: Database, local: str, domain: str, said: str
) -> None:
    """What looks like a person's number or a call for help, and what is in others' domains."""
    north = await _holder(rooms, "700")

    with pytest.raises(RefusedError) as caught:
        await take(rooms.sql, AddressKey(local, domain), north)

    assert said in str(caught.value)


async def test_letters_beyond_ascii_and_ten_other_digits_are_fine(rooms: Database) -> None:
    """A telephone number with its country may have ten digits; nobody is born on a 45th."""
    north = await _holder(rooms, "700")

    for local in ("møde.rum_1-a", "4512345678"):
        assert (await take(rooms.sql, AddressKey(local, "example.org"), north)).local == local


def test_what_is_no_alias_is_nobodys() -> None:
    """A name with a space may still be a room's."""
    assert key_if_any("Ward 7@a@b") == AddressKey("", "")
    assert key_if_any("SIP:Ward7@Example.org") == AddressKey("ward7", "example.org")


WHO: Final = """
INSERT INTO organisation (code, name) VALUES ('a', 'A'), ('b', 'B'), ('c', 'C'), ('d', 'D');
INSERT INTO domain (domain, organisation_id, history_only)
SELECT said.domain, organisation.id, said.history_only
FROM (VALUES
    ('example.org', 'a', false), ('video.example.org', 'b', false), ('old.example.org', 'c', true)
) AS said (domain, code, history_only) JOIN organisation USING (code);
"""


async def _meeting(database: Database, local: str, starts: str, *, cancelled: bool = False) -> UUID:
    room: UUID = await database.sql.fetchval(
        """
        WITH made AS (
            INSERT INTO room (organisation_id, kind)
            SELECT id, 'booking' FROM organisation WHERE code = 'd' RETURNING id
        ), called AS (
            INSERT INTO address (local, domain, kind, room_id)
            SELECT $1, 'example.org', 'booking', id FROM made
        )
        INSERT INTO booking (room_id, starts_at, ends_at, cancelled_at)
        SELECT id, now() + $2::text::interval, now() + $2::text::interval + interval '1 hour',
            CASE WHEN $3 THEN now() END
        FROM made RETURNING room_id
        """,
        local,
        starts,
        cancelled,
    )
    return room


async def test_the_owner_is_the_nearest_that_can_be_meant(database: Database) -> None:
    """A meeting that is not over, a room, a device, who has the domain, who has the one above."""
    await database.sql.execute(WHO)
    await _meeting(database, "800", "1 hour")
    await _meeting(database, "801", "-2 hours")
    await _meeting(database, "802", "1 hour", cancelled=True)
    await database.sql.execute(
        """
        WITH device AS (
            INSERT INTO device (organisation_id) SELECT id FROM organisation WHERE code = 'd'
            RETURNING id
        ), called AS (
            INSERT INTO address (local, domain, kind, device_id)
            SELECT 'screen', 'old.example.org', 'device', id FROM device
        ), room AS (
            INSERT INTO room (organisation_id, kind)
            SELECT id, 'permanent' FROM organisation WHERE code = 'c' RETURNING id
        )
        INSERT INTO address (local, kind, room_id) SELECT '7', 'permanent', id FROM room
        """
    )
    asked = {
        AddressKey("800", "example.org"): ("d", "booking"),
        AddressKey("801", "example.org"): ("a", "domain"),
        AddressKey("802", "example.org"): ("a", "domain"),
        AddressKey("7", ""): ("c", "permanent"),
        AddressKey("7", "video.example.org"): ("c", "permanent"),
        AddressKey("7", "old.example.org"): ("c", "domain"),
        AddressKey("screen", "old.example.org"): ("d", "device"),
        AddressKey("x", "a.b.video.example.org"): ("b", "parent-domain"),
        AddressKey("x", "my-example.org"): ("", ""),
        AddressKey("x", ""): ("", ""),
    }

    owners = await owners_of(database.sql, asked)
    (then,) = await owners_of(
        database.sql,
        [AddressKey("801", "example.org")],
        await database.sql.fetchval("SELECT now() - interval '90 minutes'"),
    )

    assert owners == [
        Owner(f"{key.local}@{key.domain}" if key.domain else key.local, *wanted)
        for key, wanted in asked.items()
    ]
    assert (then.organisation, then.source) == ("d", "booking")
