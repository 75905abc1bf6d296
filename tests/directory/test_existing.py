"""Which of many addresses nobody owns, asked of either directory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.existing import AT_ONCE, find_missing
from policy.directory.records import AddressKey, Entry
from policy.errors import DirectoryError
from tests.directory.rows import file_of
from tests.fakes.directory import FakeDirectory

if TYPE_CHECKING:
    from tests.directory.conftest import Holding

ROOM: Final = {"aliases": ["700@example.org", "701"]}


def key(local: str, domain: str = "example.org") -> AddressKey:
    """Write a key in one of our domains."""
    return AddressKey(local, domain)


async def test_whom_nobody_knows_is_told_once_and_in_order(holding: Holding) -> None:
    """Rooms, held addresses and bare numbers exist; nobody exists in a foreign domain."""
    wanted = [
        key("702"),
        key("700"),
        key("701", "clinic.example.org"),
        key("700", "foreign.example.net"),
        key("702"),
        key("800"),
        key("700", ""),
    ]
    file = file_of(rooms=[dict(ROOM)], addresses=[{"alias": "800@example.org", "state": "held"}])

    async with holding(file) as directory:
        missing = await find_missing(directory, wanted)

    assert missing == [key("702"), key("700", "foreign.example.net"), key("700", "")]


async def test_many_are_asked_for(holding: Holding) -> None:
    """More than are asked for at once; each gets its own answer."""
    file = file_of(rooms=[{"aliases": [f"{number}@example.org"]} for number in range(0, 600, 2)])

    async with holding(file) as directory:
        missing = await find_missing(directory, (key(str(number)) for number in range(600)))

    assert missing == [key(str(number)) for number in range(1, 600, 2)]


async def test_nothing_is_missing_of_nothing() -> None:
    """Rules that name no room ask nobody."""
    directory = FakeDirectory()

    assert await find_missing(directory, []) == []
    assert directory.asked == []


async def test_a_directory_that_is_away_says_nothing_is_missing() -> None:
    """It is an error, and not a list of rooms that a person would then delete."""
    directory = FakeDirectory(file_of())
    directory.is_away = True

    with pytest.raises(DirectoryError, match=r"^database: is away$"):
        await find_missing(directory, [key(str(number)) for number in range(300)])


class CountingDirectory:
    """Owns nothing, and knows how many waited for it at once."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0

    async def find(self, _key: AddressKey) -> Entry:
        """Let everybody else come first."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return Entry(own_domain=True, target=None)


async def test_calls_are_not_kept_waiting() -> None:
    """However many addresses are asked for, only some are asked for at once."""
    directory = CountingDirectory()

    missing = await find_missing(directory, [key(str(number)) for number in range(1000)])

    assert (len(missing), directory.most) == (1000, AT_ONCE)
