"""Which entries of the log are still to be told. Pure: no I/O, no waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from policy.directory.records import Changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of the log, and the transaction that wrote it."""

    seq: int
    xid: int
    kind: str
    key: str | None


class Cursor:
    """Knows what has been read: every entry is taken once, as soon as it can be seen.

    A number says nothing of the order of commits, and neither does a transaction's. So each read
    looks again at all transactions from the oldest on that was under way at the last one, and what
    was seen of them is remembered as long as that goes on. Nobody waits for a slow transaction.
    """

    def __init__(self) -> None:
        self._oldest: int | None = None
        self._seen: dict[int, int] = {}

    @property
    def oldest(self) -> int | None:
        """The transaction to read from; None before the first read."""
        return self._oldest

    @property
    def seen(self) -> Sequence[int]:
        """The numbers that a read from there may leave out."""
        return tuple(self._seen)

    def take(self, entries: Iterable[Logged], oldest: int) -> Sequence[Logged]:
        """Give what has not been seen; `oldest` was under way when these entries were read."""
        new = [entry for entry in entries if entry.seq not in self._seen]
        self._seen.update((entry.seq, entry.xid) for entry in new)
        if oldest != self._oldest:
            self._seen = {seq: xid for seq, xid in self._seen.items() if xid >= oldest}
            self._oldest = oldest
        return new


def changes_of(entries: Iterable[Logged]) -> Changes:
    """Sum up entries of the log; a kind that is not known may be about anything."""
    locals_: set[str] = set()
    rows: set[UUID] = set()
    for entry in entries:
        match entry.kind, entry.key:
            case "local", str(local):
                locals_.add(local)
            case "row", str(row):
                rows.add(UUID(row))
            case _:
                return Changes(everything=True)
    return Changes(frozenset(locals_), frozenset(rows))
