"""A directory in memory that tests can watch, and take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.errors import DirectoryError

if TYPE_CHECKING:
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
