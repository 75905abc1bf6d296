"""What a template or a booking may say is held against the rules before it is written."""

from __future__ import annotations

import pytest

from policy.directory.pins import PinRange
from policy.directory.writing.values import names_of, pin_range_of, values_of
from policy.errors import RefusedError


def test_ours_and_theirs_are_told_apart() -> None:
    """What is for nodes stands in Pexip's words beside what is ours."""
    values = values_of({"lead_minutes": 15, "view": "one_main_zero_pips", "range": "all"})

    assert values.ours == {"lead_minutes": 15, "range": "all"}
    assert values.service == {"view": "one_main_zero_pips"}
    assert values.flat() == {"lead_minutes": 15, "range": "all", "view": "one_main_zero_pips"}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"lead_minutes": -1}, "lead_minutes: must be at least 0, got -1"),
        ({"type": "webinar"}, "type: 'webinar' is not allowed; known here: conference, lecture"),
        ({"host_pin_required": "yes"}, "host_pin_required: needs true or false, got 'yes'"),
        (
            {"guest_pin_required": True, "host_pin_required": False},
            "guest_pin_required: true needs host_pin_required: true",
        ),
        (
            {"guest_pins": "1000-2000"},
            "guest_pins: needs host_pins beside it, the two go together",
        ),
        (
            {"host_pins": "100-200"},
            "host_pins: a range of PINs is LOW-HIGH, each of 4 to 9 digits, as in 10000-99999",
        ),
        (
            {"host_pins": "1000-9999", "guest_pins": "10000-20000"},
            "PIN ranges: all of their PINs must have the same length, 4 to 9 digits",
        ),
        (
            {"host_pins": "1111-1115"},
            "PIN ranges: no two PINs of them are different enough and not trivial",
        ),
        ({"host_pins": "9999-1000"}, "PIN range: its lowest PIN is above its highest"),
        (
            {"return_url": "http://example.org"},
            ("return_url: a link begins with https:// and has at most 200 characters, no spaces"),
        ),
        ({"viev": "x"}, "viev: is no value of a conference, did you mean 'view'?"),
        ({"pin": "4821"}, "pin: is for each room to say"),
        (
            {"participant_limit": -1},
            "participant_limit: input should be greater than or equal to 0",
        ),
    ],
)
def test_what_is_wrong_is_said(said: dict[str, object], text: str) -> None:
    """The name, what is wrong, and what would be right."""
    with pytest.raises(RefusedError) as caught:
        values_of(said)

    assert str(caught.value) == text


def test_a_lecture_has_other_names() -> None:
    """The type that is said counts, else the one that is inherited."""
    assert values_of({"type": "lecture", "host_view": "one_main_zero_pips"}).service
    assert values_of({"host_view": "one_main_zero_pips"}, service_type="lecture").service
    with pytest.raises(RefusedError, match="host_view: is no value of a conference"):
        values_of({"host_view": "one_main_zero_pips"})
    assert "view" not in names_of("lecture")
    assert "pin" not in names_of("conference")


def test_a_range_of_pins_is_read() -> None:
    """Both ends are in it."""
    assert pin_range_of("1000-9999") == PinRange(1000, 9999)
