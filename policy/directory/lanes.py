"""Few dedicated connections with one prepared query each; a busy moment shares round trips.

A pool that resets its connections at every release costs a second round trip per query. Here a
lane owns its connection for good. Keys that arrive while one lane asks wait for it together, and it
asks for all of them at once: a key costs server and database half of what it costs alone. The other
lanes help out when many wait, and when an answer takes long.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import asyncpg

from policy.directory.connection import FAULTS, connect, reason_of
from policy.directory.queries.calls import FIND_ADDRESSES, FIND_BY_INDEX
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asyncpg.prepared_stmt import PreparedStatement

    from policy.directory.connection import Connection
    from policy.directory.records import AddressKey

log = logging.getLogger(__name__)

MAX_KEYS_PER_QUERY: Final = 200
# So many are as cheap together as more would be: another lane takes them.
ENOUGH_KEYS: Final = 40
# A question may wait longer than its limit by this, and no longer than this for one that hangs.
LOOK_S: Final = 0.02
# While the database is away it is tried this often; in between, everybody is told at once.
RETRY_S: Final = 0.5

Tell = Callable[["asyncpg.Record | Exception"], None]


class Waiting:
    """What is asked for, who is to be told, and until when by a monotonic clock."""

    __slots__ = ("_tell", "key", "until_s")

    def __init__(self, key: AddressKey, tell: Tell, until_s: float) -> None:
        self.key = key
        self.until_s = until_s
        self._tell: Tell | None = tell

    def hear(self, said: asyncpg.Record | Exception) -> None:
        """Tell it, unless something was told before."""
        tell, self._tell = self._tell, None
        if tell is None:
            return
        try:
            tell(said)
        except Exception as exc:  # noqa: BLE001  the others of the batch wait too
            tell(exc)


class Lanes:
    """Asks for address keys; `open()` before use, `close()` after."""

    def __init__(self, dsn: str, *, connections: int, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._line = _Line(connections)
        self._lanes = [_Lane(dsn, timeout_s) for _ in range(connections)]
        self._tasks: list[asyncio.Task[None]] = []
        # One timer for all who wait: `asyncio.timeout` for each takes longer than to read a row.
        self._looking: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Connect every lane; raises DirectoryError.

        Even then the lanes are open: they connect once they are asked and the database is there.
        """
        try:
            for lane in self._lanes:
                await lane.connect()
        finally:
            self._tasks = [asyncio.create_task(lane.serve(self._line)) for lane in self._lanes]

    def use(self, dsn: str) -> None:
        """Ask another node from now on, or the same one as if for the first time.

        Questions under way are asked again there.
        """
        for lane in self._lanes:
            lane.use(dsn)

    async def close(self) -> None:
        """End every lane; whoever still waits is told."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in self._lanes:
            await lane.disconnect()
        _fail(self._line.waiting, DirectoryError("directory: closed"))
        self._line.waiting.clear()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def ask(self, key: AddressKey, tell: Tell) -> None:
        """Tell the row of one key, or a DirectoryError, and do so in time."""
        # To ask for the loop, which knows the time too, is a system call in Python 3.11.
        self._line.add(Waiting(key, tell, time.monotonic() + self._timeout_s))
        if self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        """Tell whoever has waited too long, and look again while anybody waits."""
        waiting = (*self._line.waiting, *(each for lane in self._lanes for each in lane.batch))
        overdue = [each for each in waiting if each.until_s <= time.monotonic()]
        _fail(overdue, DirectoryError("database: no answer in time"))
        if self._line.waiting:  # since the last look, or for a lane that is at it for long
            self._line.call()
        self._looking = (
            asyncio.get_running_loop().call_later(LOOK_S, self._look) if waiting else None
        )


class _Line:
    """Who waits for a row, in their order, and the lanes that wait for somebody."""

    def __init__(self, lanes: int) -> None:
        self.waiting: deque[Waiting] = deque()
        self._lanes = lanes
        self._idle: deque[asyncio.Future[None]] = deque()

    def add(self, waiting: Waiting) -> None:
        """Let somebody wait, for the lane that asks already unless there are enough."""
        self.waiting.append(waiting)
        if len(self._idle) == self._lanes or len(self.waiting) % ENOUGH_KEYS == 0:
            self.call()

    def call(self) -> None:
        """Wake a lane that does nothing, if there is one."""
        while self._idle:
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)
                break

    async def take(self) -> list[Waiting]:
        """Wait for somebody, and give all who wait, if they are not too many."""
        while not self.waiting:
            idle = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle
        number = min(len(self.waiting), MAX_KEYS_PER_QUERY)
        return [self.waiting.popleft() for _ in range(number)]


class _Lane:
    """One connection and the task that owns it."""

    def __init__(self, dsn: str, timeout_s: float) -> None:
        self._dsn = dsn
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._statement: PreparedStatement[asyncpg.Record] | None = None
        self._away_until = 0.0
        self._away_reason = ""
        self._moves = 0
        self._connecting: asyncio.Timeout | None = None
        self.batch: Sequence[Waiting] = ()  # who waits for what this lane asks

    def use(self, dsn: str) -> None:
        """Let go of this node and ask that one; whatever was on its way is asked again."""
        self._dsn = dsn
        self._moves += 1
        self._away_until = 0.0
        self._drop()
        if self._connecting is not None:
            self._connecting.reschedule(0)  # the node that is left may never answer

    async def connect(self) -> None:
        """Open the connection and prepare the query; raises DirectoryError."""
        while True:
            moves = self._moves
            try:
                await self._connect()
            except DirectoryError:
                if moves == self._moves:
                    raise
            if moves == self._moves:
                return
            self._drop()  # to a node that was left meanwhile

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_s) as self._connecting:
                self._connection = await connect(self._dsn, timeout_s=self._timeout_s)
                await self._connection.execute(FIND_BY_INDEX)
                self._statement = await self._connection.prepare(FIND_ADDRESSES)
                # Preparing alone leaves a transaction open: it would hold locks on every table
                # of the query until the first call, and let no migration through.
                await self._statement.fetch([], [])
        except FAULTS as exc:
            self._drop()
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            self._connecting = None

    async def disconnect(self) -> None:
        """End the connection politely."""
        connection, self._connection, self._statement = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(*FAULTS):
                await connection.close(timeout=self._timeout_s)

    def _drop(self) -> None:
        """Let go of a connection that cannot be trusted, at once."""
        connection, self._connection, self._statement = self._connection, None, None
        if connection is not None:
            connection.terminate()

    async def serve(self, line: _Line) -> None:
        """Take what waits, ask once, hand out the rows; until cancelled."""
        while True:
            self.batch = batch = await line.take()
            try:
                rows = await self._ask_here([each.key for each in batch])
            except DirectoryError as exc:
                _fail(batch, exc)
            except asyncio.CancelledError:
                _fail(batch, DirectoryError("directory: closed"))
                raise
            except Exception as exc:  # noqa: BLE001  a lane must outlive it
                # Whatever a broken answer makes the driver raise. Its own text may repeat what was
                # asked or found.
                place = "".join(traceback.format_tb(exc.__traceback__))
                log.error("a look-up failed as nobody foresaw: %s\n%s", type(exc).__name__, place)  # noqa: TRY400  see above
                self._drop()
                _fail(batch, DirectoryError(f"database: {type(exc).__name__}"))
            else:
                for row in rows:
                    batch[row["position"] - 1].hear(row)
            self.batch = ()

    async def _ask_here(self, keys: Sequence[AddressKey]) -> list[asyncpg.Record]:
        """Ask the node in use; what a node said that was left meanwhile does not count."""
        while True:
            moves = self._moves
            try:
                rows = await self._ask(keys)
            except DirectoryError:
                if moves == self._moves:
                    raise
            else:
                if moves == self._moves:
                    return rows

    async def _ask(self, keys: Sequence[AddressKey]) -> list[asyncpg.Record]:
        """Ask once; a connection that had died in the meantime is worth a second try."""
        if self._statement is not None:
            with contextlib.suppress(asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
                return await self._query(keys)
            self._drop()
        await self._reconnect()
        try:
            return await self._query(keys)
        except FAULTS as exc:
            self._drop()
            raise DirectoryError(f"database: {reason_of(exc)}") from exc

    async def _query(self, keys: Sequence[AddressKey]) -> list[asyncpg.Record]:
        if self._statement is None:
            raise DirectoryError("database: not connected")
        locals_, domains = [key.local for key in keys], [key.domain for key in keys]
        try:
            return await self._statement.fetch(locals_, domains, timeout=self._timeout_s)
        except TimeoutError as exc:
            self._drop()
            self._stay_away("database: no answer in time")
            raise DirectoryError("database: no answer in time") from exc

    async def _reconnect(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            raise DirectoryError(self._away_reason)
        try:
            await self.connect()
        except DirectoryError as exc:
            self._stay_away(str(exc))
            raise

    def _stay_away(self, reason: str) -> None:
        self._away_until = asyncio.get_running_loop().time() + RETRY_S
        self._away_reason = reason


def _fail(batch: Iterable[Waiting], error: DirectoryError) -> None:
    for each in batch:
        each.hear(error)
