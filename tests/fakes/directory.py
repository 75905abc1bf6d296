"""A directory in memory that tests can watch, and take away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey, Entry


class FakeDirectory:
    """Answers at once from memory, counts what it was asked, and can be away."""

    def __init__(self, file: DirectoryFile | None = None) -> None:
        self.asked: list[AddressKey] = []
        self.is_away = False
        self.fill(file or DirectoryFile())

    def fill(self, file: DirectoryFile) -> None:
        """Hold these rows and no others."""
        self._rows = MemoryDirectory(file)

    async def find(self, key: AddressKey) -> Entry:
        """Give what the rows say of a key; raises DirectoryError while it is away."""
        self.asked.append(key)
        if self.is_away:
            raise DirectoryError("database: is away")
        return self._rows.find_now(key)


# Some directories of tests never answer; what asks them waits until all tests are over.
_TASKS: Final[set[asyncio.Task[None]]] = set()


class Telling:
    """Asks a directory that is awaited for whoever wants to be told."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def ask(self, key: AddressKey, tell: Callable[[Entry | Exception], None]) -> None:
        """Tell what `find()` gives or raises."""
        task = asyncio.create_task(self._ask(key, tell))
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)

    async def _ask(self, key: AddressKey, tell: Callable[[Entry | Exception], None]) -> None:
        try:
            entry = await self._directory.find(key)
        except Exception as exc:  # noqa: BLE001  whatever a test lets it raise
            tell(exc)
        else:
            tell(entry)
