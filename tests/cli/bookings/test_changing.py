"""Meetings are changed, cancelled and ended on the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say
    from tests.database import Database


async def booked(say: Say) -> str:
    """Book a meeting and give its short id."""
    said = await say(
        *("bookings", "create", "hospital", "--subject", "Ward round", "--pin", "48213"),
        *("--starts", "2027-06-01T12:00", "--minutes", "60", "--guest-pin", "90377"),
    )
    return said.partition("short id: ")[2].partition("\n")[0]


async def test_what_is_given_changes(say: Say, database: Database) -> None:
    """New PINs are shown, others are not."""
    meeting = await booked(say)

    moved = await say("bookings", "change", meeting, "--minutes", "90", "--limit", "7")
    renewed = await say("bookings", "change", meeting, "--new-pins", "--subject", "Evening round")

    assert moved == f"{meeting}: changed\n"
    assert re.fullmatch(
        f"{meeting}: changed\nhost PIN: [0-9]{{5}}\nguest PIN: [0-9]{{5}}\n", renewed
    )
    row = await database.sql.fetchrow(
        "SELECT ends_at - starts_at = interval '90 minutes' AS longer, participant_limit"
        " FROM booking JOIN room ON room.id = room_id"
    )
    assert tuple(row or ()) == (True, 7)


async def test_a_dry_run_changes_nothing(say: Say, database: Database) -> None:
    """Not a meeting, not a PIN."""
    meeting = await booked(say)
    before = await database.sql.fetchrow("SELECT * FROM booking JOIN room ON room.id = room_id")

    for words, said in (
        (("change", meeting, "--new-pins"), f"would change {meeting}\n"),
        (("cancel", meeting), f"would cancel {meeting}\n"),
    ):
        assert await say("bookings", *words, "--dry-run") == said

    after = await database.sql.fetchrow("SELECT * FROM booking JOIN room ON room.id = room_id")
    assert after == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("change", "{}"), "nothing to change: give at least one option"),
        (
            ("change", "{}", "--ends", "2027-06-01", "--minutes", "5"),
            "give either --ends or --minutes",
        ),
        (("change", "{}", "--set", "range=all"), "refused: range: is settled when a meeting is"),
        (("change", "{}", "--guest-pin", "48213"), "refused: PINs: pin and guest_pin must differ"),
        (("change", "{}", "--guest-pin", "12345"), "refused: guest_pin: is among the first that"),
        (("end", "{}"), "is planned, only an open meeting can be ended"),
        (("running", "{}"), "is planned, only an open one runs"),
        (
            ("cancel", "nobody@example.org"),
            "no meeting has this id, short id, address or external id",
        ),
        (("cancel", "a@b@c"), "no meeting has this id, short id, address or external id"),
        (
            ("cancel", "{}", "--as", "neighbour"),
            "no meeting has this id, short id, address or external id",
        ),
    ],
)
async def test_what_is_wrong_is_said(say: Say, words: tuple[str, ...], said: str) -> None:
    """In one line."""
    meeting = await booked(say)

    assert said in await say("bookings", *(word.format(meeting) for word in words))


async def test_a_meeting_is_named_by_its_external_id(say: Say) -> None:
    """As whoever booked it calls it."""
    await say("bookings", "change", await booked(say), "--external-id", "CAL-1")

    assert await say("bookings", "change", "CAL-1", "--limit", "7") == "CAL-1: changed\n"
    assert "CAL-1" in await say("bookings", "show", "CAL-1")
    assert await say("bookings", "cancel", "CAL-1") == "CAL-1: cancelled\n"


async def test_a_cancelled_meeting_stays_cancelled(say: Say) -> None:
    """It is not changed any more."""
    meeting = await booked(say)

    assert await say("bookings", "cancel", meeting) == f"{meeting}: cancelled\n"
    assert await say("bookings", "change", meeting, "--limit", "7") == (
        f"refused: booking {meeting}: is cancelled, it does not change any more"
    )
