"""Writes a directory file into the database: all of it, or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import orjson

from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.document import BookingRow, RoomRow, TemplateRow, key_of
from policy.directory.migrate import CONNECT_S
from policy.directory.queries.loading import (
    ADD_ADDRESS,
    ADD_BOOKING,
    ADD_DEVICE,
    ADD_DOMAIN,
    ADD_ORGANISATION,
    ADD_PHONEBOOK_GRANT,
    ADD_ROOM,
    ADD_TEMPLATE,
    IS_EMPTY,
    LOCK_FOR_LOADING,
    RESTORING,
)
from policy.directory.queries.pictures import SHOW_IN_DEVICE, SHOW_IN_ROOM
from policy.directory.sealing import PIN_COLUMNS
from policy.directory.uploads import add_picture, read_pictures
from policy.errors import DirectoryError, DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from policy.directory.connection import Connection
    from policy.directory.document import (
        DeviceRow,
        DirectoryFile,
        HeldAddressRow,
        PhonebookGrantRow,
    )
    from policy.directory.sealing import Seal
    from policy.documents import Marks, Parsed
    from policy.pictures.intake import Picture


async def load_if_empty(dsn: str, directory: Parsed[DirectoryFile], seal: Seal) -> bool:
    """Fill a database that has no organisation yet; says whether it did.

    Raises DocumentError that names the row which the database refused, DirectoryError when the
    database is away.
    """
    connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
    try:
        async with connection.transaction():
            await connection.execute(LOCK_FOR_LOADING)
            if not await connection.fetchval(IS_EMPTY):
                return False
            await connection.execute(RESTORING)
            pictures = await asyncio.to_thread(read_pictures, directory)
            await _Loader(connection, directory.marks, seal, pictures).load(directory.value)
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    return True


class _Loader:
    """Writes rows in the order in which they refer to each other."""

    def __init__(
        self, connection: Connection, marks: Marks, seal: Seal, pictures: Mapping[str, Picture]
    ) -> None:
        self._connection = connection
        self._marks = marks
        self._seal = seal
        self._pictures = pictures
        self._organisations: dict[str, UUID] = {}
        self._templates: dict[tuple[UUID, str], UUID] = {}

    async def load(self, directory: DirectoryFile) -> None:
        for index, row in enumerate(directory.organisations):
            self._place = ("organisations", index)
            if row.parent is not None and row.parent not in self._organisations:
                raise self._refused(f"parent {row.parent!r} is no organisation above this row")
            values = (row.code, row.name, row.type, row.state.value, row.parent)
            self._organisations[row.code] = await self._add(ADD_ORGANISATION, *values)
        for index, domain in enumerate(directory.domains):
            self._place = ("domains", index)
            owner = self._owner(domain.organisation)
            await self._add(ADD_DOMAIN, domain.domain, owner, domain.inherit, domain.history_only)
        for index, template in enumerate(directory.templates):
            self._place = ("templates", index)
            await self._add_template(template)
        for index, room in enumerate(directory.rooms):
            self._place = ("rooms", index)
            await self._add_room(room, "permanent")
        for index, booking in enumerate(directory.bookings):
            self._place = ("bookings", index)
            await self._add_booking(booking)
        for index, device in enumerate(directory.devices):
            self._place = ("devices", index)
            await self._add_device(device)
        await self._add_held(directory.addresses)
        await self._add_grants(directory.phonebook_grants)

    async def _add(self, query: str, *values: object) -> UUID:
        try:
            added: UUID = await self._connection.fetchval(query, *values)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as exc:
            # PostgreSQL's own detail would repeat the row, PINs and all.
            what = exc.constraint_name or exc.column_name or type(exc).__name__
            if what == "a_node_takes_the_service":  # our own words, without secrets
                what = str(exc)
            raise self._refused(f"the database refuses this row: {what}") from exc
        return added

    def _refused(self, text: str) -> DocumentError:
        problem: Problem = self._marks.problem(self._place, text)
        return DocumentError([problem])

    def _owner(self, code: str) -> UUID:
        try:
            return self._organisations[code]
        except KeyError as exc:
            raise self._refused(f"organisation {code!r} is not in this file") from exc

    async def _add_template(self, template: TemplateRow) -> None:
        owner = self._owner(template.organisation)
        service = orjson.dumps(template.service).decode()
        values = (owner, template.name, template.type, service)
        self._templates[owner, template.name] = await self._add(ADD_TEMPLATE, *values)

    def _template(self, owner: UUID, name: str) -> UUID:
        try:
            return self._templates[owner, name]
        except KeyError as exc:
            raise self._refused(f"template {name!r} is no template of this organisation") from exc

    async def _add_room(self, room: RoomRow, kind: str) -> UUID:
        owner = self._owner(room.organisation)
        template = self._template(owner, room.template) if room.template is not None else None
        more = orjson.dumps(room.service).decode()
        names = (room.service_name, room.service_tag)
        own = (owner, kind, room.state.value, *names, room.listed, template, more, room.tags)
        room_id = uuid4()  # not the column's own: PINs are sealed for their room
        await self._add(ADD_ROOM, room_id, *own, *self._sealed(room_id, room.fields()).values())
        for alias in room.aliases:
            await self._add_address(alias, kind, "active", room_id=room_id)
        await self._show(SHOW_IN_ROOM, room_id, owner, room.picture)
        return room_id

    def _sealed(self, room_id: UUID, fields: dict[str, object]) -> dict[str, object]:
        for which in PIN_COLUMNS:
            if fields[which] is not None:
                fields[which] = self._seal.seal_pin(room_id, which, str(fields[which]))
        return fields

    async def _add_booking(self, booking: BookingRow) -> None:
        room_id = await self._add_room(booking, "booking")
        await self._add(
            ADD_BOOKING,
            room_id,
            booking.starts_at,
            booking.ends_at,
            booking.lead_minutes,
            booking.end_meeting_on_end_time,
            booking.cancelled,
        )

    async def _add_device(self, device: DeviceRow) -> None:
        sealed = self._seal.seal(device.password) if device.password is not None else None
        owner = self._owner(device.organisation)
        device_id = await self._add(
            ADD_DEVICE,
            owner,
            device.description,
            device.username,
            sealed,
            device.single_sign_on,
            device.without_proof,
            device.enabled,
            device.listed,
            device.tags,
        )
        await self._add_address(device.alias, "device", "active", device_id=device_id)
        await self._show(SHOW_IN_DEVICE, device_id, owner, device.picture)

    async def _show(self, query: str, row_id: UUID, owner: UUID, written: str | None) -> None:
        if written is not None:
            picture_id = await add_picture(self._connection, owner, self._pictures[written])
            await self._connection.execute(query, row_id, picture_id)

    async def _add_held(self, rows: Iterable[HeldAddressRow]) -> None:
        for index, row in enumerate(rows):
            self._place = ("addresses", index)
            await self._add_address(row.alias, "reserved", row.state)

    async def _add_grants(self, rows: Iterable[PhonebookGrantRow]) -> None:
        for index, row in enumerate(rows):
            self._place = ("phonebook_grants", index)
            owner, seen_by = self._owner(row.organisation), self._owner(row.seen_by)
            await self._add(ADD_PHONEBOOK_GRANT, owner, seen_by)

    async def _add_address(
        self,
        alias: str,
        kind: str,
        state: str,
        *,
        room_id: UUID | None = None,
        device_id: UUID | None = None,
    ) -> None:
        key = key_of(alias)
        await self._add(ADD_ADDRESS, key.local, key.domain, kind, state, room_id, device_id)
