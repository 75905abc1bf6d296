"""What tests do with the real database besides asking it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from policy.directory.lanes import Lanes
from policy.directory.loading import load_if_empty
from policy.directory.lookup import PostgresDirectory
from policy.directory.phonebook import PostgresPhonebook
from policy.directory.pictures import PostgresPictures
from policy.directory.pool import Pool
from policy.directory.sealing import PIN_COLUMNS, Seal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import asyncpg

    from policy.directory.document import DirectoryFile
    from policy.documents import Parsed

KEY: Final = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SEAL: Final = Seal((KEY,))

_EMPTY: Final = """
DELETE FROM address; DELETE FROM booking; DELETE FROM room; DELETE FROM template;
DELETE FROM device; DELETE FROM picture; DELETE FROM number_range;
DELETE FROM domain; DELETE FROM organisation
"""


def sealed(row: Mapping[str, object]) -> dict[str, object]:
    """Give a room row as the program writes it; raises DirectoryError for what is no PIN."""
    room_id = uuid4()
    pins: dict[str, object] = {
        which: SEAL.seal_pin(room_id, which, str(row[which]))
        for which in PIN_COLUMNS
        if row.get(which) is not None
    }
    return {"id": room_id, **row, **pins}


@dataclass(frozen=True, slots=True)
class Database:
    """A database, and a connection that plays the person who writes SQL."""

    dsn: str
    sql: asyncpg.Connection[asyncpg.Record]

    async def empty(self) -> None:
        """Take every row away."""
        await self.sql.execute(_EMPTY)

    async def load(self, directory: Parsed[DirectoryFile]) -> None:
        """Hold these rows and no others."""
        await self.empty()
        assert await load_if_empty(self.dsn, directory, SEAL) or not directory.value.organisations

    @asynccontextmanager
    async def directory(self, *, connections: int = 1) -> AsyncIterator[PostgresDirectory]:
        """Open a directory on this database."""
        lanes = Lanes(self.dsn, connections=connections, timeout_s=5)
        await lanes.open()
        try:
            yield PostgresDirectory(lanes, SEAL)
        finally:
            await lanes.close()

    @asynccontextmanager
    async def phonebook(self) -> AsyncIterator[PostgresPhonebook]:
        """Open the phone book of this database."""
        pool = Pool(self.dsn, timeout_s=5)
        await pool.open()
        try:
            yield PostgresPhonebook(pool)
        finally:
            await pool.close()

    @asynccontextmanager
    async def pictures(self) -> AsyncIterator[PostgresPictures]:
        """Open the pictures of this database."""
        pool = Pool(self.dsn, timeout_s=5)
        await pool.open()
        try:
            yield PostgresPictures(pool)
        finally:
            await pool.close()
