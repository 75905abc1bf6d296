"""Seals what stands in clear or under an old key, and says whether the key file opens the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from policy.directory.queries.secrets import (
    COUNT_SEALED,
    FIND_CLEAR_PINS,
    FIND_PASSWORDS,
    FIND_PINS,
    PAUSE_ROOM_TRIGGERS,
    RESUME_ROOM_TRIGGERS,
    SAMPLE_PINS,
    VALIDATE_PINS,
    WRITE_PASSWORDS,
    WRITE_PINS,
)
from policy.directory.sealing import NO_KEY, PIN_COLUMNS
from policy.errors import DirectoryError, RefusedError, StartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.sealing import PinColumn, Seal

# Rows that are read, sealed and written in one go: some tens of milliseconds.
BATCH: Final = 5_000
_BEFORE_ALL: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows were sealed with an older key."""

    rooms: int
    devices: int


async def check_key(connection: Connection, seal: Seal) -> int:
    """Count the sampled PINs that this key file does not open.

    A few may be somebody's mistake, which must not end the service for all others. Raises
    StartError when there are some and it opens none: then it is another file, or there is none.
    """
    opened, unopened = await _sampled(connection, seal)
    if unopened and not opened:
        why = "no key of secrets.key_file opens them" if seal.has_key else NO_KEY
        raise StartError(f"database: it holds sealed PINs, {why}")
    return unopened


async def check_key_for_writing(connection: Connection, seal: Seal) -> None:
    """Raise RefusedError when a key would seal that opens nothing of what is there.

    Without any key, whatever has something to seal says so itself.
    """
    opened, unopened = await _sampled(connection, seal)
    if seal.has_key and unopened and not opened:
        raise RefusedError(
            "secrets.key_file: opens none of the PINs in this database: "
            "is it the file of the servers?"
        )


async def _sampled(connection: Connection, seal: Seal) -> tuple[int, int]:
    """Count sampled PINs that open, and those that do not."""
    opens = [seal.opens_pin(row["pin"]) for row in await connection.fetch(SAMPLE_PINS)]
    return opens.count(True), opens.count(False)


async def seal_clear_pins(connection: Connection, seal: Seal) -> None:
    """Seal the PINs that stand in clear, in the transaction of the migration that brings sealing.

    The rules of sealed PINs hold for every row afterwards. Raises StartError when there is
    something to seal and no key.
    """
    await connection.execute(PAUSE_ROOM_TRIGGERS)
    async for rooms in _batches(connection, FIND_CLEAR_PINS, BATCH):
        if not seal.has_key:
            raise StartError(f"database: its PINs are to be sealed, {NO_KEY}")
        sealed = [
            tuple(
                None if room[column] is None else seal.seal_pin(room["id"], column, room[column])
                for column in PIN_COLUMNS
            )
            for room in rooms
        ]
        await _write_pins(connection, rooms, sealed)
    await connection.execute(VALIDATE_PINS)
    await connection.execute(RESUME_ROOM_TRIGGERS)


async def count_sealed(connection: Connection) -> int:
    """Count the rows that `reseal` will look at."""
    count: int = await connection.fetchval(COUNT_SEALED)
    return count


async def reseal(
    connection: Connection,
    seal: Seal,
    *,
    dry_run: bool,
    looked_at: Callable[[int], None],
    batch_size: int = BATCH,
) -> Resealed:
    """Seal with the newest key what an older one has sealed; what no key opens is an error.

    Only rooms that were deleted stay as they are then: nobody will ever call them.

    Each batch is kept on its own, so that nobody waits for long and a second run goes on where the
    first one ended. Tells `looked_at` how many rows each batch had. Raises DirectoryError.
    """
    rooms = devices = 0
    async for batch in _batches(connection, FIND_PINS, batch_size):
        old = [room for room in batch if _is_due(seal, room)]
        pins = [tuple(_resealed_pin(seal, room, column) for column in PIN_COLUMNS) for room in old]
        if old and not dry_run:
            await _write_pins(connection, old, pins)
        rooms += len(old)
        looked_at(len(batch))
    async for batch in _batches(connection, FIND_PASSWORDS, batch_size):
        old = [row for row in batch if not seal.is_newest(row["sealed_password"])]
        passwords = [_resealed_password(seal, row) for row in old]
        if old and not dry_run:
            written = [row["sealed_password"] for row in old]
            await connection.execute(
                WRITE_PASSWORDS, [row["id"] for row in old], written, passwords
            )
        devices += len(old)
        looked_at(len(batch))
    return Resealed(rooms, devices)


async def _batches(
    connection: Connection, query: str, size: int
) -> AsyncIterator[list[asyncpg.Record]]:
    last = _BEFORE_ALL
    while batch := await connection.fetch(query, last, size):
        last = batch[-1]["id"]
        yield batch


async def _write_pins(
    connection: Connection, rooms: Sequence[asyncpg.Record], pins: Sequence[tuple[str | None, ...]]
) -> None:
    old = [[room[column] for room in rooms] for column in ("id", *PIN_COLUMNS)]
    await connection.execute(WRITE_PINS, *old, *map(list, zip(*pins, strict=True)))


def _is_due(seal: Seal, room: asyncpg.Record) -> bool:
    if room["is_deleted"] and not seal.opens_pin(room["pin"]):
        return False
    return not seal.is_newest_pin(room["pin"])


def _resealed_pin(seal: Seal, room: asyncpg.Record, column: PinColumn) -> str | None:
    if room[column] is None:
        return None
    try:
        return seal.seal_pin(room["id"], column, seal.unseal_pin(room["id"], column, room[column]))
    except DirectoryError as exc:
        raise DirectoryError(f"room {room['id']}: {exc}") from exc


def _resealed_password(seal: Seal, row: asyncpg.Record) -> str:
    try:
        return seal.seal(seal.unseal(row["sealed_password"]))
    except DirectoryError as exc:
        raise DirectoryError(f"device {row['id']}: {exc}") from exc
