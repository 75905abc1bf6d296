"""A meeting has the PINs that somebody chose, else those that its template wants."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from policy.directory.pins import PinPair, is_trivial
from policy.directory.writing.inheritance import Level, Resolved, inherit
from policy.directory.writing.meeting_pins import chosen_pins, pins_for, sealed_pins, unsealed_pins
from policy.errors import RefusedError
from tests.database import SEAL

if TYPE_CHECKING:
    from tests.database import Database


def saying(**said: object) -> Resolved:
    """Resolve a template that says this."""
    return inherit([Level(said, "test")])


def test_hosts_have_a_pin_unless_the_template_says_otherwise() -> None:
    """What is built in asks hosts and lets guests wait."""
    pair = pins_for(saying(), None, None)

    assert pair is not None
    assert (len(pair.pin), pair.guest_pin, is_trivial(pair.pin)) == (5, None, False)
    assert pins_for(saying(host_pin_required=False), None, None) is None


@pytest.mark.parametrize(
    ("said", "guest_low"),
    [({}, 200000), ({"guest_pins": "500000-599999"}, 500000)],
)
def test_pins_come_from_the_ranges(said: dict[str, str], guest_low: int) -> None:
    """Guests draw from the range of hosts where they have none of their own."""
    wants = saying(guest_pin_required=True, host_pins="200000-299999", **said)

    pair = pins_for(wants, None, None)

    assert pair is not None
    assert pair.guest_pin is not None
    assert 200000 <= int(pair.pin) <= 299999
    assert guest_low <= int(pair.guest_pin) <= guest_low + 99999


def test_chosen_pins_are_kept() -> None:
    """What is wanted besides is drawn to go with them."""
    assert pins_for(saying(), "48213", "90377") == PinPair("48213", "90377")
    assert pins_for(saying(host_pin_required=False), "48213", None) == PinPair("48213")

    drawn = pins_for(saying(guest_pin_required=True), "4821377", None)

    assert drawn is not None
    assert drawn.guest_pin is not None
    assert (drawn.pin, len(drawn.guest_pin)) == ("4821377", 7)


@pytest.mark.parametrize(
    ("pin", "guest_pin", "text"),
    [
        (None, "90377", "guest PIN: needs a PIN for hosts beside it"),
        ("48213", "48213", "PINs: pin and guest_pin must differ"),
        ("1234", "9037", "pin: is among the first that a stranger would try"),
        ("48213", "12345", "guest_pin: is among the first that a stranger would try"),
        (
            "48213",
            "9037",
            "PINs: pin and guest_pin must have the same length, or both end with '#'",
        ),
    ],
)
def test_a_wrong_pair_is_refused_without_being_repeated(
    pin: str | None, guest_pin: str, text: str
) -> None:
    """The rule is said, the PINs are not."""
    with pytest.raises(RefusedError) as caught:
        pins_for(saying(), pin, guest_pin)

    assert str(caught.value) == text


def test_what_was_there_before_may_be_trivial() -> None:
    """It was imported; who changes the other PIN does not choose it."""
    before = PinPair("1234", "4321")

    assert chosen_pins("1234", "9037", before) == PinPair("1234", "9037")
    assert chosen_pins("4821", "4321", before) == PinPair("4821", "4321")
    with pytest.raises(RefusedError, match=r"^pin: is among the first that a stranger would try$"):
        chosen_pins("4321", "9037", before)


@pytest.mark.parametrize("pair", [None, PinPair("48213"), PinPair("48213", "90377")])
async def test_what_was_sealed_is_read_again(database: Database, pair: PinPair | None) -> None:
    """For the room that it was sealed for."""
    room_id = uuid4()
    pin, guest_pin = sealed_pins(SEAL, room_id, pair)

    (row,) = await database.sql.fetch(
        "SELECT $1::uuid AS id, $2::text AS pin, $3::text AS guest_pin", room_id, pin, guest_pin
    )

    assert unsealed_pins(SEAL, row) == pair
