"""The directory that tools decide with: a file, the database of the site, or nobody at all."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from policy.cli.database import opened as opened_database
from policy.cli.options import seal_of
from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.directory.lanes import Lanes
from policy.directory.lookup import PostgresDirectory
from policy.directory.memory import MemoryDirectory
from policy.directory.records import Entry
from policy.documents import load
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey
    from policy.settings import Settings

# Nobody waits for a call here, and keys come by the hundred.
TIMEOUT_S: Final = 30.0
# One query is asked while the rows of the other are read; a server beside keeps its own.
CONNECTIONS: Final = 2


class NobodyDirectory:
    """Knows no domain and no address."""

    async def find(self, key: AddressKey) -> Entry:  # noqa: ARG002  one answer for all
        """Say that nobody owns the key."""
        return Entry(own_domain=False, target=None)


def directory_of_file(path: Path, settings: Settings) -> MemoryDirectory:
    """Read a directory file; raises DocumentError with every problem."""
    parsed = load(path, DirectoryFile)
    check_directory(parsed, settings.platform)
    return MemoryDirectory(parsed.value)


@asynccontextmanager
async def directory_of_site(settings: Settings) -> AsyncIterator[Directory]:
    """Open the database of the settings for reading; raises StartError or DirectoryError."""
    async with opened_database(settings) as dsn:
        seal = seal_of(settings)  # only then: what is sealed on opening may have made the key
        lanes = Lanes(dsn, connections=CONNECTIONS, timeout_s=TIMEOUT_S)
        try:
            await lanes.open()
            yield PostgresDirectory(lanes, seal)
        finally:
            await lanes.close()


def with_alternative(exc: StartError | DirectoryError) -> DirectoryError:
    """Add what can be done without the database."""
    return DirectoryError(f"{exc}; --directory FILE or --no-directory need none")
