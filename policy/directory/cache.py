"""Entries kept for a while: expiry by kind, single flight, stale ones while the database is away.

What is kept are directory rows, not answers: a booking's window is decided anew for every call, so
no kept entry outlives the moment a meeting opens or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from cachetools import TLRUCache

from policy.directory.flights import Flights
from policy.directory.records import Found
from policy.errors import DirectoryError
from policy.metrics import DIRECTORY_HIT, DIRECTORY_MISS, DIRECTORY_STALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey, Entry


class Lookup(Protocol):
    """Whoever finds entries and says how fresh they are."""

    async def find(self, key: AddressKey) -> Found:
        """Give what is known of a key; raises DirectoryError when that cannot be said."""
        ...


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long an entry is believed, in seconds."""

    owned_s: float
    unowned_s: float
    stale_s: float


@dataclass(frozen=True, slots=True)
class _Kept:
    entry: Entry
    fresh_until: float
    forget_at: float


class CachedDirectory:
    """Keeps what another directory said; waiters for one key share one question."""

    def __init__(
        self,
        directory: Directory,
        lifetimes: Lifetimes,
        *,
        entries: int,
        clock_s: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._lifetimes = lifetimes
        self._clock_s = clock_s
        self._kept: TLRUCache[AddressKey, _Kept] = TLRUCache(
            entries, ttu=lambda _key, kept, _now: kept.forget_at, timer=clock_s
        )
        self._flights: Flights[AddressKey, Entry] = Flights()

    async def find(self, key: AddressKey) -> Found:
        """Give a fresh entry, else ask, else a stale one; raises DirectoryError without any."""
        try:
            kept = self._kept[key]  # one look: `.get()` would expire twice
        except KeyError:
            kept = None
        if kept is not None and self._clock_s() < kept.fresh_until:
            DIRECTORY_HIT.inc()
            return Found(kept.entry)
        DIRECTORY_MISS.inc()
        try:
            return Found(await self._flights.join(key, partial(self._ask, key)))
        except DirectoryError:
            if kept is None:
                raise
            DIRECTORY_STALE.inc()
            return Found(kept.entry, is_stale=True)

    async def close(self) -> None:
        """End the questions that are still under way."""
        await self._flights.close()

    async def _ask(self, key: AddressKey) -> Entry:
        entry = await self._directory.find(key)
        now = self._clock_s()
        owned = entry.target is not None
        fresh_s = self._lifetimes.owned_s if owned else self._lifetimes.unowned_s
        # That nobody owns an address is not worth repeating once it may have changed.
        stale_s = self._lifetimes.stale_s if owned else 0.0
        self._kept[key] = _Kept(entry, now + fresh_s, now + fresh_s + stale_s)
        return entry
