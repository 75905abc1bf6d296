"""A held number and its pair of PINs, until somebody books with it or its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.directory.queries.bookings import (
    ADD_RESERVATION,
    KEEP_HELD_ADDRESSES,
    ROOM_OF_MEETING,
    TAKE_RESERVATION,
)
from policy.directory.writing.inheritance import resolve
from policy.directory.writing.meeting_pins import pins_for, unsealed_pins
from policy.directory.writing.meeting_rooms import MeetingRoom, address_of, draw_number, put_room
from policy.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from policy.directory.connection import Connection
    from policy.directory.pins import PinPair
    from policy.directory.sealing import Seal

DEFAULT_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Reserved:
    """What has been put aside, and until when."""

    id: UUID
    addresses: tuple[str, ...]
    pins: PinPair | None
    until: datetime


async def reserve(
    connection: Connection,
    seal: Seal,
    organisation_id: UUID,
    template: str | None = None,
    *,
    hours: int = DEFAULT_HOURS,
) -> Reserved:
    """Hold a number and a pair of PINs as the template wants them; nobody answers there yet."""
    resolved = await resolve(connection, organisation_id, template)
    room = MeetingRoom(pins_for(resolved, None, None))
    await put_room(connection, seal, organisation_id, room, resolved)
    (row,) = await connection.fetch(ADD_RESERVATION, organisation_id, room.id, hours)
    addresses = await draw_number(connection, room.id, resolved, held_until=row["until"])
    return Reserved(row["id"], addresses, room.pins, row["until"])


async def take_reservation(
    connection: Connection, seal: Seal, organisation_id: UUID, reservation_id: UUID
) -> MeetingRoom:
    """Give the room that was held, its addresses active from now on; raises RefusedError."""
    room_id = await connection.fetchval(TAKE_RESERVATION, reservation_id, organisation_id)
    rows = await connection.fetch(KEEP_HELD_ADDRESSES, room_id)
    if not rows:  # without a room there are none either
        raise RefusedError(
            f"reservation {reservation_id}: is none of the organisation, or is over or used"
        )
    (room,) = await connection.fetch(ROOM_OF_MEETING, room_id)
    addresses = tuple(sorted(map(address_of, rows), key=lambda each: ("@" not in each, each)))
    return MeetingRoom(unsealed_pins(seal, room), addresses, room_id)
