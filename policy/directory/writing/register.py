"""The register of addresses: every dialable string has one owner at a time, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policy.directory.document import key_of
from policy.directory.queries.register import (
    ADDRESSES_OF,
    DESCRIBE,
    DOMAIN_SERVES,
    DRAW,
    FIND_ADDRESS,
    FREE,
    FREE_IF_ENDED,
    HOLD,
    IS_EMERGENCY_NUMBER,
    LEAVE_DEVICE,
    MOVE_TO_ROOM,
    OWNERS_OF,
    QUARANTINE,
    TAKE,
    TAKE_BACK,
)
from policy.directory.records import AddressKey
from policy.directory.writing.free_text import refuse_cpr
from policy.errors import RefusedError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation

# For so long nobody else gets an address: those who still have it written down reach nobody.
QUARANTINE_DAYS: Final = 30

_LOCAL: Final = re.compile(r"[a-z0-9æøå._-]{1,100}")


class AddressState(StrEnum):
    """Where an address stands."""

    FREE = "free"
    HELD = "held"
    ACTIVE = "active"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Address:
    """A row of the register."""

    id: int
    local: str
    domain: str | None
    state: AddressState
    until: datetime | None

    @property
    def alias(self) -> str:
        """What is dialled."""
        return self.local if self.domain is None else f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who gets an address: a permanent room or a device of an organisation."""

    organisation: Organisation
    room_id: UUID | None = None
    device_id: UUID | None = None

    @property
    def kind(self) -> str:
        """The kind of their addresses."""
        return "device" if self.room_id is None else "permanent"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an address is, and what says so: `booking`, `domain`, ...; nobody's: both are empty."""

    alias: str
    organisation: str
    source: str


def alias_of(key: AddressKey) -> str:
    """Give what is dialled for a key."""
    return f"{key.local}@{key.domain}" if key.domain else key.local


def key_if_any(written: str) -> AddressKey:
    """Give the key of an alias, and one that nobody has for what is none."""
    try:
        return key_of(written)
    except RequestError:
        return AddressKey("", "")


async def draw_number(
    connection: Connection, range_id: UUID, room_id: UUID, *, kind: str = "permanent"
) -> list[Address]:
    """Register a number of a range for a room; with a prefix that is two addresses."""
    rows = await connection.fetch(DRAW, range_id, kind, room_id, AddressState.ACTIVE, None)
    return [_address(row) for row in rows]


async def check_chosen(connection: Connection, key: AddressKey, organisation: Organisation) -> None:
    """Refuse an address that nobody may choose for this organisation."""
    alias = alias_of(key)
    if not _LOCAL.fullmatch(key.local):
        raise RefusedError(
            f"address {alias}: needs 1 to 100 letters, digits, '.', '-' or '_' before '@'"
        )
    if key.local.isdigit() and key.local.startswith("0"):
        raise RefusedError(f"address {alias}: no number begins with 0")
    if await connection.fetchval(IS_EMERGENCY_NUMBER, key.local):
        raise RefusedError(f"address {alias}: is an emergency number")
    refuse_cpr("address", key.local)
    if key.domain and not await connection.fetchval(DOMAIN_SERVES, key.domain, organisation.id):
        raise RefusedError(
            f"address {alias}: {key.domain} is no domain of {organisation.called},"
            " and none that it inherits"
        )


async def take(
    connection: Connection, key: AddressKey, holder: Holder, description: str | None = None
) -> Address:
    """Register an address that was chosen; one that is held for the organisation is theirs too.

    Whoever gave an address away gets it back while it is in quarantine.
    """
    await check_chosen(connection, key, holder.organisation)
    await connection.fetchval(FREE_IF_ENDED, key.local, key.domain)
    who = (holder.kind, holder.room_id, holder.device_id)
    owner = holder.organisation.id
    row = await connection.fetchrow(TAKE_BACK, key.local, key.domain, *who, owner, description)
    if row is None:
        row = await connection.fetchrow(TAKE, key.local, key.domain, *who, description)
    if row is None:
        raise await _taken(connection, key)
    return _address(row)


async def _taken(connection: Connection, key: AddressKey) -> RefusedError:
    """Say who has an address; of others' nothing but that they have it."""
    row = await connection.fetchrow(FIND_ADDRESS, key.local, key.domain)
    match row["state"] if row else None:
        case "quarantined":
            until = f" until {row['until']:%Y-%m-%d}" if row and row["until"] else ""
            return RefusedError(f"address {alias_of(key)}: is quarantined{until}")
        case "held":
            return RefusedError(f"address {alias_of(key)}: is held for somebody else")
        case _:
            return RefusedError(f"address {alias_of(key)}: is taken")


async def hold(
    connection: Connection,
    key: AddressKey,
    organisation: Organisation,
    *,
    days: int | None = None,
    description: str | None = None,
) -> Address:
    """Keep an address for an organisation, for some days or until it is freed."""
    await check_chosen(connection, key, organisation)
    await connection.fetchval(FREE_IF_ENDED, key.local, key.domain)
    values = (key.local, key.domain, organisation.id, days, description)
    row = await connection.fetchrow(HOLD, *values)
    if row is None:
        raise await _taken(connection, key)
    return _address(row)


async def free(connection: Connection, key: AddressKey) -> Address:
    """End a hold or a quarantine before its time."""
    found = await get_address(connection, key)
    row = await connection.fetchrow(FREE, found["id"])
    if row is None:
        raise RefusedError(
            f"address {alias_of(key)}: is active, take it from its room or device first"
        )
    return _address(row)


async def get_address(connection: Connection, key: AddressKey) -> asyncpg.Record:
    """Give the row of an address that is not free, and hold it until the end of the transaction."""
    row = await connection.fetchrow(FIND_ADDRESS, key.local, key.domain)
    if row is None:
        raise RefusedError(f"address {alias_of(key)}: nobody has it")
    return row


async def release(
    connection: Connection, ids: Sequence[int], *, days: int = QUARANTINE_DAYS
) -> list[Address]:
    """Take active addresses from whoever has them, and keep them from others for some days."""
    return [_address(row) for row in await connection.fetch(QUARANTINE, ids, days)]


async def release_of_device(
    connection: Connection, device_id: UUID, organisation_id: UUID, *, days: int = QUARANTINE_DAYS
) -> list[Address]:
    """Do the same for a device that is about to go."""
    rows = await connection.fetch(LEAVE_DEVICE, device_id, organisation_id, days)
    return [_address(row) for row in rows]


async def move_to_room(connection: Connection, address_id: int, room_id: UUID) -> None:
    """Give an active address of one permanent room to another."""
    await connection.execute(MOVE_TO_ROOM, address_id, room_id)


async def describe(connection: Connection, address_id: int, description: str | None) -> None:
    """Say what an address is for."""
    await connection.execute(DESCRIBE, address_id, description)


async def addresses_of(
    connection: Connection, *, room_id: UUID | None = None, device_id: UUID | None = None
) -> list[Address]:
    """List what a room or device has, or has had and nobody else may have yet."""
    return [_address(row) for row in await connection.fetch(ADDRESSES_OF, room_id, device_id)]


async def owners_of(
    connection: Connection, keys: Iterable[AddressKey], moment: datetime | None = None
) -> list[Owner]:
    """Say whose each address is, in their order; what nobody has belongs to who has the domain."""
    asked = list(keys)
    locals_, domains = [key.local for key in asked], [key.domain for key in asked]
    rows = await connection.fetch(OWNERS_OF, locals_, domains, moment)
    return [
        Owner(alias_of(key), row["organisation"] or "", row["source"] or "")
        for key, row in zip(asked, rows, strict=True)
    ]


def _address(row: asyncpg.Record) -> Address:
    state = AddressState(row["state"])
    return Address(row["id"], row["local"], row["domain"], state, row["until"])
