"""When a meeting may be joined: by the database's clock, over nights on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from policy.cli.moments import moment_of
from policy.decide.addresses import refusal_of, state_of
from policy.directory.document import key_of
from policy.directory.records import Booking, Quarantined
from policy.directory.writing.bookings import cancel_booking, end_booking, find_booking
from tests.directory.writing.meetings import HOUR, book, build_world

if TYPE_CHECKING:
    from policy.directory.records import Entry
    from policy.directory.writing.new_bookings import Booked
    from tests.database import Database

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def entry_of(database: Database, booked: Booked) -> Entry:
    """Ask the directory for the address of a meeting."""
    async with database.directory() as directory:
        return await directory.find(key_of(booked.addresses[0]))


async def meeting_of(database: Database, booked: Booked) -> Booking:
    """Give the meeting as it is decided with."""
    target = (await entry_of(database, booked)).target
    assert isinstance(target, Booking)
    return target


async def clock_of(database: Database) -> datetime:
    """Read the database's clock."""
    now: datetime = await database.sql.fetchval("SELECT now()")
    return now


async def book_past(database: Database, starts: str, ends: str, **said: object) -> Booked:
    """Book in Danish time, as rows are brought back: the times may be over."""
    await build_world(database)
    await database.sql.execute("SET vdx_policy.restoring = 'on'")
    booked = await book(
        database.sql, starts_at=moment_of(starts), ends_at=moment_of(ends), said=said
    )
    await database.sql.execute("RESET vdx_policy.restoring")
    return booked


# Begins, ends, minutes of lead; opens and closes by universal time, and how long it lasts.
NIGHTS = [
    # Into summer, 29 March 2026: 02:00 is followed by 03:00.
    (("2026-03-29T01:30", "2026-03-29T03:30", 0), "00:30", "01:30", 60),
    (("2026-03-29T03:30", "2026-03-29T04:00", 120), "23:30", "02:00", 30),
    (("2026-03-28T23:00", "2026-03-29T06:00", 15), "21:45", "04:00", 360),
    # Into winter, 25 October 2026: 02:00 to 03:00 comes twice.
    (("2026-10-25T01:30", "2026-10-25T03:30", 0), "23:30", "02:30", 180),
    (("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", 0), "00:30", "01:30", 60),
    (("2026-10-25T02:15+01:00", "2026-10-25T02:45+01:00", 30), "00:45", "01:45", 30),
    (("2026-10-25T02:15+02:00", "2026-10-25T02:45+02:00", 30), "23:45", "00:45", 30),
    (("2026-10-24T23:00", "2026-10-25T06:00", 15), "20:45", "05:00", 480),
]


@pytest.mark.parametrize(("said", "opens", "closes", "minutes"), NIGHTS)
async def test_a_night_on_which_clocks_change_is_as_long_as_it_is(
    database: Database, said: tuple[str, str, int], opens: str, closes: str, minutes: int
) -> None:
    """What was said in Danish time opens and closes at that moment, to the second."""
    starts, ends, lead = said
    booked = await book_past(database, starts, ends, lead_minutes=lead)

    meeting = await meeting_of(database, booked)

    assert (f"{meeting.opens_at:%H:%M}", f"{meeting.closes_at:%H:%M}") == (opens, closes)
    assert meeting.closes_at - meeting.opens_at == timedelta(minutes=minutes + lead)
    assert [
        state_of(meeting, moment)
        for moment in (
            meeting.opens_at - SECOND,
            meeting.opens_at,
            meeting.closes_at,
            meeting.closes_at + SECOND,
        )
    ] == ["too_early", "open", "open", "ended"]
    refusal = refusal_of(meeting, meeting.opens_at - SECOND)
    assert refusal is not None
    for moment in (meeting.opens_at - SECOND, meeting.opens_at, meeting.closes_at + SECOND):
        state = await database.sql.fetchval(
            "SELECT booking_state(booking, $1) FROM booking", moment
        )
        assert {"planned": "too_early"}.get(state, state) == state_of(meeting, moment)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Copenhagen", "Pacific/Auckland"])
async def test_the_zone_of_the_server_does_not_matter(database: Database, zone: str) -> None:
    """A moment is a moment, wherever the database believes it is."""
    booked = await book_past(
        database, "2026-10-25T02:15+01:00", "2026-10-25T03:15", lead_minutes=90
    )
    await database.sql.execute(f"ALTER DATABASE policy SET timezone = '{zone}'")
    try:
        meeting = await meeting_of(database, booked)
    finally:
        await database.sql.execute("ALTER DATABASE policy RESET timezone")

    assert meeting.opens_at == datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
    assert meeting.closes_at == datetime(2026, 10, 25, 2, 15, tzinfo=UTC)


# Times against the database's clock: starts, ends; state; which boundary is next.
STATES = [
    (2 * HOUR, 3 * HOUR, "too_early", "opens_at"),
    (5 * MINUTE, HOUR, "open", "closes_at"),  # within the lead of ten minutes
    (-HOUR, HOUR, "open", "closes_at"),
    (-2 * HOUR, -HOUR, "ended", None),
]


@pytest.mark.parametrize(("starts", "ends", "wanted", "boundary"), STATES)
async def test_what_is_kept_is_kept_up_to_the_next_boundary(
    database: Database, starts: timedelta, ends: timedelta, wanted: str, boundary: str | None
) -> None:
    """In each state the entry says until when, and the meeting is in that state until then."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now + starts).isoformat(), (now + ends).isoformat(), lead_minutes=10
    )

    entry = await entry_of(database, booked)

    meeting = entry.target
    assert isinstance(meeting, Booking)
    assert state_of(meeting, now) == wanted
    assert entry.valid_until == (None if boundary is None else getattr(meeting, boundary))
    if entry.valid_until is not None:
        assert state_of(meeting, entry.valid_until - SECOND) == wanted
        assert state_of(meeting, entry.valid_until + SECOND) != wanted


async def test_a_meeting_that_runs_is_open_beyond_its_end(database: Database) -> None:
    """Ten minutes from when it was last told, two hours at most; not where it ends on time."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now - HOUR).isoformat(), (now - MINUTE).isoformat(), lead_minutes=0
    )

    async def after(change: str) -> Booking:
        await database.sql.execute("UPDATE booking SET " + change)  # noqa: S608  each change stands below
        return await meeting_of(database, booked)

    told = await after("runs_seen_at = now()")
    seen = await database.sql.fetchval("SELECT runs_seen_at FROM booking")
    assert told.closes_at == seen + 10 * MINUTE
    assert (await entry_of(database, booked)).valid_until == told.closes_at
    assert state_of(told, seen + 9 * MINUTE) == "open"
    assert state_of(told, seen + 11 * MINUTE) == "ended"

    late = await after("runs_seen_at = ends_at + interval '1 hour 55 minutes'")
    assert late.closes_at == late.ends_at + 2 * HOUR
    early = await after("runs_seen_at = ends_at - interval '30 minutes'")
    assert early.closes_at == early.ends_at
    strict = await after("runs_seen_at = now(), end_meeting_on_end_time = true")
    assert strict.closes_at == strict.ends_at
    assert state_of(strict, now) == "ended"


async def test_an_ended_meeting_is_over_at_once(database: Database) -> None:
    """Whatever its end was to be, and whether or not its conference runs."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now - HOUR).isoformat(), (now + HOUR).isoformat(), lead_minutes=0
    )
    meeting = await find_booking(database.sql, booked.short_id, [])
    assert meeting is not None

    await end_booking(database.sql, meeting)
    await database.sql.execute("UPDATE booking SET runs_seen_at = now()")

    entry = await entry_of(database, booked)
    assert isinstance(entry.target, Booking)
    assert state_of(entry.target, await clock_of(database)) == "ended"
    assert entry.valid_until is None


@pytest.mark.parametrize("starts", [-HOUR, 2 * HOUR])
async def test_a_cancelled_meeting_says_so_at_any_time(
    database: Database, starts: timedelta
) -> None:
    """Before it was to open, while it was to be open, and after it was to end."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now + starts).isoformat(), (now + starts + HOUR * 2).isoformat(), lead_minutes=0
    )
    meeting = await find_booking(database.sql, booked.short_id, [])
    assert meeting is not None

    await cancel_booking(database.sql, meeting)

    target = await meeting_of(database, booked)
    for moment in (target.opens_at - HOUR, target.opens_at, target.closes_at + HOUR):
        assert state_of(target, moment) == "cancelled"


async def test_a_number_that_rests_has_ended_and_then_is_nobodys(database: Database) -> None:
    """Until its quarantine is over, to the moment, whether or not somebody sweeps."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now - 2 * HOUR).isoformat(), (now - HOUR).isoformat(), lead_minutes=0
    )
    await database.sql.execute(
        "UPDATE address SET state = 'quarantined', until = now() + interval '30 days'"
    )

    resting = await entry_of(database, booked)

    assert resting.target == Quarantined()
    assert state_of(resting.target, now) == "ended"
    assert resting.valid_until == await database.sql.fetchval("SELECT until FROM address")
    await database.sql.execute("UPDATE address SET until = now()")
    assert (await entry_of(database, booked)).target is None


async def test_an_inactive_organisation_outweighs_all(database: Database) -> None:
    """Then come cancellation, end and beginning."""
    now = await clock_of(database)
    booked = await book_past(
        database, (now + HOUR).isoformat(), (now + 2 * HOUR).isoformat(), lead_minutes=0
    )
    await database.sql.execute("UPDATE organisation SET state = 'suspended'")

    assert state_of(await meeting_of(database, booked), now) == "org_inactive"
