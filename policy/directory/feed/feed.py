"""Follows the log of changes: what is committed is told at once, and nothing is left out.

Rows and log are read from the same node. So whoever has been told of a change finds its rows there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from policy.directory.feed.endless import repeat
from policy.directory.feed.hosts import choose, primary_of
from policy.directory.feed.lag import Pace, Positions
from policy.directory.feed.log import Cursor, changes_of
from policy.directory.feed.lookout import Lookout
from policy.directory.feed.reading import Reader
from policy.directory.feed.wakeups import Wakeups
from policy.directory.records import Changes
from policy.errors import DirectoryError
from policy.metrics import (
    FEED_AGE,
    FEED_CHANGES,
    FEED_CURRENT,
    FEED_FAILED,
    FEED_READ,
    FEED_RESTARTS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from policy.directory.feed.clock import DatabaseClock
    from policy.directory.feed.hosts import Host
    from policy.directory.feed.reading import Life, Reading

log = logging.getLogger(__name__)

# While a database is away it is tried this often at least.
RETRY_S: Final = 0.5

# However fast commits come, the log is read 500 times a second at most. A standby has replayed a
# commit within a millisecond or a few after the primary has told of it.
LEAST_PAUSE_S: Final = 0.002


class Movable(Protocol):
    """Whoever asks the node that the feed reads from."""

    def use(self, dsn: str) -> None:
        """Let go of every connection and ask this node from now on."""
        ...


@dataclass(frozen=True, slots=True)
class FeedState:
    """What an operator wants to know of the feed.

    `since` is when it became current, or until when all changes are known; None for never. No node
    has been read from while `is_primary` is None.
    """

    is_current: bool
    since: datetime | None
    node: str | None
    is_primary: bool | None
    is_listening: bool
    age_s: float | None


class Feed:
    """Tells of changes; `open()` before use, `close()` after.

    `on_changes` is called from the loop, must not wait, and hears of everything at once whenever
    something may have been missed; `movable` has been moved by then.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        movable: Movable,
        clock: DatabaseClock,
        on_changes: Callable[[Changes], None],
        pace: Pace,
    ) -> None:
        self._movable = movable
        self._clock = clock
        self._on_changes = on_changes
        self._pace = pace
        self._woken = asyncio.Event()
        self._tried = asyncio.Event()
        self._positions = Positions()
        self._lookout = Lookout(hosts, timeout_s=pace.timeout_s, silence_s=pace.silence_s)
        self._wakeups = Wakeups(self._lookout, pace, self._positions, self._woken.set)
        self._reader: Reader | None = None
        self._chosen_s = 0.0
        self._life: Life | None = None
        self._cursor = Cursor()
        self._read_s = 0.0
        self._pause_s = pace.poll_s
        self._as_of_s: float | None = None  # of the node in use
        self._known_s: float | None = None  # of any node
        self._current_from_s: float | None = None
        self._fault = "not read yet"
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read once if the database is there; whether it is or not, follow it from now on."""
        self._lookout.open()
        self._wakeups.open()
        pause_s = min(RETRY_S, self._pace.poll_s)
        self._task = asyncio.create_task(
            repeat(self._step, pause_s=pause_s, on_fault=self._on_fault)
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * self._pace.timeout_s):
                await self._tried.wait()

    async def close(self) -> None:
        """Stop, without waiting for a database that does not answer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._wakeups.close()
        await self._lookout.close()
        self._drop()

    def is_current(self) -> bool:
        """Say whether no change older than the poll interval and the time limit is missing."""
        known_s = self._as_of_s
        return known_s is not None and time.monotonic() - known_s <= self._pace.limit_s

    @property
    def state(self) -> FeedState:
        """Tell how it stands."""
        self._tell_state()
        now_s = time.monotonic()
        is_current = self._current_from_s is not None
        since_s = self._current_from_s if is_current else self._known_s
        ago = None if since_s is None else timedelta(seconds=now_s - since_s)
        return FeedState(
            is_current=is_current,
            since=None if ago is None else self._clock.now() - ago,
            node=self._reader.host.name if self._reader is not None else None,
            is_primary=None if self._life is None else not self._life.in_recovery,
            is_listening=self._wakeups.is_listening,
            age_s=None if self._known_s is None else now_s - self._known_s,
        )

    async def _step(self) -> None:
        self._woken.clear()  # before reading: whoever wakes from here on is heard afterwards
        reader = await self._place()
        reading = await reader.read(self._cursor)
        if reading.life == self._life and reading.asked_s - self._read_s <= self._pace.silence_s:
            self._tell(reading)
        else:
            reading = await self._start_anew(reader)
        self._note(reading)
        await self._wait()

    async def _place(self) -> Reader:
        """Give the reader of the best node, another one when need be; raises DirectoryError."""
        host = await self._choose() if self._reader is None else self._find_better(self._reader)
        if host is not None:
            self._drop()
            self._reader = await Reader.open(
                host, timeout_s=self._pace.timeout_s, on_lost=self._woken.set
            )
            log.info("database: reading from %s", host.name)
        if self._reader is None:
            raise DirectoryError("database: no node answers")
        return self._reader

    async def _choose(self) -> Host | None:
        if len(self._lookout.hosts) == 1:
            return self._lookout.hosts[0]
        await self._lookout.look()
        return self._best()

    def _find_better(self, reader: Reader) -> Host | None:
        """Give another node to read from, if there was a look at them and one is better."""
        if self._lookout.looked_s <= self._chosen_s:
            return None
        seen = {node.host for node in self._lookout.nodes}
        if reader.host not in seen and self.is_current():
            return None  # it answers us, whatever kept it from answering the look
        best = self._best()
        return best if best != reader.host else None

    def _best(self) -> Host | None:
        self._chosen_s = self._lookout.looked_s
        needed = self._positions.before(self._chosen_s - self._pace.doubt_s)
        used = self._life.host if self._life is not None else None
        return choose(self._lookout.nodes, used=used, needed=needed)

    async def _start_anew(self, reader: Reader) -> Reading:
        """Move whoever reads rows, then take a new cursor, then say that all is doubtful."""
        self._life = None
        self._as_of_s = None
        self._movable.use(reader.host.dsn)
        self._clock.forget()
        self._cursor = Cursor()
        reading = await reader.read(self._cursor)
        self._cursor.take(reading.entries, reading.oldest)
        self._on_changes(Changes(everything=True))
        FEED_RESTARTS.inc()
        self._life = reading.life
        return reading

    def _tell(self, reading: Reading) -> None:
        new = self._cursor.take(reading.entries, reading.oldest)
        if not new:
            return
        life, self._life = self._life, None  # if telling fails, all is doubtful
        self._on_changes(changes_of(new))
        self._life = life
        FEED_CHANGES.inc(len(new))

    def _note(self, reading: Reading) -> None:
        FEED_READ.inc()
        self._clock.learn(reading.at, reading.asked_s, reading.answered_s)
        self._read_s = reading.asked_s
        self._as_of_s = self._known_until(reading)
        self._known_s = self._as_of_s or self._known_s
        self._fault = "the standby is behind" if reading.life.in_recovery else ""
        self._tell_state()
        self._tried.set()
        if self._as_of_s is None or reading.answered_s - self._as_of_s > self._pace.doubt_s:
            self._lookout.ask()

    def _known_until(self, reading: Reading) -> float | None:
        """Give the time until which nothing is missing."""
        if not reading.life.in_recovery:
            return reading.asked_s
        if primary_of(self._lookout.nodes) is None:
            # A primary that was there and is not seen may still take changes from others.
            knows = reading.is_receiving and not self._lookout.has_seen_primary
            return reading.asked_s if knows else self._as_of_s
        if reading.replayed is None:
            return self._as_of_s
        return self._positions.as_of(reading.replayed) or self._as_of_s

    async def _wait(self) -> None:
        """Wait to be woken, or for the next poll; behind a wake-up a standby is polled often."""
        await asyncio.sleep(LEAST_PAUSE_S)
        try:
            async with asyncio.timeout(self._pause_s):
                await self._woken.wait()
        except TimeoutError:
            self._pause_s = min(2 * self._pause_s, self._pace.poll_s)
        else:
            is_standby = self._life is not None and self._life.in_recovery
            self._pause_s = LEAST_PAUSE_S if is_standby else self._pace.poll_s

    def _on_fault(self, reason: str) -> None:
        FEED_FAILED.inc()
        self._fault = reason
        self._drop()
        self._tell_state()
        self._tried.set()

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _tell_state(self) -> None:
        """Count and log what has become of it; one line for each change."""
        now_s = time.monotonic()
        is_current = self.is_current()
        if is_current and self._current_from_s is None:
            self._current_from_s = now_s
            log.info("database: all changes are known")
        elif not is_current and self._current_from_s is not None:
            self._current_from_s = None
            log.warning("changes may be missing: %s", self._fault)
        FEED_CURRENT.set(is_current)
        FEED_AGE.set(float("inf") if self._known_s is None else now_s - self._known_s)
