"""Reads the log on one connection, and tells one life of a node from another."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from policy.directory.connection import connect
from policy.directory.feed.log import Logged
from policy.directory.queries.changes import PRUNE_LOG, READ_LOG, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from policy.directory.connection import Connection
    from policy.directory.feed.hosts import Host
    from policy.directory.feed.log import Cursor


@dataclass(frozen=True, slots=True)
class Life:
    """What stays the same as long as a node cannot forget or repeat a transaction.

    A restart or a crash may take back what could be seen already, and give its number to another
    transaction. So may a promotion: the former primary's last commits have not all arrived.
    """

    host: Host
    in_recovery: bool
    started_at: datetime
    discarded_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read gave; times are monotonic, `replayed` is a standby's position before it."""

    life: Life
    oldest: int
    entries: Sequence[Logged]
    at: datetime
    asked_s: float
    answered_s: float
    is_receiving: bool
    replayed: int | None


class Reader:
    """Owns a connection to one node."""

    def __init__(self, host: Host, connection: Connection, timeout_s: float) -> None:
        self.host = host
        self._connection = connection
        self._timeout_s = timeout_s
        self._in_recovery = True  # as long as nobody has asked

    @classmethod
    async def open(cls, host: Host, *, timeout_s: float, on_lost: Callable[[], None]) -> Self:
        """Connect; raises DirectoryError. `on_lost` is told when the connection ends."""
        connection = await connect(host.dsn, timeout_s=timeout_s)
        connection.add_termination_listener(lambda _: on_lost())
        return cls(host, connection, timeout_s)

    def close(self) -> None:
        """Let go of the connection at once: it may be to a database that answers nobody."""
        self._connection.terminate()

    async def read(self, cursor: Cursor) -> Reading:
        """Read what may be new for a cursor; raises what the driver does."""
        replayed: int | None = None
        if self._in_recovery:
            replayed = await self._connection.fetchval(REPLAYED, timeout=self._timeout_s)
        asked_s = time.monotonic()
        rows = await self._connection.fetch(
            READ_LOG, cursor.oldest, cursor.seen, timeout=self._timeout_s
        )
        answered_s = time.monotonic()
        told = rows[0]  # there is a row even when the log has none
        self._in_recovery = told["in_recovery"]
        return Reading(
            life=Life(self.host, told["in_recovery"], told["started_at"], told["discarded_at"]),
            oldest=told["oldest"],
            entries=[
                Logged(row["seq"], row["xid"], row["kind"], row["key"])
                for row in rows
                if row["seq"] is not None
            ],
            at=told["at"],
            asked_s=asked_s,
            answered_s=answered_s,
            is_receiving=told["is_receiving"],
            replayed=replayed,
        )


async def prune(connection: Connection) -> None:
    """Delete entries that are older than a day; who has not read for so long starts anew."""
    await connection.execute(PRUNE_LOG)
