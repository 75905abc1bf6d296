"""Asks the directory so that no answer is believed that a change may have overtaken.

A look-up reads a row at some moment between its start and its end. A change that comes in between
may have been committed after that moment: the answer is doubtful, and the question is put again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from policy.metrics import DIRECTORY_OVERTAKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey, Changes, Entry

# A row that changes faster than it can be read is served as read, and not kept.
MAX_REPEATS: Final = 3


class Answer(NamedTuple):
    """What the directory said to a question of `asked_at`; `is_sure` when nothing overtook it."""

    entry: Entry
    asked_at: float
    is_sure: bool


class _Question:
    """A key that is asked for, and what has changed since it was put; one for every miss."""

    __slots__ = ("changes", "key")

    def __init__(self, key: AddressKey) -> None:
        self.key = key
        self.changes: list[Changes] = []

    def is_overtaken(self, entry: Entry) -> bool:
        return bool(self.changes) and any(
            each.everything
            or self.key.local in each.locals
            or not each.rows.isdisjoint(entry.parts)
            for each in self.changes
        )


class Asking:
    """Puts questions to a directory, and is told of every change."""

    def __init__(self, directory: Directory, clock_s: Callable[[], float]) -> None:
        self._directory = directory
        self._clock_s = clock_s
        self._under_way: set[_Question] = set()

    async def ask(self, key: AddressKey) -> Answer:
        """Give what the directory says; raises DirectoryError."""
        answer = await self._ask_once(key)
        for _ in range(MAX_REPEATS):
            if answer.is_sure:
                break
            DIRECTORY_OVERTAKEN.inc()
            answer = await self._ask_once(key)
        return answer

    def tell(self, changes: Changes) -> None:
        """Let every question under way know of changes."""
        for question in self._under_way:
            question.changes.append(changes)

    async def _ask_once(self, key: AddressKey) -> Answer:
        question, asked_at = _Question(key), self._clock_s()
        self._under_way.add(question)
        try:
            entry = await self._directory.find(key)
        finally:
            self._under_way.discard(question)
        return Answer(entry, asked_at, not question.is_overtaken(entry))
