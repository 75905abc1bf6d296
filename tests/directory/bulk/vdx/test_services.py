"""Words of VDX become words of the platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from policy.directory.bulk.vdx.claims import Claims
from policy.directory.bulk.vdx.notes import Notes, Origin
from policy.directory.bulk.vdx.rows import Wishes, Work
from policy.directory.bulk.vdx.services import Spoken, address_of, pins_of, service_of

HERE: Final = Origin("a.csv", 1)
NOTHING: Final = Spoken(*(None,) * 12)


@pytest.fixture
def work() -> Work:
    """Begin a conversion that knows one theme."""
    notes = Notes()
    wishes = Wishes(datetime(2026, 1, 1, tzinfo=UTC), {"/theme/3/": "Region"})
    return Work(wishes, Claims(set(), notes), notes)


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        (replace(NOTHING, max_participants=0), "participant_limit", None),
        (replace(NOTHING, max_participants=12), "participant_limit", 12),
        (replace(NOTHING, enable_chat=False), "enable_chat", "no"),
        (replace(NOTHING, force_encryption=True), "crypto_mode", "on"),
        (replace(NOTHING, force_encryption=False), "crypto_mode", None),
        (replace(NOTHING, theme="/theme/3/"), "ivr_theme_name", "Region"),
        (replace(NOTHING, host_view="nine_mains_zero_pips"), "view", "nine_mains_zero_pips"),
    ],
)
def test_what_fits_is_said_in_other_words(
    work: Work, said: Spoken, field: str, value: object
) -> None:
    """And nothing is told of it."""
    assert service_of(work, said, HERE, "room")[field] == value
    assert work.notes.notes == []


def test_a_presenter_is_forced_in_lectures_alone(work: Work) -> None:
    """A conference does not know the field."""
    forced = replace(NOTHING, force_presenter_into_main=True)
    assert "force_presenter_into_main" not in service_of(work, forced, HERE, "room")
    lecture = replace(forced, type="lecture")
    assert service_of(work, lecture, HERE, "room")["force_presenter_into_main"] is True


def test_what_was_done_about_pins_is_told(work: Work) -> None:
    """Trivial ones are kept and told; the texts hold none."""
    assert pins_of(work, "1111", None, HERE, "room") == {"pin": "1111", "guest_pin": None}
    assert [str(note) for note in work.notes.notes] == [
        "a.csv:1: kept: room: host PIN kept, though it is trivial"
    ]


def test_addresses_of_pages(work: Work) -> None:
    """One that is none, or too long, is dropped."""
    assert address_of(work, None, 10, HERE, "x") is None
    assert address_of(work, "https://a", 10, HERE, "x") == "https://a"
    assert address_of(work, "https://abcdef", 10, HERE, "x") is None
    assert address_of(work, "ftp://a", 10, HERE, "x") is None
    assert len(work.notes.notes) == 2
