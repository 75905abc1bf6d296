"""Rows become lines that COPY takes: secrets sealed, addresses apart."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from policy.directory.bulk.reading import Block, Source
from policy.directory.bulk.staging import WAITING, WAITING_ALIASES, Staged, Stager, place_number
from policy.directory.writing.details import unseal_details
from tests.database import SEAL


def stage(kind: str, *lines: str, update: bool = False) -> Staged:
    """Stage lines of JSON."""
    raw = "".join(f"{line}\n" for line in lines).encode()
    return Stager(SEAL, update=update).stage(
        Block(Source(3, Path(kind), kind, "jsonl", 0), 7, raw, len(raw))
    )


def rows_of(staged: Staged) -> list[dict[str, str]]:
    """Give what waits, by column."""
    return [
        dict(zip(WAITING[staged.kind], line.split("\t"), strict=True))
        for line in staged.rows.decode().splitlines()
    ]


def test_pins_are_sealed_for_their_room() -> None:
    """And found under the id that waits beside them; the second row goes the fast way."""
    line = '{"organisation":"a","aliases":["1@x.org","2"],"pin":"48213","guest_pin":"90377"}'

    staged = stage("rooms", line, line, line)

    assert staged.problems == []
    for row in rows_of(staged):
        room = UUID(row["id"])
        assert SEAL.unseal_pin(room, "pin", row["pin"]) == "48213"
        assert SEAL.unseal_pin(room, "guest_pin", row["guest_pin"]) == "90377"
        assert row["service_name"] == f"r-{room}"
        assert row["allow_guests"] == "t"
    assert "48213" not in repr(staged)
    aliases = [
        dict(zip(WAITING_ALIASES, line.split("\t"), strict=True))
        for line in staged.aliases.decode().splitlines()
    ]
    assert [each["place"] for each in aliases[::2]] == [
        str(place_number(3, line)) for line in (7, 8, 9)
    ]
    assert (aliases[0]["local"], aliases[0]["domain"], aliases[1]["domain"]) == (
        "1",
        "x.org",
        "\\N",
    )


def test_texts_of_a_meeting_are_sealed() -> None:
    """Nothing of them is readable."""
    staged = stage(
        "bookings",
        '{"organisation":"a","starts_at":"2026-01-01T10:00:00Z","ends_at":"2026-01-01T11:00:00Z",'
        '"details":{"subject":"Talk"},"cancelled":true}',
    )

    (row,) = rows_of(staged)
    details = unseal_details(SEAL, row["details"])
    assert details is not None
    assert details.subject == "Talk"
    assert row["is_cancelled"] == "t"
    assert row["id"] != row["room_id"]


def test_passwords_are_sealed() -> None:
    """As for every device."""
    staged = stage("devices", '{"organisation":"a","alias":"1","username":"u","password":"s3cret"}')
    assert SEAL.unseal(rows_of(staged)[0]["password"]) == "s3cret"


def test_pins_wait_in_clear_until_their_room_is_found() -> None:
    """In memory alone, and not in what is shown of it."""
    line = '{"organisation":"a","aliases":["1"],"pin":"48213","guest_pin":null}'

    staged = stage("rooms", line, update=True)

    assert staged.pins == [(place_number(3, 7), "48213", None)]
    assert rows_of(staged)[0]["pin"] == "\\N"
    assert "48213" not in repr(staged)


def test_an_address_that_cannot_be_one_is_told() -> None:
    """At its key."""
    staged = stage("rooms", '{"organisation":"a","aliases":["a+b@x.org"]}')
    assert [str(each) for each in staged.problems] == [
        (
            "rooms:7:21: alias 'a+b@x.org': an address has 1 to 100 of a-z, æ, ø, å, 0-9, '.', '_'"
            " and '-'"
        )
    ]


def test_a_time_that_no_calendar_has_is_told() -> None:
    """The year one, west of Greenwich."""
    staged = stage(
        "rooms", '{"organisation":"a","aliases":[],"created_at":"0001-01-01T00:00:00+10:00"}'
    )
    assert [each.text for each in staged.problems] == ["holds a time that no calendar has"]
