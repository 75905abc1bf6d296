"""Devices and soft clients: who they are, and how they prove it when they register."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import ValidationError

from policy.directory.document import DeviceRow, key_of
from policy.directory.queries.devices import (
    ADD_DEVICE,
    CHANGE_DEVICE,
    FIND_DEVICE,
    LIST_DEVICES,
    REMOVE_DEVICE,
    SET_ENABLED,
)
from policy.directory.writing.free_text import refuse_cpr
from policy.directory.writing.register import (
    QUARANTINE_DAYS,
    Address,
    Holder,
    addresses_of,
    key_if_any,
    release_of_device,
    take,
)
from policy.errors import RefusedError
from policy.wording import worded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.sealing import Seal
    from policy.directory.writing.organisations import Organisation

# Typed once into a device with a remote control: letters and digits that cannot be mistaken for
# one another, 79 bits of them.
DRAWN_FROM: Final = "abcdefghjkmnpqrstuvwxyz23456789"
DRAWN_CHARACTERS: Final = 16
MAX_OWNER_EMAIL: Final = 200
_CHANGED: Final = (
    "description",
    "username",
    "single_sign_on",
    "without_proof",
    "enabled",
    "listed",
    "tags",
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it stands."""

    id: UUID
    organisation_id: UUID
    organisation: str
    is_enabled: bool
    row: asyncpg.Record = field(repr=False)


def draw_password() -> str:
    """Draw a password for a device."""
    return "".join(secrets.choice(DRAWN_FROM) for _ in range(DRAWN_CHARACTERS))


async def create_device(
    connection: Connection,
    seal: Seal,
    organisation: Organisation,
    said: Mapping[str, object],
    owner_email: object = None,
) -> Address:
    """Make a device; `said` has the keys of a directory file. Gives its address."""
    text = _read({**said, "organisation": organisation.called})
    sealed = seal.seal(text.password) if text.password is not None else None
    document = _document(text, sealed, _checked_email(owner_email))
    device_id: UUID = await connection.fetchval(ADD_DEVICE, organisation.id, document)
    return await take(connection, key_of(text.alias), Holder(organisation, device_id=device_id))


async def change_device(
    connection: Connection,
    seal: Seal,
    device: Device,
    changes: Mapping[str, object],
    *,
    organisation: Organisation | None = None,
) -> None:
    """Set what is named, None empties it; its address stays."""
    row, changes = device.row, dict(changes)
    owner_email = _checked_email(changes.pop("owner_email", row["owner_email"]))
    keeps_password = row["sealed_password"] is not None and "password" not in changes
    before = {name: row[name] for name in _CHANGED}
    # One that is not changed is not opened: it only must be there.
    before["password"] = "kept" if keeps_password else None
    alias = next(each.alias for each in await addresses_of(connection, device_id=device.id))
    frame = {"organisation": device.organisation, "alias": alias}
    text = _read(frame | before | changes)
    sealed = row["sealed_password"] if keeps_password else None
    if not keeps_password and text.password is not None:
        sealed = seal.seal(text.password)
    document = _document(text, sealed, owner_email)
    owner_id = organisation.id if organisation is not None else device.organisation_id
    await connection.execute(CHANGE_DEVICE, device.id, owner_id, document)


def _read(said: Mapping[str, object]) -> DeviceRow:
    """Hold what was said against the rules of a directory file; raises RefusedError."""
    try:
        text = DeviceRow.model_validate(said)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        problem = worded(error, DeviceRow.model_json_schema())
        raise RefusedError(f"device: {problem.text}") from None  # its cause may show a password
    refuse_cpr("description", text.description or "")
    for tag in text.tags:
        refuse_cpr("tag", tag)
    return text


def _checked_email(written: object) -> str | None:
    if written is None:
        return None
    if not isinstance(written, str) or not 1 <= len(written) <= MAX_OWNER_EMAIL:
        raise RefusedError(f"device: owner's e-mail: 1 to {MAX_OWNER_EMAIL} characters")
    refuse_cpr("owner's e-mail", written)
    return written


def _document(text: DeviceRow, sealed: str | None, owner_email: str | None) -> str:
    said = {name: getattr(text, name) for name in _CHANGED}
    return orjson.dumps(said | {"sealed_password": sealed, "owner_email": owner_email}).decode()


async def get_device(connection: Connection, written: str) -> Device:
    """Give the device of this id or this alias, and hold it until the end of the transaction."""
    key = key_if_any(written)
    row = await connection.fetchrow(FIND_DEVICE, written, key.local, key.domain)
    if row is None:
        raise RefusedError(f"device {written}: no device has this alias or id")
    return Device(
        id=row["id"],
        organisation_id=row["organisation_id"],
        organisation=row["organisation"],
        is_enabled=row["enabled"],
        row=row,
    )


async def set_enabled(connection: Connection, device: Device, *, enabled: bool) -> None:
    """Let a device register and be called, or not."""
    await connection.execute(SET_ENABLED, device.id, enabled)


async def delete_device(
    connection: Connection, device: Device, *, days: int = QUARANTINE_DAYS
) -> list[Address]:
    """Remove a device that was disabled, and quarantine its address."""
    if device.is_enabled:
        raise RefusedError(f"device {device.id}: is enabled, disable it first")
    released = await release_of_device(connection, device.id, device.organisation_id, days=days)
    await connection.execute(REMOVE_DEVICE, device.id)
    return released


async def list_devices(
    connection: Connection, organisation: Organisation | None, *, enabled: bool | None, limit: int
) -> list[asyncpg.Record]:
    """List the devices of an organisation and of those below it."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_DEVICES, asked, enabled, limit)
