"""Keeps entries within bounds, and finds those that a change of the directory concerns.

A shelf forgets what is past its time and, when it is full, what came first and was not of use
since. It knows nothing of trust: who asks it decides whether a kept entry is still believed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from policy.directory.packing import Frames
from policy.metrics import CACHE_BYTES, CACHE_ENTRIES, CACHE_EVICTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from policy.directory.kept import Kept
    from policy.directory.records import AddressKey, Changes, Found

# A walk over 100,000 entries takes 0.4 ms for each of so many parts.
PARTS: Final = 256
# Entries of one bucket are looked at one by one.
_PER_BUCKET: Final = 16
# So many that may have to go are looked up together.
_AT_ONCE: Final = 64
# So many entries are at hand as records, 1 kB each; of the others a hit takes 2 us more.
MAX_AT_HAND: Final = 4096
# Domains of which the text is kept once. Whoever makes up more wins nothing by it.
MAX_DOMAINS: Final = 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a shelf may hold."""

    entries: int
    bytes: int


class Shelf:
    """Kept entries by key, bounded by number and by bytes; `name` labels its metrics.

    The library's caches take 400 bytes of their own for each entry, and its expiry four objects;
    here it is a dict by local part, and lists in which a row's entries lie together.
    """

    def __init__(self, name: str, bounds: Bounds, clock_s: Callable[[], float]) -> None:
        self._bounds = bounds
        self._clock_s = clock_s
        # What came last stands last, and so does what was of use when it was about to go: an
        # ordered dict, in which every use moves, takes 70 bytes more for each. Of one local part
        # in several domains it is the first of a chain; few are.
        self._first: dict[str, Kept] = {}
        self._next: dict[Kept, Kept] = {}
        self._eldest: deque[Kept] = deque()  # those to go next, unless they are of use
        self._buckets: list[list[Kept]] = [[] for _ in range(bounds.entries // _PER_BUCKET + 1)]
        self._swept = 0  # the bucket that was looked through last
        self._frames = Frames()
        self._domains: dict[str, str] = {}
        self._at_hand: deque[Kept] = deque()
        self._length = 0
        self._own_bytes = 0
        self._evictions = CACHE_EVICTIONS.labels(name)
        CACHE_ENTRIES.labels(name).set_function(lambda: len(self))
        CACHE_BYTES.labels(name).set_function(lambda: self.bytes)

    def __len__(self) -> int:
        return self._length

    @property
    def bytes(self) -> int:
        """Give about how much memory the entries take."""
        return self._own_bytes + self._frames.size_bytes

    def find(self, key: AddressKey) -> Kept | None:
        """Give what is kept of a key, and remember that it was of use."""
        local, domain = key
        kept = self._first.get(local)
        while kept is not None and kept.domain != domain:
            kept = self._next.get(kept)
        if kept is not None:
            kept.is_of_use = True
        return kept

    def found(self, kept: Kept) -> Found:
        """Give what is kept as records, at once for what was asked for lately."""
        found = kept.found
        if found is None:
            found = kept.found = kept.unpacked()
            self._keep_at_hand(kept)
        return found

    def put(self, kept: Kept) -> None:
        """Keep an entry instead of what was kept under its key.

        What is past its time, or larger than all that may be kept, is not kept.
        """
        now, bounds = self._clock_s(), self._bounds
        if kept.local in self._first:
            self.drop(kept.key)
        self._sweep(now)
        kept.pack()
        if kept.term.forget_at <= now or kept.own_bytes > bounds.bytes:
            return
        while self._first and self._length >= bounds.entries:
            self._evict()
        self._add(kept)
        while self._own_bytes + self._frames.size_bytes > bounds.bytes:
            self._evict()

    def drop(self, key: AddressKey) -> None:
        """Forget a key, if it is known."""
        local, domain = key
        kept = self._first.get(local)
        while kept is not None and kept.domain != domain:
            kept = self._next.get(kept)
        if kept is not None:
            self._remove(kept)

    def clear(self) -> None:
        """Forget everything."""
        self._first.clear()
        self._next.clear()
        self._eldest.clear()
        self._at_hand.clear()
        self._frames = Frames()
        for bucket in self._buckets:
            bucket.clear()
        self._length = self._own_bytes = 0

    def touched_by(self, changes: Changes) -> tuple[Kept, ...]:
        """Give the entries that changes concern.

        The cost grows with these, but for a row that many are made of: then all are looked at,
        which takes 10 ms for 100,000.
        """
        touched = [kept for each in changes.locals for kept in self._alike(each)]
        for row in changes.rows:
            touched += [kept for kept in self._bucket_of(row) if kept.is_of(row)]
        shared = self._frames.in_use(changes.rows)
        if shared:
            frames = self._frames.ids_of(shared)
            everything = chain.from_iterable(self._buckets)
            touched += [kept for kept in everything if kept.is_made_of(shared, frames)]
        return tuple(touched)

    def parts(self) -> Iterator[Sequence[Kept]]:
        """Give all that is kept, part by part; the shelf may change in between."""
        for start in range(PARTS):
            yield tuple(chain.from_iterable(self._buckets[start::PARTS]))

    def _alike(self, local: str) -> Iterable[Kept]:
        kept = self._first.get(local)
        while kept is not None:
            yield kept
            kept = self._next.get(kept)

    def _bucket_of(self, row: UUID) -> list[Kept]:
        return self._buckets[hash(row.bytes) % len(self._buckets)]

    def _bucket(self, kept: Kept) -> list[Kept]:
        return self._buckets[kept.number % len(self._buckets)]

    def _add(self, kept: Kept) -> None:
        if kept.frame is None:
            self._frames.hold_rows(kept.shared_rows)
        else:
            kept.frame, kept.rest = self._frames.hold(kept.frame, kept.rest)
        kept.domain = self._one_of(kept.domain)
        before = self._first.pop(kept.local, None)
        if before is not None:
            self._next[kept] = before
        self._first[kept.local] = kept
        self._bucket(kept).append(kept)
        self._length += 1
        self._own_bytes += kept.own_bytes

    def _one_of(self, domain: str) -> str:
        """Give the text that others of this domain have, too."""
        if len(self._domains) >= MAX_DOMAINS:
            self._domains.clear()
        return self._domains.setdefault(domain, domain)

    def _remove(self, kept: Kept) -> None:
        behind = self._next.pop(kept, None)
        before = self._first[kept.local]
        if before is not kept:
            while self._next[before] is not kept:
                before = self._next[before]
            if behind is None:
                del self._next[before]
            else:
                self._next[before] = behind
        elif behind is not None:
            self._first[kept.local] = behind
        else:
            del self._first[kept.local]
        self._bucket(kept).remove(kept)
        self._length -= 1
        self._own_bytes -= kept.own_bytes
        if kept.frame is None:
            self._frames.release_rows(kept.shared_rows)
        else:
            self._frames.release(kept.frame, kept.rest)

    def _evict(self) -> None:
        """Let go what came first; what was of use since then is as if it had come now."""
        passed_over = 0
        while True:
            if not self._eldest:  # to find the first of a dict takes long when many before it left
                self._eldest.extend(islice(self._first.values(), _AT_ONCE))
            kept = self._eldest.popleft()
            if self._first.get(kept.local) is not kept:  # it has left, or another came before it
                continue
            if not kept.is_of_use or passed_over >= _AT_ONCE:  # no call waits for a walk over all
                break
            passed_over += 1
            kept.is_of_use = False
            self._first[kept.local] = self._first.pop(kept.local)
        self._remove(kept)
        self._evictions.inc()

    def _sweep(self, now: float) -> None:
        """Let go what is past its time in one bucket, with every entry that comes in.

        However many came together, no call waits for all of them to leave.
        """
        self._swept = (self._swept + 1) % len(self._buckets)
        bucket = self._buckets[self._swept]
        for kept in [each for each in bucket if each.term.forget_at <= now]:
            self._remove(kept)

    def _keep_at_hand(self, kept: Kept) -> None:
        """Let what was at hand for longest be packed only."""
        self._at_hand.append(kept)
        if len(self._at_hand) > MAX_AT_HAND:
            self._at_hand.popleft().found = None
