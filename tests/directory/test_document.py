"""The rows of a directory file: refused with file, line, column, and without a secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import BookingRow, DirectoryFile, RoomRow, key_of
from policy.directory.records import ROOM_FIELDS, AddressKey
from policy.documents import load
from policy.errors import DocumentError
from tests.directory.rows import parsed
from tests.e2e.program import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET: Final = "9482 01"
ROOM: Final[Mapping[str, object]] = {"organisation": "north", "aliases": ["700@example.org"]}


def test_the_example_can_be_read() -> None:
    """The example directory has every kind of row."""
    file = load(EXAMPLE / "directory.yaml", DirectoryFile).value

    kinds = ("organisations", "domains", "rooms", "bookings", "devices", "addresses")
    assert [name for name in kinds if not getattr(file, name)] == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("rooms: [{organisation: n}]", "1:9: key 'aliases' is missing"),
        ("rooms: [{organisation: n, aliases: []}]", "1:36: aliases: "),
        ("rooms: [{organisation: n, aliases: ['a@b@c']}]", "'a@b@c' is no alias"),
        (
            "rooms: [{organisation: n, aliases: [a], pni: '1'}]",
            "unknown key 'pni', did you mean 'pin'?",
        ),
        (
            "rooms: [{organisation: n, aliases: [a], pin: '9482 01'}]",
            "a PIN is 4 to 20 digits",
        ),
        ("rooms: [{organisation: n, aliases: [a], pin: 948}]", "a PIN is 4 to 20 digits"),
        (
            "rooms: [{organisation: n, aliases: [a], allow_guests: true}]",
            "allow_guests needs a pin",
        ),
        ("rooms: [{organisation: n, aliases: [a], guest_pin: '94820'}]", "needs a pin"),
        (
            "rooms: [{organisation: n, aliases: [a], pin: '9482', guest_pin: '9482'}]",
            "pin and guest_pin must differ",
        ),
        ("rooms: [{organisation: n, aliases: [a], view: other}]", "view: 'other' is not allowed"),
        (
            "rooms: [{organisation: n, aliases: [a], type: lecture, view: one_main_zero_pips}]",
            "view",
        ),
        (
            "rooms: [{organisation: n, aliases: [a], host_view: one_main_zero_pips}]",
            "host_view",
        ),
        (
            (
                "bookings: [{organisation: n, aliases: [a], starts_at: 2026-05-04T10:00,"
                " ends_at: 2026-05-04T11:00Z}]"
            ),
            "starts_at: ",
        ),
        (
            (
                "bookings: [{organisation: n, aliases: [a], starts_at: 2026-05-04T11:00+02:00,"
                " ends_at: 2026-05-04T10:00+01:00}]"
            ),
            "ends_at must be after starts_at",
        ),
        (
            "devices: [{organisation: n, alias: a, username: u}]",
            "username and password come together",
        ),
        ("devices: [{organisation: n, alias: a, password: '9482 01'}]", "come together"),
        (
            (
                "devices: [{organisation: n, alias: a, username: u, password: '9482 01',"
                " without_proof: true}]"
            ),
            "without_proof is for a device that has no password",
        ),
        ("addresses: [{alias: a, state: active}]", "state: 'active' is not allowed"),
        ("organisations: [{code: n, name: N, state: gone}]", "state: 'gone' is not allowed"),
        ("organisations: [{code: n, name: N, type: group}]", "type: 'group' is not allowed"),
        ("rooms: [{organisation: n, aliases: ['sip:']}]", "is no alias"),
        ("rooms: [{organisation: n, aliases: [a], tags: ward}]", "tags: needs a list, got 'ward'"),
        (
            "rooms: [{organisation: n, aliases: [a], tags: ['']}]",
            "tags: must not be empty",
        ),
        (
            "devices: [{organisation: n, alias: a, tags: [%s]}]" % ("t" * 101),
            "has more than 100 characters",
        ),
        (
            'devices: [{organisation: n, alias: a, tags: ["a\\tb"]}]',
            "tags: a tag has no control characters",
        ),
        ("devices: [{organisation: n, alias: a, tags: [%s]}]" % ("t, " * 51), "tags: "),
    ],
)
def test_a_wrong_row_is_told_with_its_place(row: str, said: str) -> None:
    """The message says where, what is wrong, and never what the PIN or password was."""
    with pytest.raises(DocumentError) as caught:
        parsed(row)

    text = str(caught.value)
    assert text.startswith("directory.yaml:1:")
    assert said in text
    assert [secret for secret in (SECRET, "9482", "94820") if secret in text] == []


def test_every_problem_is_told_at_once() -> None:
    """One run shows all that is wrong, in the order of the file."""
    rows = "rooms:\n- {organisation: n}\ndevices:\n- {alias: a}\naddresses:\n- {alias: a}"

    with pytest.raises(DocumentError) as caught:
        parsed(rows)

    assert [problem.line for problem in caught.value.problems] == [2, 4, 6]


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("700", AddressKey("700", "")),
        ("Ward7@Example.ORG", AddressKey("ward7", "example.org")),
        ("sip:ward7@example.org", AddressKey("ward7", "example.org")),
        ("0047 12 34", AddressKey("+471234", "")),
    ],
)
def test_an_alias_is_held_as_calls_are_read(alias: str, key: AddressKey) -> None:
    """What is written in a file and what is dialled meet in one spelling."""
    assert key_of(alias) == key


def test_a_guest_pin_says_that_there_are_guests() -> None:
    """Nobody has to say it twice; a room without one has hosts only."""
    with_guests = RoomRow.model_validate({**ROOM, "pin": "4821", "guest_pin": "9037"})
    without = RoomRow.model_validate({**ROOM, "pin": "4821"})

    assert (with_guests.guests_welcome(), without.guests_welcome()) == (True, False)
    assert with_guests.fields()["allow_guests"] is True


def test_the_fields_of_a_room_are_its_columns() -> None:
    """In the order of the columns, whatever was said."""
    assert tuple(RoomRow.model_validate(ROOM).fields()) == ROOM_FIELDS


def test_a_booking_opens_its_lead_time_before() -> None:
    """Minutes of real time, across the change to summer time too."""
    row = BookingRow.model_validate(
        {
            **ROOM,
            "starts_at": "2026-03-29T03:10:00+02:00",
            "ends_at": "2026-03-29T04:00:00+02:00",
            "lead_minutes": 15,
        }
    )

    assert row.opens_at() == datetime(2026, 3, 29, 0, 55, tzinfo=UTC)


def test_secrets_are_not_shown() -> None:
    """A row that is printed shows no PIN."""
    row = RoomRow.model_validate({**ROOM, "pin": "948201", "guest_pin": "111111"})

    assert [pin for pin in ("948201", "111111") if pin in repr(row)] == []
