"""The room of a meeting: made for it alone, with values that are copied from its templates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import orjson

from policy.directory.document import key_of
from policy.directory.queries.bookings import MAY_CHOOSE_ADDRESSES, PUT_ROOM, ROOM_VALUES
from policy.directory.queries.register import DRAW, FREE_IF_ENDED, TAKE
from policy.directory.records import AddressKey
from policy.directory.writing.meeting_pins import sealed_pins
from policy.directory.writing.register import alias_of, check_chosen
from policy.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.pins import PinPair
    from policy.directory.sealing import Seal
    from policy.directory.writing.inheritance import Resolved
    from policy.directory.writing.organisations import Organisation


_LETTERS_AND_DIGITS: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class MeetingRoom:
    """A room and what it is reached with; PINs are sealed for an id, so that a new one has one."""

    pins: PinPair | None
    addresses: tuple[str, ...] = ()
    id: UUID = field(default_factory=uuid4)


async def put_room(
    connection: Connection,
    seal: Seal,
    organisation_id: UUID,
    room: MeetingRoom,
    resolved: Resolved,
) -> None:
    """Write the room with the values of a meeting; one that was reserved keeps its PINs.

    Guests are welcome where hosts have a PIN, and wait for one where they have none themselves.
    """
    settled = {"service_type": resolved.service_type, "allow_guests": room.pins is not None}
    await connection.execute(
        PUT_ROOM,
        room.id,
        organisation_id,
        *sealed_pins(seal, room.id, room.pins),
        orjson.dumps(resolved.service()).decode(),
        *(settled[name] if name in settled else resolved.get(name) for name in ROOM_VALUES),
    )


async def draw_number(
    connection: Connection, room_id: UUID, resolved: Resolved, *, held_until: datetime | None = None
) -> tuple[str, ...]:
    """Register a number of the range for a room; gives its addresses."""
    numbers = resolved.range
    if numbers is None:
        raise RefusedError(
            "range: no template of the organisation, above it or of the platform names one"
        )
    state = "active" if held_until is None else "held"
    rows = await connection.fetch(DRAW, numbers.id, "booking", room_id, state, held_until)
    return tuple(address_of(row) for row in rows)


async def take_own_address(
    connection: Connection,
    organisation: Organisation,
    room_id: UUID,
    written: str,
    resolved: Resolved,
) -> tuple[str, ...]:
    """Register the address that somebody chose; in the domain of the range unless it names one."""
    key = key_of(written)
    if not key.domain and resolved.range is not None:
        key = AddressKey(key.local, resolved.range.domain)
    if not key.domain:
        raise RefusedError(f"address {key.local}: needs a domain, since no template names a range")
    if not await connection.fetchval(MAY_CHOOSE_ADDRESSES, organisation.id):
        raise RefusedError(
            f"organisation {organisation.called}: its meetings have no own addresses"
        )
    if not _LETTERS_AND_DIGITS.fullmatch(key.local):
        raise RefusedError(f"address {alias_of(key)}: only a to z and 0 to 9 before '@'")
    await check_chosen(connection, key, organisation)
    await connection.fetchval(FREE_IF_ENDED, key.local, key.domain)
    row = await connection.fetchrow(TAKE, key.local, key.domain, "booking", room_id, None, None)
    if row is None:
        raise RefusedError(f"address {alias_of(key)}: is taken")
    return (address_of(row),)


def address_of(row: asyncpg.Record) -> str:
    """Give an address as it is dialled."""
    return alias_of(AddressKey(row["local"], row["domain"] or ""))
