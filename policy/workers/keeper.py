"""The process that looks after the database for all workers.

It runs the embedded PostgreSQL, which the kernel ends with the thread that started it: a worker may
die without taking the database along. Of a site's database it makes sure that it can be used, once
for all, and ends.
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from policy.database import Database
from policy.workers.duty import Duty
from policy.workers.messages import Prepared

if TYPE_CHECKING:
    from policy.directory.document import DirectoryFile
    from policy.documents import Parsed
    from policy.settings import Settings
    from policy.workers.line import Line

log = logging.getLogger(__name__)


class Keeper:
    """Opens the database, says what is in it, and keeps it until told to end."""

    def __init__(self, settings: Settings, seed: Parsed[DirectoryFile] | None, line: Line) -> None:
        self._settings = settings
        self._seed = seed
        self._duty = Duty(line, self._ignore)

    @classmethod
    async def attend(
        cls, settings: Settings, seed: Parsed[DirectoryFile] | None, line: Line
    ) -> int:
        """Be a keeper to the end; gives the exit code."""
        keeper = cls(settings, seed, line)
        return await keeper._duty.do(keeper._keep())

    async def _keep(self) -> None:
        settings = self._settings
        async with AsyncExitStack() as parts:
            database = await Database.open(settings, parts)
            if await database.fill(self._seed):
                log.info("directory was empty, filled from %s", settings.database.seed)
            await database.check_room(settings)
            found = await database.look_around()
            self._duty.say(Prepared(database.dsn, database.description, database.note, *found))
            if settings.database.url is None:
                await self._duty.until_told()

    def _ignore(self, order: object) -> None:
        """Take no other orders."""
