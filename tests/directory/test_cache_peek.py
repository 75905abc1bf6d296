"""What can be had at once is the same as what is had by waiting, and counts the same."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.cache import Lifetimes
from policy.directory.records import AddressKey, Changes
from tests.directory.rows import file_of
from tests.fakes.caching import Clock, Rows, caching, room_entry
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import counted

KEYS: Final = (
    AddressKey("700", "example.org"),
    AddressKey("700", ""),
    AddressKey("701", "example.org"),
)
ROOM, _, NOBODYS = KEYS
FILE: Final = file_of(rooms=[{"aliases": ["700@example.org"], "service_name": "r-1"}])
OUTCOMES: Final = ("hit", "miss", "stale", "refresh")
LOOKUPS: Final = "policy_directory_lookups_total"


def lookups() -> list[float]:
    """Give what has been counted so far."""
    return [counted(LOOKUPS, outcome=each) for each in OUTCOMES]


@pytest.mark.parametrize("key", [ROOM, NOBODYS])
async def test_what_is_believed_is_had_at_once(key: AddressKey) -> None:
    """Owned or not; it counts as a hit, for the metric and for the address."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    found = await cache.find(key)
    hits = counted(LOOKUPS, outcome="hit")

    peeked = cache.peek(key)

    assert peeked == found
    assert directory.asked == [key]
    assert counted(LOOKUPS, outcome="hit") == hits + 1


async def test_a_call_that_did_not_wait_is_counted_for_its_address() -> None:
    """What is called most is what a restart warms up with."""
    cache = caching(Rows({ROOM: room_entry(address_id=7)}))

    await cache.find(ROOM)
    cache.peek(ROOM)
    cache.peek(ROOM)

    assert await cache.take_calls() == {7: 3}


async def test_what_has_to_be_asked_for_counts_as_nothing() -> None:
    """Unknown, past its time, or doubted by a change: whoever wants it waits, and counts then."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    before = lookups()
    peeked = [cache.peek(ROOM)]
    await cache.find(ROOM)
    after_first = lookups()
    clock.now_s += 10
    peeked.append(cache.peek(ROOM))
    await cache.find(ROOM)
    cache.forget(Changes(everything=True))

    peeked.append(cache.peek(ROOM))

    assert peeked == [None] * 3
    assert directory.asked == [ROOM] * 2
    assert [after - earlier for after, earlier in zip(after_first, before, strict=True)] == [
        0,
        1,
        0,
        0,
    ]


async def test_what_is_had_at_once_is_asked_for_ahead() -> None:
    """In the rest of its time, so that nobody ever waits for a hot room."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    await cache.find(ROOM)
    cache.peek(ROOM)
    before = counted(LOOKUPS, outcome="refresh")

    clock.now_s += 8
    cache.peek(ROOM)

    assert counted(LOOKUPS, outcome="refresh") == before + 1
    await cache.close()


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.sampled_from((0.0, 0.5, 1.5, 2.5, 9.0)), st.booleans())
    )
)
def test_peeking_first_changes_nothing(calls: list[tuple[AddressKey, float, bool]]) -> None:
    """Whoever peeks and then finds is told, and asks, exactly what one is who only finds."""

    async def told(*, peeks: bool) -> tuple[object, ...]:
        directory, clock = Rows({ROOM: room_entry(address_id=7)}), Clock()
        cache = caching(directory, clock, lifetimes=Lifetimes(10, 2, 300, untrusted_s=2))
        before, found = lookups(), []
        for key, wait_s, is_current in calls:
            clock.now_s += wait_s
            clock.is_current = is_current
            at_once = cache.peek(key) if peeks else None
            found.append(at_once or await cache.find(key))
        await cache.close()
        counts = [after - earlier for after, earlier in zip(lookups(), before, strict=True)]
        return found, directory.asked, counts, await cache.take_calls()

    assert asyncio.run(told(peeks=True)) == asyncio.run(told(peeks=False))
