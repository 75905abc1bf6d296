"""One thing is told as lines for people or as an object for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from policy.cli.bookings.meetings import pins_told, tell
from policy.directory.pins import PinPair

if TYPE_CHECKING:
    import pytest


def test_people_read_lines_and_programs_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """The same words in both."""
    told = {"booked": 7, "addresses": ("7001@example.org", "7001"), "host PIN": "48213"}

    tell(told, as_json=False)
    tell(told, as_json=True)

    lines, _, objects = capsys.readouterr().out.rpartition("\n{")
    assert lines == "booked: 7\naddresses: 7001@example.org, 7001\nhost PIN: 48213"
    assert json.loads("{" + objects) == {
        "booked": 7,
        "addresses": ["7001@example.org", "7001"],
        "host_pin": "48213",
    }


def test_only_pins_that_are_there_are_told() -> None:
    """A meeting may have none, or one for hosts."""
    assert pins_told(None) == {}
    assert pins_told(PinPair("48213")) == {"host PIN": "48213"}
    assert pins_told(PinPair("48213", "90377")) == {"host PIN": "48213", "guest PIN": "90377"}
