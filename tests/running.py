"""A policy server in this process: everything but the command line, on a real socket."""

from __future__ import annotations

import socket
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.apps import Sources, build_apps
from policy.directory.cache import Around, CachedDirectory, Lifetimes
from policy.directory.shelf import Bounds
from policy.handlers.health import DirectoryHealth
from policy.handlers.listening import url_of
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable
from policy.settings import Settings
from tests.fakes.directory import Telling
from tests.fakes.phonebook import FakePhonebook
from tests.fakes.pictures import FakePictures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from policy.directory.lookup import Directory
    from policy.directory.phonebook import Phonebook
    from policy.directory.pictures import Pictures
    from policy.handlers.door import Door

NOON: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)


@asynccontextmanager
async def running(
    directory: Directory,
    table: RuleTable | None = None,
    settings: Settings | None = None,
    clock: Callable[[], datetime] = lambda: NOON,
    *,
    phonebook: Phonebook | None = None,
    pictures: Pictures | None = None,
) -> AsyncIterator[str]:
    """Serve on a free port of loopback; gives the base URL."""
    settings = settings or Settings()
    cached = cached_as_by(settings, directory, clock)
    sources = Sources(
        cached, phonebook or FakePhonebook(), pictures or FakePictures(), DirectoryHealth(directory)
    )
    live = LiveRules(table or RuleTable())
    apps = build_apps(settings, sources, live, clock)
    async with apps.behind, opened(apps.nodes) as url:
        yield url
    await cached.close()


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[str]:
    """Open a door on a free port of loopback; gives the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        try:
            await door.open(listener)
            yield url_of(listener)
        finally:
            await door.close()


def cached_as_by(
    settings: Settings, directory: Directory, clock: Callable[[], datetime]
) -> CachedDirectory:
    """Remember what a directory says as a server with these settings does that hears of changes."""
    cache = settings.cache
    return CachedDirectory(
        Telling(directory),
        Lifetimes(cache.owned_s, cache.unowned_s, cache.stale_s, cache.untrusted_s),
        Bounds(cache.entries, cache.bytes),
        Around(time.monotonic, clock, lambda: True),
    )
