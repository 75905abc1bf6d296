"""Keeps entries within bounds, and finds those that a change of the directory concerns.

A shelf forgets what is past its time and, when it is full, what has not been used for longest. It
knows nothing of trust: who asks it decides whether a kept entry is still believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from cachetools import TLRUCache

from policy.directory.footprint import footprint_of
from policy.directory.records import AddressKey
from policy.metrics import CACHE_BYTES, CACHE_ENTRIES, CACHE_EVICTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from uuid import UUID

    from policy.directory.records import Changes, Entry, Found

LabelT = TypeVar("LabelT", bound="Hashable")

# Entries that came in together, from a snapshot say, leave memory over a tenth of their time, and
# this at most: a hundred thousand at once would hold the loop for a third of a second.
MAX_SPREAD_S: Final = 30.0

NEVER: Final = float("-inf")

# A walk over 100,000 entries takes 0.4 ms for each of so many parts.
PARTS: Final = 256


@dataclass(slots=True, eq=False)
class Kept:
    """An entry as it is kept, and until when; the moments are those of a monotonic clock.

    Not frozen, for a hit is counted here, and a doubt noted.
    """

    key: AddressKey
    found: Found
    forget_at: float
    fresh_until: float = NEVER
    trusted_until: float = NEVER  # instead, while nobody vouches that every change is heard of
    refresh_at: float = -NEVER
    is_doubted: bool = False  # it may have changed, or comes from an earlier run
    has_changed: bool = False  # it is known to be another by now: it does not even serve as stale
    trust: int = 0  # the cache's, when this came
    size_bytes: int = 0  # set by the shelf
    hits: int = 0  # since it came from the directory
    other_calls: int = 0  # that were no hits, less what has been taken

    @property
    def entry(self) -> Entry:
        """Give what the directory said."""
        return self.found.entry

    def doubt(self) -> None:
        """Believe it no more: it serves only while the directory cannot be asked."""
        self.is_doubted = True
        self.trusted_until = self.fresh_until = NEVER

    def take_calls(self) -> int:
        """Give how often it was asked for since somebody last took this number."""
        calls = self.hits + self.other_calls
        self.other_calls = -self.hits
        return calls


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a shelf may hold."""

    entries: int
    bytes: int


class Shelf:
    """Kept entries by key, bounded by number and by bytes; `name` labels its metrics."""

    def __init__(self, name: str, bounds: Bounds, clock_s: Callable[[], float]) -> None:
        self._bounds = bounds
        self._by_local: list[_Index[str]] = [_Index() for _ in range(PARTS)]
        self._by_row: _Index[UUID] = _Index()
        self._kept = _Store(bounds.bytes, clock_s, self._let_go)
        self._evictions = CACHE_EVICTIONS.labels(name)
        CACHE_ENTRIES.labels(name).set_function(lambda: len(self))
        CACHE_BYTES.labels(name).set_function(lambda: self.bytes)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """Give about how much memory the entries take."""
        return int(self._kept.currsize)

    def find(self, key: AddressKey) -> Kept | None:
        """Give what is kept of a key, and remember that it was of use."""
        try:
            return self._kept[key]  # one look: `.get()` would look at the clock twice
        except KeyError:
            return None

    def put(self, kept: Kept) -> None:
        """Keep an entry in the place of an older one; what is too large for the shelf is not."""
        self.drop(kept.key)
        self._make_room()
        kept.size_bytes = footprint_of(kept.key, kept.entry)
        if kept.size_bytes <= self._bounds.bytes:
            self._kept[kept.key] = kept
        if kept.key in self._kept:  # not one that is past its time already
            self._alike(kept.key.local).add(kept.key.local, kept)
            for part in kept.entry.parts:
                self._by_row.add(part, kept)

    def drop(self, key: AddressKey) -> None:
        """Forget a key, if it is known."""
        kept = self._kept.remove(key)
        if kept is not None:
            self._forget_labels(kept)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._by_local = [_Index() for _ in range(PARTS)]
        self._by_row = _Index()

    def touched_by(self, changes: Changes) -> tuple[Kept, ...]:
        """Give the entries that changes concern; the cost grows with these, not with the shelf."""
        by_local = (self._alike(each).find(each) for each in changes.locals)
        by_row = (self._by_row.find(each) for each in changes.rows)
        return tuple(chain(chain.from_iterable(by_local), chain.from_iterable(by_row)))

    def parts(self) -> Iterator[Sequence[Kept]]:
        """Give all that is kept, part by part; the shelf may change in between."""
        for number in range(PARTS):
            yield self._by_local[number].all()

    def _alike(self, local: str) -> _Index[str]:
        """Give the index that holds a local part, with others."""
        return self._by_local[hash(local) % PARTS]

    def _make_room(self) -> None:
        """Keep the number; the store itself keeps the bytes."""
        self._kept.expire()
        while len(self._kept) >= self._bounds.entries:
            self._kept.popitem()

    def _let_go(self, kept: Kept, *, evicted: bool) -> None:
        if evicted:
            self._evictions.inc()
        self._forget_labels(kept)

    def _forget_labels(self, kept: Kept) -> None:
        self._alike(kept.key.local).remove(kept.key.local, kept)
        for part in kept.entry.parts:
            self._by_row.remove(part, kept)


class _Store(TLRUCache[AddressKey, Kept, float]):
    """The library's cache, which tells whom it lets go."""

    def __init__(self, max_bytes: int, clock_s: Callable[[], float], let_go: _LetGo) -> None:
        super().__init__(max_bytes, _leaves_at, clock_s, attrgetter("size_bytes"))
        self._let_go = let_go

    def expire(self, time: float | None = None) -> list[tuple[AddressKey, Kept]]:
        """Let go what is past its time; the library calls it, too, before it adds something."""
        expired = super().expire(time)
        for _, kept in expired:
            self._let_go(kept, evicted=False)
        return expired

    def popitem(self) -> tuple[AddressKey, Kept]:
        """Let go what was not used for longest."""
        key, kept = super().popitem()
        self._let_go(kept, evicted=True)
        return key, kept

    def remove(self, key: AddressKey) -> Kept | None:
        """Take out one entry, without telling."""
        with self.timer:  # time stands still: the entry cannot expire in between
            self.expire()
            try:
                kept = self[key]
            except KeyError:
                return None
            del self[key]
            return kept


def _leaves_at(key: AddressKey, kept: Kept, now: float) -> float:
    """Say when an entry leaves memory: after it has been of use for the last time."""
    share = ((hash(key) & 0xFF) + 1) / 0x100
    return kept.forget_at + share * min((kept.forget_at - now) / 10, MAX_SPREAD_S)


class _LetGo(Protocol):
    def __call__(self, kept: Kept, *, evicted: bool) -> None: ...


class _Index(Generic[LabelT]):
    """Kept entries by label; most labels have one, and a set for each would double the memory."""

    def __init__(self) -> None:
        self._kept: dict[LabelT, Kept | set[Kept]] = {}

    def find(self, label: LabelT) -> Iterable[Kept]:
        found = self._kept.get(label, ())
        return (found,) if isinstance(found, Kept) else tuple(found)

    def all(self) -> Sequence[Kept]:
        return tuple(chain.from_iterable(map(self.find, self._kept)))

    def add(self, label: LabelT, kept: Kept) -> None:
        known = self._kept.setdefault(label, kept)
        if isinstance(known, set):
            known.add(kept)
        elif known is not kept:
            self._kept[label] = {known, kept}

    def remove(self, label: LabelT, kept: Kept) -> None:
        known = self._kept.get(label)
        if isinstance(known, set):
            known.discard(kept)
        if known is kept or known == set():
            del self._kept[label]
