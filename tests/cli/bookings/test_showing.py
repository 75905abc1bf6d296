"""Meetings are listed and shown without what they are about, unless that is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say

SECRETS = ("48213", "90377", "Ward round", "Room 4")


async def book_one(say: Say, *words: str) -> dict[str, object]:
    """Book a meeting with PINs and texts."""
    said = await say(
        *("bookings", "create", "hospital", "--subject", "Ward round", "--description", "Room 4"),
        *("--starts", "2027-06-01T12:00", "--minutes", "60", "--pin", "48213", "--json"),
        *("--guest-pin", "90377", *words),
    )
    booked: dict[str, object] = json.loads(said)
    return booked


async def shown(say: Say, *words: str) -> dict[str, tuple[object, str]]:
    """Show a meeting: each value and who says it, by its name."""
    lines = (await say("bookings", "show", *words, "--json")).splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["what"]: (row["value"], row["from"]) for row in rows}


async def test_each_value_is_shown_with_its_source(say: Say) -> None:
    """Booking, template, built in; no secret among them."""
    await say("templates", "create", "usual", "--organisation", "region", "--default",
              "--set", "participant_limit=30", "--set", "call_type=audio")  # fmt: skip
    booked = await book_one(
        say, "--lead", "15", "--set", "portal_call_type=x", "--external-id", "EXT-7"
    )

    values = await shown(say, str(booked["short_id"]))

    assert values["id"] == (booked["booked"], "the booking")
    assert values["addresses"] == (booked["addresses"], "the booking")
    assert values["state"] == ("planned", "the booking")
    assert values["opens_at"] == ("2027-06-01T11:45+02:00", "the booking")
    assert values["external_id"] == ("EXT-7", "the booking")
    assert values["lead_minutes"] == (15, "the booking")
    assert values["portal_call_type"] == ("x", "the booking")
    assert values["call_type"] == ("audio", "template 'usual' of region")
    assert values["participant_limit"] == (30, "template 'usual' of region")
    assert values["type"] == ("conference", "template 'usual' of region")
    assert values["range"] == ("all", "template 'base' of the platform")
    assert values["view"] == ("one_main_seven_pips", "built in")
    assert values["host_pin_required"] == (True, "built in")
    assert not any(secret in str(values) for secret in SECRETS)


async def test_secrets_are_shown_when_asked_for(say: Say) -> None:
    """PINs and texts each on their own."""
    booked = await book_one(say)
    short_id = str(booked["short_id"])

    pins = await shown(say, short_id, "--show-pins")
    details = await shown(say, short_id, "--show-details")

    assert (pins["host PIN"][0], pins["guest PIN"][0]) == ("48213", "90377")
    assert "subject" not in pins
    assert (details["subject"][0], details["description"][0]) == ("Ward round", "Room 4")
    assert "host PIN" not in details


async def test_meetings_are_listed(say: Say) -> None:
    """By time, organisation and state; without secrets."""
    booked = await book_one(say, "--external-id", "EXT-7")

    listed = await say("bookings", "list")

    addresses = booked["addresses"]
    assert isinstance(addresses, list)
    heading, line = listed.splitlines()
    assert heading.split() == [
        *("short_id", "organisation", "state", "starts", "ends", "addresses", "external_id", "id"),
    ]
    assert await say("bookings", "list", "--limit", "1") == listed
    assert line.split() == [
        *(booked["short_id"], "hospital", "planned"),
        *("2027-06-01T12:00+02:00", "2027-06-01T13:00+02:00", addresses[0], "EXT-7"),
        booked["booked"],
    ]
    for words in (
        ("--state", "open"),
        ("--from", "2027-06-01T13:00"),
        ("--to", "2027-06-01T12:00"),
        ("--organisation", "neighbour"),
        ("--as", "neighbour"),
    ):
        assert await say("bookings", "list", *words) == "none\n"
    for words in (
        ("--state", "planned"),
        ("--from", "2027-06-01T12:59"),
        ("--to", "2027-06-01T12:01"),
        ("--organisation", "region"),
        ("--as", "region"),
    ):
        assert await say("bookings", "list", *words) == listed


async def test_a_list_that_is_cut_says_so(say: Say) -> None:
    """The first meetings, and that there are more."""
    await book_one(say)
    await book_one(say)

    listed = await say("bookings", "list", "--limit", "1")

    assert listed.count("hospital") == 1
    assert listed.endswith("\nthe first 1; --limit shows more\n")
