"""A question that a change has overtaken is put again; `test_cache_trust.py` shows what for."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final
from uuid import UUID

import pytest

from policy.directory.asking import MAX_REPEATS, Answer, Asking
from policy.directory.flights import settle
from policy.directory.records import AddressKey, Changes, Entry
from policy.errors import DirectoryError
from tests.fakes.caching import Clock, Rows, room_entry
from tests.fakes.directory import Telling

KEY: Final = AddressKey("700", "example.org")
ROOM: Final = UUID(int=1)


class _Changing(Rows):
    """Lets a change happen during each of its first answers."""

    def __init__(self, changes: Changes, times: int) -> None:
        super().__init__({KEY: room_entry("r-1", ROOM)})
        self.clock = Clock()
        self.asking = Asking(Telling(self), self.clock)
        self._changes = changes
        self._times = times

    async def find(self, key: AddressKey) -> Entry:
        if self.asked[key] < self._times:
            self.asking.tell(self._changes)
        self.clock.now_s += 1
        return await super().find(key)


async def answered(asking: Asking) -> Answer:
    """Ask, and wait for what is told."""
    told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    asking.ask(KEY, partial(settle, told))
    return await told


@pytest.mark.parametrize(
    ("changes", "times", "asked", "is_sure"),
    [
        (Changes(), 9, 1, True),
        (Changes(locals=frozenset({"7000"}), rows=frozenset({UUID(int=2)})), 9, 1, True),
        (Changes(locals=frozenset({"700"})), 1, 2, True),
        (Changes(rows=frozenset({ROOM})), 2, 3, True),
        (Changes(everything=True), MAX_REPEATS, 1 + MAX_REPEATS, True),
        (Changes(everything=True), 9, 1 + MAX_REPEATS, False),
    ],
)
async def test_a_question_is_put_until_nothing_overtakes_it(
    changes: Changes, times: int, asked: int, *, is_sure: bool
) -> None:
    """But not for ever; the answer counts from when it was last asked for."""
    directory = _Changing(changes, times)

    answer = await answered(directory.asking)

    assert (directory.asked[KEY], answer.is_sure) == (asked, is_sure)
    assert answer.asked_at == 1000 + asked - 1


async def test_a_change_before_the_question_does_not_count() -> None:
    """Also when the question before it failed."""
    directory = Rows()
    asking = Asking(Telling(directory), Clock())
    directory.is_away = True
    with pytest.raises(DirectoryError):
        await answered(asking)
    directory.is_away = False

    asking.tell(Changes(everything=True))
    answer = await answered(asking)

    assert (answer.is_sure, directory.asked[KEY]) == (True, 2)
