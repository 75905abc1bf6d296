"""A meeting is found, changed, cancelled and ended; what was committed is so for the next call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import pytest
from cryptography.fernet import Fernet

from policy.directory.document import key_of
from policy.directory.records import Booking
from policy.directory.sealing import Seal
from policy.directory.writing.bookings import (
    BookingChange,
    addresses_of,
    cancel_booking,
    change_booking,
    end_booking,
    find_booking,
    list_bookings,
    note_running,
    room_of,
)
from policy.directory.writing.details import unseal_details
from policy.directory.writing.meeting_pins import unsealed_pins
from policy.directory.writing.organisations import get_organisation
from policy.errors import RefusedError
from tests.database import SEAL
from tests.directory.writing.meetings import HOUR, NOON, book, build_world

if TYPE_CHECKING:
    import asyncpg

    from policy.directory.writing.new_bookings import Booked
    from tests.database import Database


async def found(database: Database, booked: Booked) -> asyncpg.Record:
    """Find a meeting that was booked."""
    meeting = await find_booking(database.sql, str(booked.id), [])
    assert meeting is not None
    return meeting


async def open_meeting(database: Database) -> Booked:
    """Book a meeting that is open for two hours."""
    now = datetime.now(UTC)
    return await book(database.sql, starts_at=now - HOUR, ends_at=now + 2 * HOUR)


async def test_a_meeting_is_found_by_whatever_names_it(database: Database) -> None:
    """Its id, its short id, each of its addresses; nobody's is found by another's."""
    await build_world(database)
    booked = await book(database.sql, said={"range": "hospital"})
    await book(database.sql)

    for written in (str(booked.id).upper(), booked.short_id, *booked.addresses):
        meeting = await find_booking(database.sql, written, [key_of(written)])
        assert meeting is not None
        assert meeting["id"] == booked.id
        assert await addresses_of(database.sql, meeting) == booked.addresses
    for written in ("ffffffffffff", "nobody@rooms.example.org", ""):
        assert await find_booking(database.sql, written, [key_of("nobody")]) is None


async def test_an_external_id_names_a_meeting_if_it_is_the_only_one(database: Database) -> None:
    """Each organisation may have it; an id or an address goes before it."""
    await build_world(database)
    booked = await book(database.sql, external_id="CAL-1")
    other = await book(database.sql, external_id=booked.short_id)

    meeting = await find_booking(database.sql, "CAL-1", [])
    assert meeting is not None
    assert meeting["id"] == booked.id
    meeting = await find_booking(database.sql, booked.short_id, [])
    assert meeting is not None
    assert meeting["id"] == booked.id != other.id

    await book(database.sql, organisation="neighbour", external_id="CAL-1")
    with pytest.raises(
        RefusedError, match=r"^booking CAL-1: names more than one meeting: use its id$"
    ):
        await find_booking(database.sql, "CAL-1", [])


async def test_only_what_is_named_changes(database: Database) -> None:
    """Times, limits, texts and PINs, and where each value comes from."""
    await build_world(database)
    booked = await book(database.sql, pin="48213", guest_pin="90377")
    change = BookingChange(
        ends_at=NOON + 2 * HOUR,
        details={"description": "Room 4", "labels": ["one"]},
        said={"lead_minutes": 30, "participant_limit": 9, "locked": True},
        guest_pin="77121",
        external_id="EXT-7",
    )

    pins = await change_booking(database.sql, SEAL, await found(database, booked), change)

    assert pins is not None
    assert (pins.pin, pins.guest_pin) == ("48213", "77121")
    meeting = await found(database, booked)
    assert (meeting["opens_at"], meeting["starts_at"], meeting["ends_at"]) == (
        *(NOON - HOUR / 2, NOON, NOON + 2 * HOUR),
    )
    details = unseal_details(SEAL, meeting["sealed_details"])
    assert details is not None
    assert (details.subject, details.description, details.labels) == (
        *("Ward round", "Room 4", ("one",)),
    )
    sources = orjson.loads(meeting["sources"])
    assert (sources["locked"], sources["view"]) == ("the booking", "built in")
    assert (meeting["external_id"], meeting["guest_microphone"]) == ("EXT-7", "on")
    room = await room_of(database.sql, meeting)
    assert unsealed_pins(SEAL, room) == pins
    assert (room["participant_limit"], room["service"]) == (9, '{"locked": true}')

    again = BookingChange(said={"guests_can_present": False}, project_code="P-1")
    assert await change_booking(database.sql, SEAL, meeting, again) is None

    room = await room_of(database.sql, await found(database, booked))
    assert (room["participant_limit"], room["guests_can_present"]) == (9, False)
    assert unsealed_pins(SEAL, room) == pins


async def test_two_changes_add_up(database: Database) -> None:
    """Whoever looked before the other one changed it takes nothing back."""
    await build_world(database)
    booked = await book(database.sql)
    meeting = await found(database, booked)

    for change in (
        BookingChange(details={"labels": ["one"]}, said={"locked": True}),
        BookingChange(details={"description": "Room 4"}, said={"participant_limit": 9}),
    ):
        await change_booking(database.sql, SEAL, meeting, change)

    meeting = await found(database, booked)
    details = unseal_details(SEAL, meeting["sealed_details"])
    assert details is not None
    assert (details.labels, details.description) == (("one",), "Room 4")
    sources = orjson.loads(meeting["sources"])
    assert (sources["locked"], sources["participant_limit"]) == ("the booking", "the booking")


@pytest.mark.parametrize(
    "change",
    [
        BookingChange(new_pins=True),
        BookingChange(pin="48213", guest_pin="90377"),
        BookingChange(ends_at=NOON + 2 * HOUR),
    ],
)
async def test_a_meeting_whose_key_is_lost_can_be_changed(
    database: Database, change: BookingChange
) -> None:
    """Its old PINs are not opened."""
    await build_world(database)
    booked = await book(database.sql, pin="482137", guest_pin="903771")
    newest = Seal((Fernet.generate_key().decode(),))

    pins = await change_booking(database.sql, newest, await found(database, booked), change)

    assert (pins is None) == (change.ends_at is not None)


async def test_new_pins_are_as_long_as_the_old(database: Database) -> None:
    """A pair stays a pair, a meeting without PINs has none to renew."""
    await build_world(database)
    pair = await book(database.sql, pin="482137", guest_pin="903771")
    open_ = await book(database.sql, said={"host_pin_required": False})
    new_pins = BookingChange(new_pins=True)

    pins = await change_booking(database.sql, SEAL, await found(database, pair), new_pins)

    assert pins is not None
    assert pins.guest_pin is not None
    assert (len(pins.pin), len(pins.guest_pin)) == (6, 6)
    assert pins.pin != "482137"
    with pytest.raises(RefusedError, match=r"^PINs: the meeting has none that could be drawn anew"):
        await change_booking(database.sql, SEAL, await found(database, open_), new_pins)
    meeting = await found(database, open_)
    with pytest.raises(RefusedError, match=r"^guest PIN: needs a PIN for hosts beside it"):
        await change_booking(database.sql, SEAL, meeting, BookingChange(guest_pin="9037"))
    guarded = await change_booking(
        database.sql, SEAL, await found(database, open_), BookingChange(pin="48213")
    )
    assert guarded is not None
    assert guarded.guest_pin is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (BookingChange(ends_at=NOON - HOUR), "ends: must be after starts"),
        (BookingChange(starts_at=NOON - 48 * HOUR), "ends: more than 24 hours after starts"),
        (
            BookingChange(
                starts_at=datetime(2026, 1, 1, 10, tzinfo=UTC),
                ends_at=datetime(2026, 1, 1, 11, tzinfo=UTC),
            ),
            "ends: is over already",
        ),
        (BookingChange(said={"range": "all"}), "range: is settled when a meeting is booked"),
        (BookingChange(said={"type": "lecture"}), "type: is settled when a meeting is booked"),
        (BookingChange(said={"viev": 1}), "viev: is no value of a conference, did you mean"),
        (BookingChange(details={"subject": "010180-1234"}), "subject: holds ten digits"),
        (BookingChange(details={"subject": ""}), "subject: string should have at least"),
        (BookingChange(external_id="0101801234"), "external id: holds ten digits"),
        (BookingChange(pin="4821", guest_pin="90377"), "PINs: pin and guest_pin must have"),
    ],
)
async def test_a_wrong_change_is_refused(
    database: Database, change: BookingChange, text: str
) -> None:
    """The rules are those of booking."""
    await build_world(database)
    meeting = await found(database, await book(database.sql))

    with pytest.raises(RefusedError, match=f"^{text}"):
        await change_booking(database.sql, SEAL, meeting, change)


async def test_a_long_meeting_can_be_permitted_later(database: Database) -> None:
    """And then its end may move."""
    await build_world(database)
    meeting = await found(database, await book(database.sql))
    change = BookingChange(ends_at=NOON + 48 * HOUR, is_long=True)

    await change_booking(database.sql, SEAL, meeting, change)

    assert await database.sql.fetchval("SELECT long_permitted FROM booking")


async def test_what_is_over_does_not_change(database: Database) -> None:
    """A cancelled meeting stays cancelled, an ended one ended."""
    await build_world(database)
    cancelled = await found(database, await book(database.sql))
    ended = await found(database, await open_meeting(database))
    await cancel_booking(database.sql, cancelled)
    await end_booking(database.sql, ended)

    for meeting, state in ((cancelled, "cancelled"), (ended, "ended")):
        name = f"^booking {meeting['short_id']}: is {state}"
        with pytest.raises(RefusedError, match=f"{name}, it does not change any more$"):
            await change_booking(database.sql, SEAL, meeting, BookingChange(external_id="x"))
        with pytest.raises(RefusedError, match=f"{name}, there is nothing to cancel$"):
            await cancel_booking(database.sql, meeting)
        with pytest.raises(RefusedError, match=f"{name}, only an open meeting can be ended$"):
            await end_booking(database.sql, meeting)


async def test_a_planned_meeting_cannot_be_ended(database: Database) -> None:
    """It can be cancelled; its number rests when the meeting was to end."""
    await build_world(database)
    meeting = await found(database, await book(database.sql))

    with pytest.raises(RefusedError, match="is planned, only an open meeting can be ended"):
        await end_booking(database.sql, meeting)
    await cancel_booking(database.sql, meeting)

    assert await database.sql.fetchval("SELECT state FROM address") == "active"


async def test_a_running_meeting_may_go_on(database: Database) -> None:
    """For ten minutes after it was last told, two hours at most, and not where it ends on time."""
    await build_world(database)
    booked = await open_meeting(database)
    name = await database.sql.fetchval("SELECT service_name FROM room")

    assert await note_running(database.sql, [name]) == []  # its end is far away

    await database.sql.execute("UPDATE booking SET ends_at = now() + interval '5 minutes'")
    assert await note_running(database.sql, [name, "r-unknown"]) == [booked.id]
    assert await note_running(database.sql, [name]) == []  # told a moment ago
    seen = await database.sql.fetchrow("SELECT runs_seen_at, closes_at(booking) FROM booking")
    assert seen is not None
    assert seen["closes_at"] == seen["runs_seen_at"] + timedelta(minutes=10)

    await database.sql.execute(
        "UPDATE booking SET end_meeting_on_end_time = true, runs_seen_at = NULL"
    )
    assert await note_running(database.sql, [name]) == []


async def test_a_meeting_that_is_over_is_not_revived(database: Database) -> None:
    """Who tells too late changes nothing."""
    await build_world(database)
    await open_meeting(database)
    name = await database.sql.fetchval("SELECT service_name FROM room")
    await database.sql.execute("UPDATE booking SET ends_at = now() - interval '1 second'")

    assert await note_running(database.sql, [name]) == []


async def test_meetings_are_listed_by_time_state_and_organisation(database: Database) -> None:
    """An organisation has those of who is below it; in the order in which they begin."""
    await build_world(database)
    for organisation, hours in (("hospital", 3), ("region", 1), ("neighbour", 2)):
        await book(
            database.sql,
            organisation=organisation,
            starts_at=NOON + hours * HOUR,
            external_id=f"{organisation}-{hours}",
        )
    gone = await book(database.sql, organisation="region", external_id="region-gone")
    await cancel_booking(database.sql, await found(database, gone))
    region = (await get_organisation(database.sql, "region")).id

    async def listed(**said: object) -> list[str]:
        rows = await list_bookings(database.sql, limit=10, **said)  # type: ignore[arg-type]  # its own
        return [row["external_id"] for row in rows]

    assert await listed() == ["region-gone", "region-1", "neighbour-2", "hospital-3"]
    assert await listed(organisation_id=region) == ["region-gone", "region-1", "hospital-3"]
    assert await listed(state="cancelled") == ["region-gone"]
    assert await listed(state="planned", starting=NOON + 2 * HOUR) == ["neighbour-2", "hospital-3"]
    assert await listed(ending=NOON + 2 * HOUR) == ["region-gone", "region-1"]
    assert len(await list_bookings(database.sql, limit=2)) == 2


async def test_the_next_call_sees_the_change(database: Database) -> None:
    """The directory has no memory of its own."""
    await build_world(database)
    booked = await open_meeting(database)
    key = key_of(booked.addresses[0])
    async with database.directory() as directory:
        await change_booking(
            database.sql, SEAL, await found(database, booked), BookingChange(pin="48213")
        )
        target = (await directory.find(key)).target
        assert isinstance(target, Booking)
        assert target.service["pin"] == "48213"

        await cancel_booking(database.sql, await found(database, booked))
        target = (await directory.find(key)).target
        assert isinstance(target, Booking)
        assert target.cancelled
