"""What is packed comes out as it went in, and what many share is there once."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.packing import Frames, Packed, address_id_of, pack, row_of, unpack
from policy.directory.records import (
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

TEXT: Final = st.text(max_size=10)
TAGS: Final = st.lists(TEXT, max_size=2).map(tuple)
IDS: Final = st.uuids()
MOMENTS: Final = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))]))
SERVICES: Final = st.dictionaries(
    st.sampled_from(["name", "pin", "service_type", "service_tag", "description"]) | TEXT,
    TEXT | st.integers(0, 99) | st.none() | st.dictionaries(TEXT, TEXT, max_size=1),
    max_size=6,
).map(ServiceResult.of)
ROOMS: Final = st.builds(
    PermanentRoom,
    st.sampled_from(OrganisationState),
    st.sampled_from(RoomState),
    SERVICES,
    TEXT,
    st.none() | IDS,
    TAGS,
    TAGS,
)
BOOKINGS: Final = st.builds(
    Booking,
    st.sampled_from(OrganisationState),
    MOMENTS,
    MOMENTS,
    MOMENTS,
    st.booleans(),
    SERVICES,
    TEXT,
    st.none() | IDS,
    TAGS,
    TAGS,
)
ENTRIES: Final = st.builds(
    Entry,
    st.booleans(),
    ROOMS | BOOKINGS,
    st.none() | MOMENTS,
    st.lists(IDS, min_size=1, max_size=3).map(tuple),
    st.none() | st.integers(0, 2**63 - 1),
)
PEOPLE: Final = {"name": "r-1", "pin": "4821", "service_type": "conference", "allow_guests": True}


def packed(entry: Entry) -> Packed:
    """Pack what can be packed."""
    result = pack(entry)
    assert result is not None
    return result


def room(number: int, **more: object) -> Entry:
    """Give a room of an organisation."""
    service = ServiceResult.of({**PEOPLE, "name": f"r-{number}", **more})
    target = PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, service, "region-north")
    return Entry(own_domain=True, target=target, parts=(UUID(int=number), UUID(int=1)))


@given(ENTRIES)
def test_what_is_packed_comes_out_as_it_went_in(entry: Entry) -> None:
    """Every field, also those that comparing passes over."""
    result = packed(entry)

    got = unpack(*result)

    assert got == entry
    assert all(
        getattr(got, each.name) == getattr(entry, each.name) for each in dataclasses.fields(entry)
    )
    assert row_of(result.own) == entry.parts[0].bytes
    assert address_id_of(result.own) == entry.address_id


@pytest.mark.parametrize(
    "target",
    [
        None,
        Quarantined(),
        Reserved(),
        Device(OrganisationState.ACTIVE, True, False, True, "", ""),  # noqa: FBT003  its order
    ],
)
def test_other_entries_are_left_as_they_are(target: Target | None) -> None:
    """So is a room without a row, which no database gives."""
    assert pack(Entry(own_domain=True, target=target, parts=(UUID(int=1),))) is None
    assert pack(dataclasses.replace(room(1), parts=())) is None


def test_rooms_with_the_same_settings_share_them() -> None:
    """What differs is what stands in front: the name and the PINs."""
    one, other, third = packed(room(1)), packed(room(2)), packed(room(3, allow_guests=False))

    assert (one.frame, one.rest) == (other.frame, other.rest)
    assert one.own != other.own
    assert third.frame == one.frame
    assert third.rest != one.rest


def test_a_shared_part_is_held_until_nobody_uses_it() -> None:
    """Its bytes count once, and the rows that it is made of are known as long."""
    frames, rows = Frames(), {UUID(int=1), UUID(int=2)}
    one, other = packed(room(1)), packed(room(2))

    held = [frames.hold(each.frame, each.rest) for each in (one, other)]
    size_bytes = frames.size_bytes
    frames.release(*held[0])
    known = frames.in_use(rows), frames.ids_of(rows), frames.size_bytes
    frames.release(*held[1])

    assert held[0][0] is held[1][0]
    assert held[0][1] is held[1][1]
    assert known == ({UUID(int=1)}, frozenset({id(held[0][0])}), size_bytes)
    assert not frames.in_use(rows)
    assert not frames.ids_of(rows)
    assert frames.size_bytes == 0


@pytest.mark.parametrize("state", [RoomState.ACTIVE, None])
def test_what_can_be_told_from_elsewhere_is_not_kept(state: RoomState | None) -> None:
    """The name and the tag that a room has unless somebody chooses others."""
    row, moment = UUID(int=7), datetime(2026, 5, 4, 10, tzinfo=UTC)
    kind = "booking" if state is None else "permanent"
    usual = {"name": f"r-{row}", "service_tag": f"north:{kind}", "pin": "4821", "service_type": "x"}
    entries = []
    for service in map(ServiceResult.of, (usual, {**usual, "service_tag": "north:chosen"})):
        target = (
            Booking(OrganisationState.ACTIVE, moment, moment, moment, False, service, "north")  # noqa: FBT003  its order
            if state is None
            else PermanentRoom(OrganisationState.ACTIVE, state, service, "north")
        )
        entries.append(Entry(own_domain=True, target=target, parts=(row,)))

    results = [packed(each) for each in entries]

    assert [unpack(*each) for each in results] == entries
    assert [b"north" in each.own for each in results] == [False, True]
    assert len(results[0].own) < len(results[1].own) - 60


def test_a_moment_is_kept_to_the_microsecond() -> None:
    """A meeting does not open earlier because it is packed."""
    moment = datetime(2026, 10, 25, 2, 30, 1, 999_999, timezone(timedelta(hours=2)))
    target = Booking(
        OrganisationState.ACTIVE,
        moment,
        moment,
        moment,
        cancelled=False,
        service=ServiceResult.of(PEOPLE),
    )
    result = packed(Entry(own_domain=True, target=target, parts=(UUID(int=1),)))

    got = unpack(*result).target

    assert isinstance(got, Booking)
    assert got.opens_at == got.closes_at == moment
