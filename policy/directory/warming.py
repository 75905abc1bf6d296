"""Fills a cold cache with what is called most, while calls are answered already."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from policy.directory.queries.usage import MOST_CALLED
from policy.directory.records import AddressKey
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policy.directory.cache import CachedDirectory
    from policy.directory.usage import Run

log = logging.getLogger(__name__)

MAX_ADDRESSES: Final = 20_000
# A batch is one round trip; with this many under way a caller's question waits for one at most.
KEYS_PER_BATCH: Final = 200
BATCHES_AT_ONCE: Final = 4
# A server that started from its snapshot is warmed up once the database is there. One that is late
# is not asked for its longest answer again and again: each pause is twice the one before.
RETRY_S: Final = 5.0
MAX_RETRY_S: Final = 600.0


class Warmup:
    """Runs until it has succeeded once; `open()` starts it, `close()` ends it."""

    def __init__(self, cached: CachedDirectory, run: Run, *, entries: int) -> None:
        self._cached = cached
        self._run = run
        # The other half is for what is called and was not before.
        self._limit = min(entries // 2, MAX_ADDRESSES)
        self._task: asyncio.Task[None] | None = None

    def open(self, *, retry_s: float = RETRY_S) -> None:
        """Start, without waiting for anything."""
        self._task = asyncio.create_task(self._warm_at_last(retry_s))

    async def close(self) -> None:
        """Stop, wherever it stands."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def warm(self) -> None:
        """Learn what is called most; raises DirectoryError when the database is away or late."""
        try:
            rows = await self._run(MOST_CALLED, self._limit)
            batches = _batches([AddressKey(row["local"], row["domain"]) for row in rows])
            async with asyncio.TaskGroup() as group:
                for _ in range(BATCHES_AT_ONCE):
                    group.create_task(self._learn(batches))
        except* DirectoryError as faults:
            fault = faults.exceptions[0]
        else:
            level = logging.INFO if rows else logging.DEBUG
            log.log(level, "the cache has been warmed up with %d addresses", len(rows))
            return
        # Not above: Python 3.11.2 would wrap it once more.
        raise DirectoryError(str(fault)) from fault

    async def _warm_at_last(self, retry_s: float) -> None:
        has_told = False
        while True:
            try:
                return await self.warm()
            except DirectoryError as exc:
                if not has_told:
                    log.warning("the cache is not warmed up yet: %s", exc)
                has_told = True
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, MAX_RETRY_S)

    async def _learn(self, batches: Iterator[Sequence[AddressKey]]) -> None:
        """Take batches that nobody else has taken, one after the other."""
        for batch in batches:
            await asyncio.gather(*map(self._cached.learn, batch))


def _batches(keys: Sequence[AddressKey]) -> Iterator[Sequence[AddressKey]]:
    for start in range(0, len(keys), KEYS_PER_BATCH):
        yield keys[start : start + KEYS_PER_BATCH]
