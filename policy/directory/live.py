"""The directory as a server lives with it: opened, followed, remembered, written down, closed."""

from __future__ import annotations

import logging
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self

from policy.directory.cache import Around, CachedDirectory, Lifetimes
from policy.directory.connection import PRIMARY
from policy.directory.feed.clock import DatabaseClock
from policy.directory.feed.feed import Feed
from policy.directory.feed.hosts import split_hosts
from policy.directory.feed.lag import Pace
from policy.directory.lanes import Lanes
from policy.directory.lookup import PostgresDirectory
from policy.directory.pool import Pool
from policy.directory.shelf import Bounds
from policy.directory.snapshots import Snapshots
from policy.directory.usage import Usage
from policy.directory.warming import Warmup
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType

    from policy.directory.sealing import Seal
    from policy.directory.snapshot import Snapshot
    from policy.settings import Settings

log = logging.getLogger(__name__)

PATIENCE_S: Final = 10.0
_ROLES: Final = {True: "primary", False: "standby", None: None}


class LiveDirectory:
    """Everything that looks into the database while a server runs; an async context manager.

    With a snapshot it opens although the database is away, and serves from that until it is back.
    `system_clock` counts only until the database has told the time.
    """

    def __init__(
        self,
        dsn: str,
        seal: Seal,
        settings: Settings,
        system_clock: Callable[[], datetime],
        snapshot: Snapshot | None = None,
    ) -> None:
        database, cache = settings.database, settings.cache
        hosts = split_hosts(dsn)
        timeout_s = database.timeout_s
        self.clock = DatabaseClock(system=system_clock)
        self._lanes = Lanes(hosts[0].dsn, connections=database.connections, timeout_s=timeout_s)
        self.pool = Pool(hosts[0].dsn, timeout_s=timeout_s)
        # Nobody waits for what is counted and warmed up.
        self._patient = Pool(dsn, timeout_s=PATIENCE_S, to=PRIMARY)
        self.origin = PostgresDirectory(self._lanes, seal)
        self._around = Around(time.monotonic, self.clock.now, self._is_current)
        self.lookup = CachedDirectory(
            self.origin,
            Lifetimes(cache.owned_s, cache.unowned_s, cache.stale_s, cache.untrusted_s),
            Bounds(cache.entries, cache.bytes),
            self._around,
        )
        self._feed = Feed(
            hosts, self, self.clock, self.lookup.forget, Pace(database.poll_s, timeout_s)
        )
        self._usage = Usage(self.lookup, self._patient.fetch)
        self._warmup = Warmup(self.lookup, self._patient.fetch, entries=cache.entries)
        self._seal = seal
        self._cache = cache
        self._snapshot = snapshot
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open all of it; raises DirectoryError unless there is a snapshot to serve from."""
        async with AsyncExitStack() as parts:
            await self._open(parts)
            self._parts = parts.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Write down what is worth it, and close all of it."""
        await self._parts.aclose()

    def use(self, dsn: str) -> None:
        """Ask another node from now on; the feed says which."""
        self._lanes.use(dsn)
        self.pool.use(dsn)

    def state(self) -> Mapping[str, object]:
        """Tell people how it stands with the changes, and with a snapshot if it serves from one."""
        feed = self._feed.state
        told: dict[str, object] = {
            "changes": "current" if feed.is_current else "may be missing",
            "since": feed.since.isoformat(timespec="seconds") if feed.since else None,
            "node": feed.node,
            "role": _ROLES[feed.is_primary] if feed.node is not None else None,
            "listening": feed.is_listening,
        }
        if self._snapshot is not None and feed.age_s is None:  # the database has not been seen yet
            written_at = self._snapshot.written_at
            age = self.clock.now() - written_at
            told["snapshot"] = {
                "written_at": written_at.isoformat(timespec="seconds"),
                "age_s": round(age.total_seconds()),
                "entries": len(self._snapshot.entries),
            }
        return told

    def _is_current(self) -> bool:
        return self._feed.is_current()

    async def _open(self, parts: AsyncExitStack) -> None:
        """Open the feed before all that asks: it finds the node to ask."""
        parts.push_async_callback(self.lookup.close)
        parts.push_async_callback(self._feed.close)
        await self._feed.open()
        parts.push_async_callback(self._lanes.close)
        await self._open_lanes()
        for pool in (self.pool, self._patient):
            parts.push_async_callback(pool.close)
            await pool.open()
        for part in (self._usage, self._warmup):
            parts.push_async_callback(part.close)
            part.open()
        if self._cache.snapshot is not None:
            snapshots = Snapshots(self._cache.snapshot, self._seal, self.lookup, self._around)
            parts.push_async_callback(snapshots.close)
            snapshots.open(every_s=self._cache.snapshot_every_s)

    async def _open_lanes(self) -> None:
        try:
            await self._lanes.open()
        except DirectoryError as exc:
            if self._snapshot is None:
                raise
            written_at = self._snapshot.written_at.isoformat(timespec="seconds")
            log.warning("%s: serving from the snapshot of %s", exc, written_at)
            self.lookup.restore(self._snapshot.entries)
