"""Writes down how often addresses are called, for the next server that starts cold."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TYPE_CHECKING, Final

from policy.directory.queries.usage import COUNT_CALLS
from policy.directory.repeating import Repeating
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from policy.directory.cache import CachedDirectory

log = logging.getLogger(__name__)

# Runs a query with its values; raises DirectoryError, and does so in time: `Pool.fetch`.
Run = Callable[..., Awaitable["Sequence[asyncpg.Record]"]]

WRITE_EVERY_S: Final = 60.0
# Some 50 ms for the database; a statement of all might not be over in time.
ADDRESSES_AT_A_TIME: Final = 5000
# What cannot be written waits; beyond this the addresses that were called least are let go.
MAX_WAITING: Final = 100_000


class Usage:
    """Counts the calls of a cache's addresses; `open()` before use, `close()` after.

    `run` asks a database that can be written. Where there is none the counts wait for one.
    """

    def __init__(self, cached: CachedDirectory, run: Run) -> None:
        self._cached = cached
        self._run = run
        self._waiting: Counter[int] = Counter()
        self._is_failing = False
        self._repeating = Repeating(self.write)

    def open(self, *, every_s: float = WRITE_EVERY_S) -> None:
        """Begin to write at regular times."""
        self._repeating.open(every_s=every_s)

    async def close(self) -> None:
        """Write once more, and stop."""
        await self._repeating.close()
        await self.write()

    async def write(self) -> None:
        """Write what was called since the last time, or keep it for the next."""
        self._waiting.update(await self._cached.take_calls())
        try:
            while self._waiting:
                ids = sorted(islice(self._waiting, ADDRESSES_AT_A_TIME))
                await self._run(COUNT_CALLS, ids, [float(self._waiting[each]) for each in ids])
                for each in ids:
                    del self._waiting[each]
        except DirectoryError as exc:
            if not self._is_failing:
                log.warning("how often addresses are called cannot be written for now: %s", exc)
            self._is_failing = True
            self._waiting = Counter(dict(self._waiting.most_common(MAX_WAITING)))
        else:
            self._is_failing = False
