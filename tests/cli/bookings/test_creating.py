"""Meetings are booked on the command line, and what is drawn is shown once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say
    from tests.database import Database

CREATE = ("bookings", "create", "hospital", "--subject", "Ward round")
NOON = ("--starts", "2027-06-01T12:00")
HOUR = ("--minutes", "60")


async def test_everything_can_be_said(say: Say, database: Database) -> None:
    """Programs read JSON."""
    said = await say(
        *(*CREATE, *NOON, "--ends", "2027-06-01 14:00", "--description", "Room 4"),
        *("--label", "one", "--label", "two", "--info", "ward=7", "--limit", "12"),
        *("--end-on-time", "--set", "max_pixels_per_second=sd", "--set", "locked=true"),
        *("--pin", "48213", "--guest-pin", "90377", "--external-id", "EXT-7", "--json"),
        *("--guest-microphone", "muted", "--pin-in-link", "--address", "ward7"),
        *("--id", "6d3ab7ee-1f0b-4f3c-9a55-7dbbd2a0e0aa", "--project-code", "P-1"),
    )

    booked = json.loads(said)
    assert booked | {"short_id": ""} == {
        "booked": "6d3ab7ee-1f0b-4f3c-9a55-7dbbd2a0e0aa",
        "short_id": "",
        "addresses": ["ward7@rooms.example.org"],
        "host_pin": "48213",
        "guest_pin": "90377",
        "opens": "2027-06-01T12:00+02:00",
        "ends": "2027-06-01T14:00+02:00",
    }
    row = await database.sql.fetchrow("SELECT * FROM booking JOIN room ON room.id = room_id")
    assert row is not None
    assert (row["participant_limit"], row["max_pixels_per_second"], row["service"]) == (
        *(12, "sd", '{"locked": true}'),
    )
    assert (row["external_id"], row["project_code"], row["guest_microphone"]) == (
        *("EXT-7", "P-1", "muted"),
    )
    assert row["end_meeting_on_end_time"]
    assert row["guest_pin_required"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--starts", "2026-10-25T02:30", *HOUR), "comes twice in Denmark"),
        (NOON, "give either --ends or --minutes"),
        ((*NOON, *HOUR, "--ends", "2027-06-01T13:00"), "give either --ends or --minutes"),
        ((*NOON, *HOUR, "--info", "secret"), "'--info': write it as NAME=VALUE"),
        ((*NOON, *HOUR, "--template", "none"), "refused: template 'none': is none of this"),
        ((*NOON, *HOUR, "--pin", "12"), "refused: room PIN: a PIN is 4 to 20"),
        ((*NOON, *HOUR, "--pin", "1234"), "refused: pin: is among the first that a stranger"),
        ((*NOON, "--ends", "2027-06-01T11:00"), "refused: ends: must be after starts"),
        (("--starts", "2026-01-01", *HOUR), "refused: ends: is over already by the clock of"),
        ((*NOON, *HOUR, "--label", "010180-1234"), "refused: label: holds ten digits that may be"),
        ((*NOON, *HOUR, "--set", "viev=1"), "refused: viev: is no value of a conference, did you"),
        ((*NOON, *HOUR, "--as", "neighbour"), "refused: organisation 'hospital'"),
    ],
)
async def test_what_is_wrong_is_said(
    say: Say, database: Database, words: tuple[str, ...], said: str
) -> None:
    """And nothing is booked."""
    assert said in await say(*CREATE, *words)
    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0


async def test_a_dry_run_books_nothing(say: Say, database: Database) -> None:
    """It shows what would be drawn, but no PIN, since another one will be."""
    booked = await say(*CREATE, *NOON, *HOUR, "--dry-run")
    reserved = await say("bookings", "reserve", "hospital", "--dry-run")

    assert booked.startswith("would book a meeting, such as 7")
    assert reserved.startswith("would reserve a number, such as 7")
    assert "PIN" not in booked + reserved
    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0


async def test_an_id_that_is_there_is_refused_in_a_sentence(say: Say) -> None:
    """The database's own words would repeat the row."""
    twice = (*CREATE, *NOON, *HOUR, "--external-id", "EXT-7")
    await say(*twice)

    said = await say(*twice)

    assert said.startswith("refused: ")
    assert "EXT-7" not in said
