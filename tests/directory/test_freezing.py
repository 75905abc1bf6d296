"""What is frozen thaws as it was, and nothing else thaws."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

import asyncpg.pgproto.pgproto
import orjson
import pytest

from policy.directory.freezing import KINDS, freeze, thaw
from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    OrganisationState,
    PermanentRoom,
    Quarantined,
    Reserved,
    RoomState,
    Target,
)
from policy.wire.results import ServiceResult

LEAVING: Final = OrganisationState.LEAVING
NIGHT: Final = datetime(2026, 10, 25, 2, 30, 1, 123456, timezone(timedelta(hours=2)))
PICTURE: Final = UUID(int=77)
SERVICE: Final = ServiceResult.of(
    {"name": "r-1", "pin": "4821", "allow_guests": True, "more": [{"a": None}, 2]}
)
NOTHING: Final = ServiceResult.of({})
CODES: Final = ("clinic-west", "region-north")
TARGETS: Final[tuple[Target, ...]] = (
    PermanentRoom(LEAVING, RoomState.UNUSED_WARNED, SERVICE, "clinic-west", PICTURE, CODES, ("x",)),
    Booking(
        organisation=LEAVING,
        opens_at=NIGHT,
        ends_at=NIGHT.astimezone(UTC),
        closes_at=NIGHT + timedelta(hours=1),
        cancelled=True,
        service=NOTHING,
    ),
    Device(
        organisation=OrganisationState.ACTIVE,
        enabled=True,
        single_sign_on=False,
        without_proof=False,
        username="ward7",
        password="a password",
        in_own_domain=False,
        tags=("ward 7", "æøå"),
    ),
    Quarantined(),
    Reserved(),
)
KEY: Final = AddressKey("700", "example.org")


def entry_of(target: Target | None) -> Entry:
    """Give an entry with everything in it."""
    return Entry(
        own_domain=True,
        target=target,
        valid_until=NIGHT,
        parts=(UUID(int=1), UUID(int=2)),
        address_id=1 << 40,
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: type(each).__name__)
def test_what_is_frozen_thaws_as_it_was(target: Target) -> None:
    """Every field, of the type it had; also those that comparing passes over."""
    for entry in (entry_of(target), Entry(own_domain=False, target=target)):
        (thawed,) = thaw(freeze([(KEY, entry)]))

        assert thawed[0] == KEY
        assert all(
            getattr(thawed[1], each.name) == getattr(entry, each.name)
            for each in dataclasses.fields(entry)
        )
        assert repr(thawed[1]) == repr(entry) or isinstance(target, Booking)


def test_ids_may_be_of_the_databases_driver() -> None:
    """It has a faster class of its own."""
    driven = asyncpg.pgproto.pgproto.UUID(str(PICTURE))
    target = PermanentRoom(LEAVING, RoomState.ACTIVE, NOTHING, picture_id=driven)

    ((_, thawed),) = thaw(freeze([(KEY, Entry(own_domain=True, target=target, parts=(driven,)))]))

    assert thawed == Entry(own_domain=True, target=dataclasses.replace(target, picture_id=PICTURE))
    assert thawed.parts == (PICTURE,)


def test_what_no_record_holds_is_not_frozen() -> None:
    """Better no snapshot than one that thaws as something else."""
    target = PermanentRoom(LEAVING, RoomState.ACTIVE, NOTHING, object())  # type: ignore[arg-type]  # what a fault would leave

    with pytest.raises(TypeError):
        freeze([(KEY, Entry(own_domain=True, target=target))])


def test_every_kind_of_target_is_tried_here() -> None:
    """A new kind of target needs a name, and a field of a new type a reader."""
    assert {type(each) for each in TARGETS} == set(KINDS.values())


def test_that_nobody_owns_an_address_comes_back() -> None:
    """For a bare number it is worth knowing."""
    assert thaw(freeze([(KEY, entry_of(None))])) == [(KEY, entry_of(None))]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[1]",
        b'[["700", "", "room", {}]]',
        b'[["700", "", "spaceship", {"own_domain": true, "target": {}}]]',
    ],
)
def test_what_is_no_frozen_entry_is_refused(text: bytes) -> None:
    """It is known by its shape, and its text is not repeated."""
    if text == b"{}":
        assert thaw(text) == []
        return
    with pytest.raises(ValueError, match=r"^not entries of this version$"):
        thaw(text)


@pytest.mark.parametrize("change", ["more", "fewer", "other-state", "no-moment", "no-target"])
def test_entries_of_another_version_are_refused(change: str) -> None:
    """A field more or less is not guessed at: it may be what closes a room."""
    said = orjson.loads(freeze([(KEY, entry_of(TARGETS[1]))]))
    entry = said[0][3]
    match change:
        case "more":
            entry["target"]["locked"] = True
        case "fewer":
            del entry["target"]["cancelled"]
        case "other-state":
            entry["target"]["organisation"] = "4821"
        case "no-moment":
            entry["target"]["ends_at"] = "4821"
        case _:
            del entry["target"]

    with pytest.raises(ValueError, match=r"^not entries of this version$"):
        thaw(orjson.dumps(said))
