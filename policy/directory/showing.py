"""Tells whose an address is, why, and until when: what a call finds, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.directory.lookup import entry_of
from policy.directory.queries.calls import FIND_ADDRESSES
from policy.directory.queries.showing import SHOW_ADDRESS, SHOW_NEAR
from policy.directory.writing.register import owners_of
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.records import AddressKey, Entry
    from policy.directory.sealing import Seal
    from policy.directory.writing.register import Owner


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to say of an alias.

    `key` is the one that was found, or the last that was asked for; `entry` is what a server would
    keep of it, None where it could not read the row, for the `fault` that it would have. `row` is
    the address as it is registered, `near` are others with its local part, free ones too.
    """

    key: AddressKey
    entry: Entry | None
    fault: str
    row: asyncpg.Record | None
    owner: Owner
    near: Sequence[asyncpg.Record]


async def look_at(connection: Connection, seal: Seal, keys: Sequence[AddressKey]) -> Shown:
    """Look up an alias as a call would, under the first of its keys that somebody has."""
    key, found = await _first(connection, keys)
    entry: Entry | None = None
    fault = ""
    try:
        entry = entry_of(found, seal)
    except DirectoryError as exc:
        fault = str(exc)
    address_id = found["address_id"]
    locals_ = sorted({each.local for each in keys})
    (owner,) = await owners_of(connection, [key])
    return Shown(
        key=key,
        entry=entry,
        fault=fault,
        row=await connection.fetchrow(SHOW_ADDRESS, address_id) if address_id else None,
        owner=owner,
        near=await connection.fetch(SHOW_NEAR, locals_, address_id),
    )


async def _first(
    connection: Connection, keys: Sequence[AddressKey]
) -> tuple[AddressKey, asyncpg.Record]:
    *others, last = keys
    for key in others:
        row = await _find(connection, key)
        if row["address_state"] is not None:
            return key, row
    return last, await _find(connection, last)


async def _find(connection: Connection, key: AddressKey) -> asyncpg.Record:
    (row,) = await connection.fetch(FIND_ADDRESSES, [key.local], [key.domain])
    return row
