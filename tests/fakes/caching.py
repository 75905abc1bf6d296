"""A cache in front of a directory of a test, with a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from policy.directory.cache import Around, CachedDirectory, Lifetimes
from policy.directory.records import Entry, OrganisationState, PermanentRoom, RoomState
from policy.directory.shelf import Bounds
from policy.errors import DirectoryError
from policy.wire.results import ServiceResult
from tests.fakes.directory import FakeDirectory, Telling

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from policy.directory.document import DirectoryFile
    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey

START: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
NOBODYS: Final = Entry(own_domain=True, target=None)


class Clock:
    """Gives seconds, and the database's time, which goes along; nobody else moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.is_current = True

    def __call__(self) -> float:
        """Give the seconds of a monotonic clock."""
        return self.now_s

    def now(self) -> datetime:
        """Give the time by the database's clock."""
        return START + timedelta(seconds=self.now_s - 1000)

    def around(self) -> Around:
        """Give what a cache wants to know; every change is heard of unless a test says no."""
        return Around(self, self.now, lambda: self.is_current)


def caching(
    directory: Directory,
    clock: Clock | None = None,
    *,
    lifetimes: Lifetimes | None = None,
    bounds: Bounds | None = None,
) -> CachedDirectory:
    """Keep owned entries for 10 seconds and others for 2, as many as a test may want."""
    return CachedDirectory(
        Telling(directory),
        lifetimes or Lifetimes(owned_s=10, unowned_s=2, stale_s=300),
        bounds or Bounds(100_000, 100_000_000),
        (clock or Clock()).around(),
    )


class GatedDirectory(FakeDirectory):
    """Reads its rows when it is asked, and says what it read once it is let go."""

    def __init__(self, file: DirectoryFile | None = None) -> None:
        super().__init__(file)
        self.let_go = asyncio.Event()
        self.was_asked = asyncio.Event()

    async def find(self, key: AddressKey) -> Entry:
        """Read, wait at the gate, answer."""
        try:
            return await super().find(key)
        finally:
            self.was_asked.set()
            await self.let_go.wait()

    async def was_asked_again(self) -> None:
        """Wait for a question that comes after this."""
        self.was_asked.clear()
        await self.was_asked.wait()


class Rows:
    """A directory of made-up entries; a test changes them as it likes."""

    def __init__(self, entries: Mapping[AddressKey, Entry] | None = None) -> None:
        self.entries = dict(entries or {})
        self.asked: Counter[AddressKey] = Counter()
        self.is_away = False

    async def find(self, key: AddressKey) -> Entry:
        """Give what stands there; nobody owns the rest. Raises DirectoryError while it is away."""
        self.asked[key] += 1
        if self.is_away:
            raise DirectoryError("database: is away")
        return self.entries.get(key, NOBODYS)


def room_entry(name: str = "r-1", *parts: UUID, address_id: int | None = None) -> Entry:
    """Give a room that is open, made of these rows."""
    service = ServiceResult.of({"name": name, "service_type": "conference"})
    target = PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, service)
    return Entry(own_domain=True, target=target, parts=parts, address_id=address_id)
