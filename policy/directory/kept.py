"""An entry as it is kept: how long it is believed, how often it was asked for, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from policy.directory.footprint import footprint_of
from policy.directory.packing import address_id_of, pack, row_of, unpack
from policy.directory.records import AddressKey, Found

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from policy.directory.packing import Frame
    from policy.directory.records import Entry

# Measured as in `footprint`: what keeping a packed entry takes, beside the texts.
_PACKED_BYTES: Final = 320

NEVER: Final = float("-inf")
# Instead of the cache's own number: it may have changed, or comes from an earlier run; and it is
# known to be another by now, and does not even serve as stale.
DOUBTED: Final = -1
CHANGED: Final = -2


class Term(NamedTuple):
    """Until when an entry is believed, by a monotonic clock; what came together shares it.

    `trusted_until` counts instead of `fresh_until` while nobody vouches that every change is heard
    of. `trust` is the cache's, when it came.
    """

    forget_at: float
    fresh_until: float = NEVER
    trusted_until: float = NEVER
    refresh_at: float = -NEVER
    trust: int = DOUBTED


class Kept:
    """One entry; `found` is None while it is only packed.

    Slots and shared values only: there are 100,000 of them, of a hundred bytes each.
    """

    __slots__ = (
        "domain",
        "found",
        "frame",
        "hits",
        "is_of_use",
        "local",
        "other_calls",
        "own",
        "rest",
        "term",
    )

    def __init__(self, key: AddressKey, found: Found, term: Term) -> None:
        self.local = key.local
        self.domain = key.domain
        self.found: Found | None = found
        self.term = term
        self.is_of_use = False  # since it came, or was passed over when room was made
        self.hits = 0  # since it came from the directory
        self.other_calls = 0  # that were no hits, less what has been taken
        self.frame: Frame | None = None
        self.rest = self.own = b""

    @property
    def key(self) -> AddressKey:
        """Give what it is found by."""
        return AddressKey(self.local, self.domain)

    @property
    def entry(self) -> Entry:
        """Give what the directory said."""
        return self.unpacked().entry

    @property
    def is_owned(self) -> bool:
        """Say whether somebody owns the address: only what somebody owns is packed."""
        return self.frame is not None or self.entry.target is not None

    def unpacked(self) -> Found:
        """Give it as records, which it does not keep."""
        if self.found is not None:
            return self.found
        assert self.frame is not None, "either is there"  # noqa: S101
        return Found(unpack(self.frame, self.rest, self.own))

    def pack(self) -> None:
        """Keep a room or a meeting without its records: most are not asked for again soon."""
        found = self.found
        packed = pack(found.entry) if found is not None and not found.is_stale else None
        if packed is not None:
            self.frame, self.rest, self.own = packed
            self.found = None

    @property
    def own_bytes(self) -> int:
        """Give about how much memory it takes, beside what it shares."""
        if self.frame is None:
            return footprint_of(self.key, self.entry)
        return _PACKED_BYTES + len(self.local) + len(self.own)

    @property
    def address_id(self) -> int | None:
        """Give the number of the address, by which calls are counted."""
        return self.entry.address_id if self.frame is None else address_id_of(self.own)

    @property
    def shared_rows(self) -> tuple[UUID, ...]:
        """Give the rows that it is made of besides the first, which is its own."""
        return self.entry.parts[1:] if self.frame is None else self.frame.rows

    @property
    def number(self) -> int:
        """Give a number that all of one row have in common."""
        if self.frame is not None:
            return hash(self.own[:16])
        parts = self.entry.parts
        return hash(parts[0].bytes) if parts else hash(self.local)

    def is_of(self, row: UUID) -> bool:
        """Say whether it is of this room or device."""
        if self.frame is not None:
            return row_of(self.own) == row.bytes
        return self.entry.parts[:1] == (row,)

    def is_made_of(self, rows: AbstractSet[UUID], frames: AbstractSet[int]) -> bool:
        """Say whether it is made of any of these rows; `frames` are the identities of those."""
        if self.frame is not None:
            return id(self.frame) in frames
        return not rows.isdisjoint(self.shared_rows)

    def distrust(self) -> None:
        """Believe it no more at all: it is known to be another by now."""
        self.term = self.term._replace(trust=CHANGED)

    def take_calls(self) -> int:
        """Give how often it was asked for since somebody last took this number."""
        calls = self.hits + self.other_calls
        self.other_calls = -self.hits
        return calls
