"""Permanent rooms: made, changed, and led through their life; their addresses and their PINs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import orjson
from pydantic import ValidationError

from policy.directory.document import RoomRow, key_of
from policy.directory.pins import PinPair, draw_pair, is_trivial
from policy.directory.queries.rooms import (
    ADD_ROOM,
    CHANGE_ROOM,
    FIND_ROOM,
    FIND_TEMPLATE,
    LIST_ROOMS,
    SET_STATE,
)
from policy.directory.records import ROOM_FIELDS, RoomState
from policy.directory.sealing import PIN_COLUMNS, stand_in
from policy.directory.writing.free_text import refuse_cpr
from policy.directory.writing.inheritance import get_range
from policy.directory.writing.register import (
    QUARANTINE_DAYS,
    Address,
    AddressState,
    Holder,
    addresses_of,
    alias_of,
    check_chosen,
    draw_number,
    get_address,
    key_if_any,
    move_to_room,
    release,
    take,
)
from policy.errors import RefusedError
from policy.wire.fields import PIN_TEXT, AddressText
from policy.wording import did_you_mean, worded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.records import AddressKey
    from policy.directory.sealing import Seal
    from policy.directory.writing.organisations import Organisation

# What a row of a directory file and a row of the table call differently.
_RENAMED: Final[Mapping[str, str]] = {"service_type": "type"}
_KEPT_AS_THEY_ARE: Final = ("service_name", "service_tag", "listed", "template")
_CLEARABLE: Final = frozenset(
    RoomRow.model_fields.keys()
    - {"organisation", "aliases", "state", "service_name", "type", "service", "picture"}
)


class RoomText(RoomRow):
    """A room as a directory file would have it; one that draws a number has no alias yet."""

    aliases: tuple[AddressText, ...] = ()


class PinChoice(StrEnum):
    """Which PINs are drawn; what is given is never drawn."""

    PAIR = "pair"
    HOST = "host"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NewRoom:
    """What is said of a room when it is made: keys of a directory file, and where its number is."""

    organisation: Organisation
    said: Mapping[str, object] = field(repr=False)
    range: str | None = None
    draw: PinChoice = PinChoice.PAIR


@dataclass(frozen=True, slots=True)
class Room:
    """A permanent room as it stands."""

    id: UUID
    organisation_id: UUID
    organisation: str
    name: str
    state: RoomState
    row: asyncpg.Record = field(repr=False)


@dataclass(frozen=True, slots=True)
class RoomChange:
    """What changes in a room; what is not named stays."""

    said: Mapping[str, object] = field(default_factory=dict, repr=False)
    clear: Sequence[str] = ()
    organisation: Organisation | None = None
    draw: PinChoice = PinChoice.NONE


@dataclass(frozen=True, slots=True)
class Created:
    """A room that has been made, as whoever made it is told."""

    id: UUID
    name: str
    addresses: Sequence[Address]
    pins: PinPair | None


async def create_room(connection: Connection, seal: Seal, new: NewRoom) -> Created:
    """Make a room with its addresses; raises RefusedError, and then nothing of it may be kept."""
    said = _with_pins(new.said, new.draw)
    text = _read({**said, "organisation": new.organisation.called})
    if not text.aliases and new.range is None:
        raise RefusedError("room: needs an alias, or a number range to draw one from")
    room_id, name = uuid4(), text.service_name or f"r-{uuid4()}"
    template = await _template_id(connection, new.organisation.id, text.template)
    document = _document(text, name, template, _sealed(seal, room_id, text))
    await connection.execute(ADD_ROOM, room_id, new.organisation.id, text.state, document)
    addresses: list[Address] = []
    if new.range is not None:
        found = await get_range(connection, new.organisation.id, new.range)
        addresses += await draw_number(connection, found.id, room_id)
    holder = Holder(new.organisation, room_id=room_id)
    for alias in text.aliases:
        addresses.append(await take(connection, key_of(alias), holder))
    return Created(room_id, name, addresses, _pins_of(text))


async def change_room(
    connection: Connection, seal: Seal, room: Room, change: RoomChange
) -> PinPair | None:
    """Set and empty what is named; its addresses stay. Gives its PINs if they have changed."""
    changes = _changes(room, change)
    if change.organisation is not None and room.row["template"] and "template" not in changes:
        raise RefusedError(
            f"room {room.name}: its template stays with {room.organisation}:"
            " name another one, or clear it"
        )
    text = _read(_values_of(room, seal, changes) | changes)
    owner_id = change.organisation.id if change.organisation else room.organisation_id
    template = room.row["template_id"]
    if "template" in changes:
        template = await _template_id(connection, owner_id, text.template)
    has_new_pins = _has_new_pins(changes)
    pins: dict[str, str | None] = {
        which: None if which in changes else room.row[which] for which in PIN_COLUMNS
    }
    if has_new_pins:
        pins = _sealed(seal, room.id, text)
    document = _document(text, text.service_name or room.name, template, pins)
    await connection.execute(CHANGE_ROOM, room.id, owner_id, document)
    return _pins_of(text) if has_new_pins else None


def _changes(room: Room, change: RoomChange) -> dict[str, object]:
    """Give the keys that change, with their new values; fields of the service are one key."""
    changes = _with_pins(change.said, change.draw)
    service: dict[str, object] = orjson.loads(room.row["service"])
    if isinstance(further := changes.pop("service", None), dict):
        service |= further
    for key in change.clear:
        if key in service:
            del service[key]
        elif key in _CLEARABLE:
            changes[key] = RoomText.model_fields[key].default
        else:
            known = did_you_mean(key, sorted({*_CLEARABLE, *service}))
            raise RefusedError(f"room {room.name}: {key!r} cannot be cleared{known}")
    return changes | {"service": service}


def _with_pins(said: Mapping[str, object], draw: PinChoice) -> dict[str, object]:
    """Draw the PINs that are to be drawn; those that a person gave must not be trivial."""
    for which in PIN_COLUMNS:
        pin = said.get(which)
        if isinstance(pin, str) and PIN_TEXT.fullmatch(pin) and is_trivial(pin):
            raise RefusedError(f"{which}: is among the first that a stranger would try")
    if draw is PinChoice.NONE:
        return dict(said)
    pair = draw_pair(guest=draw is PinChoice.PAIR)
    return {**said, "pin": pair.pin, "guest_pin": pair.guest_pin}


def _read(said: Mapping[str, object]) -> RoomText:
    """Hold what was said against the wire's types, as a directory file is; raises RefusedError."""
    try:
        text = RoomText.model_validate(said)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        problem = worded(error, RoomText.model_json_schema())
        raise RefusedError(f"room: {problem.text}") from None  # its cause may show a PIN
    refuse_cpr("description", text.description or "")
    for tag in text.tags:
        refuse_cpr("tag", tag)
    return text


def _sealed(seal: Seal, room_id: UUID, text: RoomText) -> dict[str, str | None]:
    """Seal both PINs: they are compared by a mark of one key."""
    given = {"pin": text.pin, "guest_pin": text.guest_pin}
    return {
        which: seal.seal_pin(room_id, which, pin) if (pin := given[which]) is not None else None
        for which in PIN_COLUMNS
    }


def _pins_of(text: RoomText) -> PinPair | None:
    return PinPair(text.pin, text.guest_pin) if text.pin is not None else None


def _document(
    text: RoomText, name: str, template: UUID | None, pins: Mapping[str, str | None]
) -> str:
    columns = {
        **text.fields(),
        **pins,
        "service_name": name,
        "service_tag": text.service_tag,
        "listed": text.listed,
        "template_id": str(template) if template is not None else None,
        "service": text.service,
        "tags": text.tags,
    }
    return orjson.dumps(columns).decode()


async def _template_id(
    connection: Connection, organisation_id: UUID, name: str | None
) -> UUID | None:
    if name is None:
        return None
    found: UUID | None = await connection.fetchval(FIND_TEMPLATE, organisation_id, name)
    if found is None:
        raise RefusedError(f"template {name!r}: is none of this organisation")
    return found


def _has_new_pins(changes: Mapping[str, object]) -> bool:
    return any(changes.get(which) is not None for which in PIN_COLUMNS)


def _values_of(room: Room, seal: Seal, changes: Mapping[str, object]) -> dict[str, object]:
    """Give what a directory file would say of a room before it changes; its aliases apart.

    A PIN is opened only where it stays beside a new one: a room can be mended whose key is lost.
    """
    row = room.row
    values = {_RENAMED.get(name, name): row[name] for name in ROOM_FIELDS}
    for which in PIN_COLUMNS:
        if row[which] is not None and which not in changes:
            values[which] = (
                seal.unseal_pin(room.id, which, row[which])
                if _has_new_pins(changes)
                else stand_in(which, row[which])
            )
    values |= {name: row[name] for name in _KEPT_AS_THEY_ARE}
    values |= {"service": orjson.loads(row["service"]), "tags": tuple(row["tags"])}
    return values | {"organisation": room.organisation, "state": room.state}


async def get_room(connection: Connection, written: str) -> Room:
    """Give the room of this id, this name on the platform, or this alias, and hold it."""
    key = key_if_any(written)
    row = await connection.fetchrow(FIND_ROOM, written, key.local, key.domain)
    if row is None:
        raise RefusedError(f"room {written}: no permanent room has this alias, name or id")
    return Room(
        id=row["id"],
        organisation_id=row["organisation_id"],
        organisation=row["organisation"],
        name=row["service_name"],
        state=RoomState(row["state"]),
        row=row,
    )


async def set_state(connection: Connection, room: Room, state: RoomState) -> None:
    """Take a step of the life of a room; the database refuses any other step."""
    await connection.execute(SET_STATE, room.id, state)


async def delete_room(
    connection: Connection, room: Room, *, days: int = QUARANTINE_DAYS
) -> list[Address]:
    """End a room that was retired, and quarantine its addresses."""
    if room.state not in {RoomState.RETIRED, RoomState.DRAFT}:
        raise RefusedError(f"room {room.name}: is {room.state}, retire it first")
    await set_state(connection, room, RoomState.DELETED)
    ids = [each.id for each in await addresses_of(connection, room_id=room.id)]
    return await release(connection, ids, days=days)


async def list_rooms(
    connection: Connection,
    organisation: Organisation | None,
    state: RoomState | None,
    limit: int,
) -> list[asyncpg.Record]:
    """List the rooms of an organisation and of those below it; deleted ones only by their state."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_ROOMS, asked, state, limit)


async def remove_alias(
    connection: Connection, key: AddressKey, *, days: int = QUARANTINE_DAYS
) -> list[Address]:
    """Take an address from its permanent room, which keeps at least one."""
    row = await _address_of_a_room(connection, key)
    if await _is_last(connection, row):
        raise RefusedError(
            f"address {alias_of(key)}: is the last one of its room, retire the room instead"
        )
    return await release(connection, [row["id"]], days=days)


async def move_alias(
    connection: Connection, key: AddressKey, room: Room, organisation: Organisation
) -> None:
    """Give an address of one permanent room to another, which belongs to the organisation."""
    row = await _address_of_a_room(connection, key)
    await check_chosen(connection, key, organisation)
    if row["room_id"] != room.id and await _is_last(connection, row):
        raise RefusedError(
            f"address {alias_of(key)}: is the last one of its room, give that another one first"
        )
    await move_to_room(connection, row["id"], room.id)


async def _address_of_a_room(connection: Connection, key: AddressKey) -> asyncpg.Record:
    row = await get_address(connection, key)
    if row["kind"] != "permanent" or row["state"] != AddressState.ACTIVE:
        raise RefusedError(f"address {alias_of(key)}: is not one of a permanent room in use")
    return row


async def _is_last(connection: Connection, address: asyncpg.Record) -> bool:
    addresses = await addresses_of(connection, room_id=address["room_id"])
    active = [each for each in addresses if each.state is AddressState.ACTIVE]
    return len(active) == 1
