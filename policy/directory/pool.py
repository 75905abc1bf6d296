"""A few pooled connections for the rarer queries; what every call asks goes through the lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from policy.directory.connection import FAULTS, NAMED, reason_of
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg.connect_utils import SessionAttribute

MAX_CONNECTIONS: Final = 2
# At 20 ms a search whoever stands behind this many is not served in time.
MAX_WAITING: Final = 40


class Pool:
    """Runs a query on a free connection; `open()` before use, `close()` after."""

    def __init__(self, dsn: str, *, timeout_s: float, to: SessionAttribute | None = None) -> None:
        self._dsn = dsn
        self._timeout_s = timeout_s
        self._to = to
        self._has_moved = False
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._waiting = 0

    async def open(self) -> None:
        """Get ready; connections are made when they are needed."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=MAX_CONNECTIONS,
            timeout=self._timeout_s,
            command_timeout=self._timeout_s,
            target_session_attrs=self._to,
            server_settings=NAMED,
        )

    def use(self, dsn: str) -> None:
        """Ask this node from the next query on, whatever it is."""
        self._dsn = dsn
        self._has_moved = True

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def fetch(self, query: str, *values: object) -> Sequence[asyncpg.Record]:
        """Give the rows of a query; raises DirectoryError, and does so in time."""
        if self._pool is None:
            raise DirectoryError("database: not open")
        if self._waiting >= MAX_WAITING:
            raise DirectoryError("database: too many searches and pictures at once")
        self._waiting += 1
        try:
            await self._move(self._pool)
            async with self._pool.acquire(timeout=self._timeout_s) as connection:
                return await connection.fetch(query, *values)
        except FAULTS as exc:
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            self._waiting -= 1

    async def _move(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        if self._has_moved:
            self._has_moved = False
            pool.set_connect_args(
                self._dsn,
                timeout=self._timeout_s,
                command_timeout=self._timeout_s,
                server_settings=NAMED,
            )
            await pool.expire_connections()
