"""Listens at the primary for commits; what it misses, the next poll finds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final

from policy.directory.connection import connect
from policy.directory.feed.endless import repeat
from policy.directory.feed.hosts import primary_of
from policy.directory.queries.changes import CHANNEL, WAKE, WRITTEN
from policy.errors import DirectoryError
from policy.metrics import FEED_WAKEUPS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from policy.directory.connection import Connection
    from policy.directory.feed.hosts import Host
    from policy.directory.feed.lag import Pace, Positions
    from policy.directory.feed.lookout import Lookout

log = logging.getLogger(__name__)

# With one node nothing is compared, and this only finds a connection that has died silently.
ALONE_S: Final = 10.0


class Wakeups:
    """Owns the connection that listens; `open()` before use, `close()` after.

    It also notes where the primary's log ends, which tells a reader of a standby how far behind
    that is.
    """

    def __init__(
        self,
        lookout: Lookout,
        pace: Pace,
        positions: Positions,
        on_wake: Callable[[], None],
    ) -> None:
        self.is_listening = False
        self._lookout = lookout
        self._pace = pace
        self._positions = positions
        self._on_wake = on_wake
        self._heard = asyncio.Event()
        self._broken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen as soon as there is a primary."""
        self._task = asyncio.create_task(repeat(self._listen, pause_s=self._pace.poll_s))

    async def close(self) -> None:
        """Stop listening, without waiting for a database that does not answer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _listen(self) -> None:
        """Listen until that is no longer possible; raises DirectoryError then."""
        primary = primary_of(await self._lookout.look())
        if primary is None:
            raise DirectoryError("database: no primary answers")
        async with self._connected(primary.host) as connection:
            await self._begin(connection)
            while await self._note_position(connection) and not self._is_deposed(primary.host):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._note_every_s()):
                        await self._broken.wait()
                        break
        raise DirectoryError("database: the primary is gone")

    @contextlib.asynccontextmanager
    async def _connected(self, host: Host) -> AsyncIterator[Connection]:
        connection = await connect(host.dsn, timeout_s=self._pace.timeout_s)
        self._broken.clear()
        self._heard.clear()
        self._positions.forget()
        connection.add_termination_listener(self._on_termination)
        try:
            yield connection
        finally:
            self.is_listening = False
            connection.terminate()

    async def _begin(self, connection: Connection) -> None:
        async with asyncio.timeout(self._pace.timeout_s):
            await connection.add_listener(CHANNEL, self._on_notification)
            await connection.execute(WAKE)
        try:
            # Behind some poolers one listens and never hears a thing.
            async with asyncio.timeout(self._pace.timeout_s):
                await self._heard.wait()
        except TimeoutError:
            log.warning("the database takes LISTEN and tells nothing: name it without a pooler")
        self._on_wake()  # of what was committed until here nobody has been told

    async def _note_position(self, connection: Connection) -> bool:
        """Note how far the primary is; False when it no longer is one."""
        asked_s = time.monotonic()
        position = await connection.fetchval(WRITTEN, timeout=self._pace.timeout_s)
        if position is not None:
            self._positions.note(asked_s, position)
        return position is not None

    def _note_every_s(self) -> float:
        several = len(self._lookout.hosts) > 1
        return min(self._pace.poll_s, self._pace.timeout_s) if several else ALONE_S

    def _is_deposed(self, host: Host) -> bool:
        primary = primary_of(self._lookout.nodes)
        return primary is not None and primary.host != host

    def _on_notification(self, *_: object) -> None:
        FEED_WAKEUPS.inc()
        self.is_listening = True
        self._heard.set()
        self._on_wake()

    def _on_termination(self, _: object) -> None:
        self._broken.set()
