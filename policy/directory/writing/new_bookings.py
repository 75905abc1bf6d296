"""Books a meeting: its room, its PINs, its address, all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import orjson

from policy.directory.queries.bookings import ADD_MEETING, FIND_USER, IS_OVER
from policy.directory.writing.details import seal_details
from policy.directory.writing.free_text import refuse_cpr
from policy.directory.writing.inheritance import Resolved, resolve
from policy.directory.writing.meeting_pins import pins_for
from policy.directory.writing.meeting_rooms import (
    MeetingRoom,
    draw_number,
    put_room,
    take_own_address,
)
from policy.directory.writing.reservations import take_reservation
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.connection import Connection
    from policy.directory.pins import PinPair
    from policy.directory.sealing import Seal
    from policy.directory.writing.details import Details
    from policy.directory.writing.organisations import Organisation

LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewBooking:
    """What is said of a meeting when it is booked; what is not said comes from its templates."""

    organisation: Organisation
    details: Details
    starts_at: datetime
    ends_at: datetime
    template: str | None = None
    said: Mapping[str, object] = field(default_factory=dict)
    id: UUID | None = None
    own_address: str | None = None
    reservation_id: UUID | None = None
    pin: str | None = field(default=None, repr=False)
    guest_pin: str | None = field(default=None, repr=False)
    organiser: str | None = field(default=None, repr=False)
    external_id: str | None = None
    project_code: str | None = None
    guest_microphone: str = "on"
    pin_in_link: bool = False  # whether the short link asks guests for the PIN
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """A meeting that has been booked, as whoever booked it is told."""

    id: UUID
    short_id: str
    addresses: tuple[str, ...]
    pins: PinPair | None
    opens_at: datetime
    ends_at: datetime


async def create_booking(connection: Connection, seal: Seal, new: NewBooking) -> Booked:
    """Book a meeting; raises RefusedError, and then nothing of it may be kept."""
    for what, text in (("external id", new.external_id), ("project code", new.project_code)):
        refuse_cpr(what, text or "")
    await check_times(connection, new.starts_at, new.ends_at, is_long=new.is_long)
    organiser = await _organiser_id(connection, new)
    resolved = await resolve(connection, new.organisation.id, new.template, new.said)
    room = await _room_for(connection, seal, new, resolved)
    lead = _whole(resolved.get("lead_minutes"))
    booking_id = new.id or uuid4()
    short_id: str = await connection.fetchval(
        ADD_MEETING,
        booking_id,
        room.id,
        new.organisation.id,
        new.starts_at,
        new.ends_at,
        lead,
        resolved.get("end_meeting_on_end_time"),
        new.is_long,
        seal_details(seal, new.details),
        organiser,
        new.project_code,
        new.external_id,
        new.guest_microphone,
        new.pin_in_link,
        resolved.get("custom_portal_guest"),
        resolved.get("custom_portal_host"),
        resolved.get("return_url"),
        resolved.get("portal_call_type"),
        orjson.dumps(resolved.sources()).decode(),
    )
    opens_at = new.starts_at.astimezone(UTC) - timedelta(minutes=lead)
    return Booked(booking_id, short_id, room.addresses, room.pins, opens_at, new.ends_at)


async def check_times(
    connection: Connection, starts_at: datetime, ends_at: datetime, *, is_long: bool
) -> None:
    """Hold the times of a meeting against the rules; raises RefusedError."""
    # Times of one zone are compared as clocks on a wall, which show an hour twice.
    lasts = ends_at.astimezone(UTC) - starts_at.astimezone(UTC)
    if lasts <= timedelta(0):
        raise RefusedError("ends: must be after starts")
    if lasts > LONGEST and not is_long:
        raise RefusedError("ends: more than 24 hours after starts, which has to be permitted: long")
    if await connection.fetchval(IS_OVER, ends_at):
        raise RefusedError("ends: is over already by the clock of the database")


async def _room_for(
    connection: Connection, seal: Seal, new: NewBooking, resolved: Resolved
) -> MeetingRoom:
    if new.reservation_id is not None:
        if new.pin is not None or new.guest_pin is not None or new.own_address is not None:
            raise RefusedError("reservation: comes with PINs and a number, none can be chosen")
        held = await take_reservation(connection, seal, new.organisation.id, new.reservation_id)
        await put_room(connection, seal, new.organisation.id, held, resolved)
        return held
    room = MeetingRoom(pins_for(resolved, new.pin, new.guest_pin))
    await put_room(connection, seal, new.organisation.id, room, resolved)
    if new.own_address is None:
        addresses = await draw_number(connection, room.id, resolved)
    else:
        addresses = await take_own_address(
            connection, new.organisation, room.id, new.own_address, resolved
        )
    return MeetingRoom(room.pins, addresses, room.id)


async def _organiser_id(connection: Connection, new: NewBooking) -> UUID | None:
    if new.organiser is None:
        return None
    found: UUID | None = await connection.fetchval(FIND_USER, new.organisation.id, new.organiser)
    if found is None:
        raise RefusedError("organiser: is no user of the organisation")
    return found


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
