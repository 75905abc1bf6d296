"""Meetings that have been booked: found, changed, cancelled, ended, and noted as running."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson

from policy.directory.pins import DRAWN_LENGTHS, draw_pair
from policy.directory.queries.bookings import (
    ADDRESSES_OF_ROOM,
    CANCEL_MEETING,
    CHANGE_MEETING,
    CHANGE_ROOM_OF_MEETING,
    END_MEETING,
    FIND_BY_EXTERNAL_ID,
    FIND_MEETING,
    LIST_MEETINGS,
    LOCK_MEETING,
    NOTE_RUNNING,
    ROOM_OF_MEETING,
)
from policy.directory.records import ROOM_FIELDS
from policy.directory.sealing import stand_in
from policy.directory.writing.details import details_of, seal_details, unseal_details
from policy.directory.writing.free_text import refuse_cpr
from policy.directory.writing.inheritance import SOURCE_BOOKING
from policy.directory.writing.meeting_pins import (
    chosen_pins,
    sealed_pins,
    unsealed_pins,
)
from policy.directory.writing.meeting_rooms import address_of
from policy.directory.writing.new_bookings import check_times
from policy.directory.writing.values import values_of
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.pins import PinPair
    from policy.directory.records import AddressKey
    from policy.directory.sealing import Seal
    from policy.directory.writing.details import Details

# What is settled for good when a meeting is booked.
_SETTLED: Final = frozenset(
    {"type", "range", "host_pin_required", "guest_pin_required", "host_pins", "guest_pins"}
)
# Values whose column has another name.
_RENAMED: Final[Mapping[str, str]] = {"portal_call_type": "call_type", "type": "service_type"}


@dataclass(frozen=True, slots=True)
class BookingChange:
    """What changes of a meeting; None and what is not named stay as they are.

    `details` and `said` are as in NewBooking. With `new_pins` a pair is drawn, as long as the one
    before it.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    said: Mapping[str, object] = field(default_factory=dict)
    pin: str | None = field(default=None, repr=False)
    guest_pin: str | None = field(default=None, repr=False)
    new_pins: bool = False
    external_id: str | None = None
    project_code: str | None = None
    guest_microphone: str | None = None
    pin_in_link: bool | None = None
    is_long: bool | None = None


async def find_booking(
    connection: Connection, written: str, keys: Sequence[AddressKey]
) -> asyncpg.Record | None:
    """Find a meeting by its id, its short id, or the first of these addresses that is one's.

    If none has them, by the client's own id; raises RefusedError when several have that.
    """
    try:
        booking_id = UUID(written)
    except ValueError:
        booking_id = None
    locals_, domains = [key.local for key in keys], [key.domain for key in keys]
    meeting = await connection.fetchrow(FIND_MEETING, booking_id, written, locals_, domains)
    if meeting is not None:
        return meeting
    rows = await connection.fetch(FIND_BY_EXTERNAL_ID, written)
    if len(rows) > 1:
        raise RefusedError(f"booking {written}: names more than one meeting: use its id")
    return await connection.fetchrow(FIND_MEETING, rows[0]["id"], "", [], []) if rows else None


async def list_bookings(
    connection: Connection,
    *,
    organisation_id: UUID | None = None,
    starting: datetime | None = None,
    ending: datetime | None = None,
    state: str | None = None,
    limit: int,
) -> list[asyncpg.Record]:
    """List meetings of an organisation and those below it that touch a time, the first first."""
    return await connection.fetch(LIST_MEETINGS, organisation_id, starting, ending, state, limit)


async def addresses_of(connection: Connection, meeting: asyncpg.Record) -> tuple[str, ...]:
    """Give every address of a meeting."""
    rows = await connection.fetch(ADDRESSES_OF_ROOM, meeting["room_id"])
    return tuple(address_of(row) for row in rows)


async def room_of(connection: Connection, meeting: asyncpg.Record) -> asyncpg.Record:
    """Give the room of a meeting, its PINs sealed."""
    (room,) = await connection.fetch(ROOM_OF_MEETING, meeting["room_id"])
    return room


def value_of(meeting: asyncpg.Record, room: asyncpg.Record, name: str) -> object:
    """Give what a value of a meeting is, by the name that its source is kept under."""
    has_pins = {"host_pin_required": "pin", "guest_pin_required": "guest_pin"}
    if name in has_pins:
        return room[has_pins[name]] is not None
    service: dict[str, object] = orjson.loads(room["service"])
    if name in service:
        return service[name]
    return {**meeting, **room}.get(_RENAMED.get(name, name))


async def change_booking(
    connection: Connection, seal: Seal, meeting: asyncpg.Record, change: BookingChange
) -> PinPair | None:
    """Change a meeting for whoever calls next; gives its PINs when they are others now."""
    await _lock(connection, meeting, {"planned", "open"}, "it does not change any more")
    meeting = await find_booking(connection, str(meeting["id"]), ()) or meeting  # as it is by then
    for what, text in (("external id", change.external_id), ("project code", change.project_code)):
        refuse_cpr(what, text or "")
    room = await room_of(connection, meeting)
    values = values_of(change.said, service_type=room["service_type"])
    if settled := sorted(_SETTLED & values.ours.keys()):
        raise RefusedError(f"{settled[0]}: is settled when a meeting is booked")
    pair = _pins_after(seal, room, change)
    booking = await _booking_columns(connection, seal, meeting, change)
    for name, value in values.ours.items():
        booking[_RENAMED.get(name, name)] = value
    if values.flat():
        sources = dict.fromkeys(values.flat(), SOURCE_BOOKING)
        booking["sources"] = orjson.loads(meeting["sources"]) | sources
    columns = _room_columns(room, values.service)
    if pair is not None:
        pin, guest_pin = sealed_pins(seal, room["id"], pair)
        columns |= {"pin": pin, "guest_pin": guest_pin, "allow_guests": True}
    if columns:
        await connection.execute(CHANGE_ROOM_OF_MEETING, room["id"], orjson.dumps(columns).decode())
    if booking:
        await connection.execute(CHANGE_MEETING, meeting["id"], orjson.dumps(booking).decode())
    return pair


async def cancel_booking(connection: Connection, meeting: asyncpg.Record) -> None:
    """Cancel a meeting: the next call to it is refused, and its number rests as it was to."""
    await _lock(connection, meeting, {"planned", "open"}, "there is nothing to cancel")
    await connection.execute(CANCEL_MEETING, meeting["id"])


async def end_booking(connection: Connection, meeting: asyncpg.Record) -> None:
    """End a meeting now: nobody may join any more, and who is inside stays there."""
    await _lock(connection, meeting, {"open"}, "only an open meeting can be ended")
    await connection.execute(END_MEETING, meeting["id"])


async def note_running(connection: Connection, service_names: Sequence[str]) -> list[UUID]:
    """Note that the conferences of these rooms run; gives the meetings that may go on for it.

    Whoever knows tells it again every few minutes, else a meeting closes ten minutes after it was
    last told.
    """
    rows = await connection.fetch(NOTE_RUNNING, list(service_names))
    return [row["id"] for row in rows]


async def _lock(
    connection: Connection, meeting: asyncpg.Record, wanted: set[str], otherwise: str
) -> None:
    """Wait for whoever is changing the meeting, and refuse what its state forbids."""
    state = await connection.fetchval(LOCK_MEETING, meeting["id"])
    if state not in wanted:
        raise RefusedError(f"booking {meeting['short_id']}: is {state or 'gone'}, {otherwise}")


def _pins_after(seal: Seal, room: asyncpg.Record, change: BookingChange) -> PinPair | None:
    """Give the pair that is to be, None when it stays."""
    if change.new_pins:
        if room["pin"] is None:
            raise RefusedError("PINs: the meeting has none that could be drawn anew")
        length = min(len(stand_in("pin", room["pin"])), DRAWN_LENGTHS[-1])
        return draw_pair(length, guest=room["guest_pin"] is not None)
    if change.pin is None and change.guest_pin is None:
        return None
    is_whole = change.pin is not None and change.guest_pin is not None
    before = None if is_whole else unsealed_pins(seal, room)
    pin = change.pin or (before.pin if before else None)
    if pin is None:
        raise RefusedError("guest PIN: needs a PIN for hosts beside it")
    guest_pin = change.guest_pin or (before.guest_pin if before else None)
    return chosen_pins(pin, guest_pin, before)


async def _booking_columns(
    connection: Connection, seal: Seal, meeting: asyncpg.Record, change: BookingChange
) -> dict[str, object]:
    columns: dict[str, object] = {
        "starts_at": change.starts_at,
        "ends_at": change.ends_at,
        "long_permitted": change.is_long,
        "external_id": change.external_id,
        "project_code": change.project_code,
        "guest_microphone": change.guest_microphone,
        "guest_pin_required": change.pin_in_link,
    }
    columns = {name: value for name, value in columns.items() if value is not None}
    now = {**meeting, **columns}
    if columns.keys() & {"starts_at", "ends_at", "long_permitted"}:
        await check_times(
            connection, now["starts_at"], now["ends_at"], is_long=now["long_permitted"]
        )
    if change.details:
        before = unseal_details(seal, meeting["sealed_details"])
        columns["sealed_details"] = seal_details(seal, _details_after(before, change.details))
    return columns


def _details_after(before: Details | None, said: Mapping[str, object]) -> Details:
    return details_of({**(before.model_dump() if before else {}), **said})


def _room_columns(room: asyncpg.Record, service: Mapping[str, object]) -> dict[str, object]:
    columns = {name: value for name, value in service.items() if name in ROOM_FIELDS}
    others = {name: value for name, value in service.items() if name not in ROOM_FIELDS}
    if others:
        columns["service"] = orjson.loads(room["service"]) | others
    return columns
