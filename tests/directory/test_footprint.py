"""The estimate is near what Python takes, with everything around an entry."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson
import pytest

from policy.directory.kept import Kept, Term
from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    Found,
    OrganisationState,
    PermanentRoom,
    RoomState,
)
from policy.directory.shelf import MAX_AT_HAND, Bounds, Shelf
from policy.wire.results import ServiceResult
from tests.fakes.caching import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIVE: Final = OrganisationState.ACTIVE
NUMBER: Final = 10_000


def word(text: str) -> str:
    """Give a text that shares nothing, as a row of the database does."""
    return "".join(list(text))


def service(number: int, **more: object) -> ServiceResult:
    """Give a result document as it is read: what is the room's own stands in front."""
    text = orjson.dumps(
        {
            "name": f"r-{number}-abcdefgh",
            "service_tag": "region-north:permanent",
            "description": f"Ward {number} of the hospital, second floor",
            "pin": str(100_000 + number),
            "guest_pin": str(200_000 + number),
            "service_type": "conference",
            "allow_guests": True,
            "max_callrate_in": 2_048_000,
            **more,
        }
    )
    return ServiceResult.parse(bytes(memoryview(text)))


def room(number: int) -> Entry:
    """Give a room as it is read."""
    codes = (word("clinic-west"), word("region-north"))
    target = PermanentRoom(ACTIVE, RoomState.ACTIVE, service(number), codes[0], None, codes)
    return Entry(own_domain=True, target=target, parts=_parts(number), address_id=number)


def odd_room(number: int) -> Entry:
    """Give a room that shares its settings with nobody."""
    called = [{"remote_alias": f"sip:{number}@example.org"}]
    document = service(number, automatic_participants=called)
    target = PermanentRoom(ACTIVE, RoomState.ACTIVE, document, word(f"clinic-{number}"))
    return Entry(own_domain=True, target=target, parts=_parts(number), address_id=number)


def booking(number: int) -> Entry:
    """Give a meeting as it is read."""
    times = [datetime(2026, 5, 4, 10, number % 60, each, number, UTC) for each in (1, 2, 3, 4)]
    target = Booking(
        ACTIVE, times[0], times[1], times[2], cancelled=False, service=service(number), owner="x"
    )
    return Entry(True, target, times[3], _parts(number), number)  # noqa: FBT003  the record's order


def device(number: int) -> Entry:
    """Give a device as it is read."""
    target = Device(
        ACTIVE,
        enabled=True,
        single_sign_on=False,
        without_proof=False,
        username=word(f"user-{number}"),
        password=word(f"password-{number}"),
        picture_id=UUID(int=number + (1 << 100)),
        tags=(word("ward 7"), word("interpreter")),
    )
    return Entry(own_domain=True, target=target, parts=_parts(number), address_id=number)


def nobody(_number: int) -> Entry:
    """Give what nobody owns."""
    return Entry(own_domain=True, target=None)


def _parts(number: int) -> tuple[UUID, ...]:
    """Give a row of its own, and one that it shares with others."""
    return UUID(int=number), UUID(int=(1 << 64) + number % 10)


@pytest.mark.parametrize("make", [room, odd_room, booking, device, nobody])
def test_memory_is_what_the_estimate_says(make: Callable[[int], Entry]) -> None:
    """Within 20 %, after every entry was replaced once as happens in service."""
    clock = Clock()
    shelf = Shelf("owned", Bounds(10 * NUMBER, 10**9), clock)
    tracemalloc.start()
    # What is at hand as records is of a number that does not grow.
    _fill(shelf, clock, make, range(NUMBER, NUMBER + MAX_AT_HAND))
    before_bytes = shelf.bytes
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]

    for _ in range(2):
        _fill(shelf, clock, make, range(NUMBER))
    _fill(shelf, clock, make, range(NUMBER, NUMBER + MAX_AT_HAND))
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert len(shelf) == NUMBER + MAX_AT_HAND
    assert shelf.bytes - before_bytes == pytest.approx(taken, rel=0.2)


def _fill(shelf: Shelf, clock: Clock, make: Callable[[int], Entry], numbers: range) -> None:
    until = clock.now_s + 1000
    term = Term(until, until + 1, until + 2, until + 3)  # all came together
    for number in numbers:
        key = AddressKey(word(str(700_000 + number)), word("rooms.example.org"))
        shelf.put(Kept(key, Found(make(number)), term))
