"""Gives rooms and devices their pictures, and takes them away."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from policy.directory.queries.pictures import (
    ADD_PICTURE,
    FIND_SHOWN,
    REMOVE_UNSHOWN_PICTURE,
    SHOW_IN_DEVICE,
    SHOW_IN_ROOM,
)
from policy.errors import DocumentError, PictureError
from policy.pictures.intake import MAX_FILE_BYTES, take_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.document import DeviceRow, DirectoryFile, RoomRow
    from policy.directory.records import AddressKey
    from policy.documents import Parsed
    from policy.errors import Problem
    from policy.pictures.intake import Picture


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that somebody has."""

    picture_id: UUID
    image: bytes = field(repr=False)
    width: int
    height: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A room or a device that is called at an address, and its picture if it has one."""

    room_id: UUID | None
    device_id: UUID | None
    organisation_id: UUID
    shown: Shown | None


def read_picture(path: Path) -> Picture:
    """Read a file and take it in; raises PictureError that names the file."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise PictureError(f"{path}: {(exc.strerror or 'cannot be read').lower()}") from exc
    try:
        return take_in(raw)
    except PictureError as exc:
        raise PictureError(f"{path}: {exc}") from exc


def read_pictures(directory: Parsed[DirectoryFile]) -> Mapping[str, Picture]:
    """Read every picture that a directory file names; raises DocumentError with all problems."""
    folder = Path(directory.marks.source).parent
    pictures: dict[str, Picture] = {}
    problems: list[Problem] = []
    for place, written in _written(directory.value):
        if written in pictures:
            continue
        try:
            pictures[written] = read_picture(folder / written)
        except PictureError as exc:
            problems.append(directory.marks.problem(place, f"picture: {exc}"))
    if problems:
        raise DocumentError(sorted(problems, key=lambda each: (each.line, each.column)))
    return pictures


def _written(file: DirectoryFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    lists: Mapping[str, Sequence[RoomRow | DeviceRow]] = {
        "rooms": file.rooms,
        "bookings": file.bookings,
        "devices": file.devices,
    }
    for name, rows in lists.items():
        for index, row in enumerate(rows):
            if row.picture is not None:
                yield (name, index, "picture"), row.picture


async def find_holder(connection: Connection, keys: Sequence[AddressKey]) -> Holder | None:
    """Find who is called at the first of these addresses that is somebody's.

    The address stays theirs until the end of the transaction.
    """
    for key in keys:
        row = await connection.fetchrow(FIND_SHOWN, key.local, key.domain)
        if row is not None:
            return Holder(row["room_id"], row["device_id"], row["organisation_id"], _shown(row))
    return None


def _shown(row: asyncpg.Record) -> Shown | None:
    if row["picture_id"] is None:
        return None
    return Shown(row["picture_id"], row["image"], row["width"], row["height"], row["added_at"])


async def show_picture(connection: Connection, holder: Holder, picture: Picture) -> None:
    """Give somebody this picture; run it in the transaction that found them."""
    picture_id = await add_picture(connection, holder.organisation_id, picture)
    await _set(connection, holder, picture_id)


async def remove_picture(connection: Connection, holder: Holder) -> None:
    """Take somebody's picture away; run it in the transaction that found them."""
    await _set(connection, holder, None)


async def add_picture(connection: Connection, organisation_id: UUID, picture: Picture) -> UUID:
    """Keep a picture, once for each organisation; gives its id."""
    values = (picture.image, picture.width, picture.height)
    picture_id: UUID = await connection.fetchval(ADD_PICTURE, organisation_id, *values)
    return picture_id


async def _set(connection: Connection, holder: Holder, picture_id: UUID | None) -> None:
    if holder.room_id is not None:
        await connection.execute(SHOW_IN_ROOM, holder.room_id, picture_id)
    else:
        await connection.execute(SHOW_IN_DEVICE, holder.device_id, picture_id)
    if holder.shown is not None and holder.shown.picture_id != picture_id:
        await connection.execute(REMOVE_UNSHOWN_PICTURE, holder.shown.picture_id)
