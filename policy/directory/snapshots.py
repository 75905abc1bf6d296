"""Writes the snapshot at regular times, while what is kept is known to be true."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from policy.directory.repeating import Repeating
from policy.directory.snapshot import write_snapshot
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from policy.directory.cache import Around, CachedDirectory
    from policy.directory.sealing import Seal

log = logging.getLogger(__name__)


class Snapshots:
    """Keeps the file of a cache up to date; `open()` before use, `close()` after.

    Nothing is written while nobody vouches for the cache: what an outage has left of it would
    replace what was known before.
    """

    def __init__(self, path: Path, seal: Seal, cached: CachedDirectory, around: Around) -> None:
        self._path = path
        self._seal = seal
        self._cached = cached
        self._around = around
        self._is_failing = False
        self._repeating = Repeating(self.write)
        self.written_at: datetime | None = None  # by this server, by the database's clock

    def open(self, *, every_s: float) -> None:
        """Begin to write."""
        self._repeating.open(every_s=every_s)

    async def close(self) -> None:
        """Write once more, and stop."""
        await self._repeating.close()
        await self.write()

    async def write(self) -> None:
        """Write what is kept, if that can be vouched for; a full disk is told once."""
        if not self._around.is_current():
            return
        written_at = self._around.now()
        try:
            await write_snapshot(self._path, self._seal, self._cached, written_at)
        except DirectoryError as exc:
            if not self._is_failing:
                log.warning("no snapshot is written for now: %s", exc)
            self._is_failing = True
        else:
            self._is_failing = False
            self.written_at = written_at
