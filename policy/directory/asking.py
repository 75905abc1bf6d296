"""Asks the directory so that no answer is believed that a change may have overtaken.

A look-up reads a row at some moment between its start and its end. A change that comes in between
may have been committed after that moment: the answer is doubtful, and the question is put again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from policy.metrics import DIRECTORY_OVERTAKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.directory.lookup import TellingDirectory
    from policy.directory.records import AddressKey, Changes, Entry

# A row that changes faster than it can be read is served as read, and not kept.
MAX_REPEATS: Final = 3


class Answer(NamedTuple):
    """What the directory said to a question of `asked_at`; `is_sure` when nothing overtook it."""

    entry: Entry
    asked_at: float
    is_sure: bool


class Asking:
    """Puts questions to a directory, and is told of every change."""

    def __init__(self, directory: TellingDirectory, clock_s: Callable[[], float]) -> None:
        self.directory = directory
        self.clock_s = clock_s
        self.under_way: set[_Question] = set()

    def ask(self, key: AddressKey, tell: Callable[[Answer | Exception], None]) -> None:
        """Ask, and tell what the directory says, or why it says nothing."""
        _Question(self, key, tell).put()

    def tell(self, changes: Changes) -> None:
        """Let every question under way know of changes."""
        for question in self.under_way:
            question.changes.append(changes)


class _Question:
    """A key that is asked for, and what has changed since it was put; one for every miss."""

    __slots__ = ("_asked_at", "_asking", "_key", "_repeats", "_tell", "changes")

    def __init__(
        self, asking: Asking, key: AddressKey, tell: Callable[[Answer | Exception], None]
    ) -> None:
        self._asking = asking
        self._key = key
        self._tell = tell
        self._repeats = 0

    def put(self) -> None:
        asking = self._asking
        self._asked_at = asking.clock_s()
        self.changes: list[Changes] = []
        asking.under_way.add(self)
        asking.directory.ask(self._key, self._hear)

    def _hear(self, said: Entry | Exception) -> None:
        self._asking.under_way.discard(self)
        if isinstance(said, Exception):
            self._tell(said)
            return
        is_sure = not self.changes or not self._is_overtaken(said)
        if is_sure or self._repeats >= MAX_REPEATS:
            self._tell(Answer(said, self._asked_at, is_sure))
            return
        self._repeats += 1
        DIRECTORY_OVERTAKEN.inc()
        self.put()

    def _is_overtaken(self, entry: Entry) -> bool:
        return any(
            each.everything
            or self._key.local in each.locals
            or not each.rows.isdisjoint(entry.parts)
            for each in self.changes
        )
