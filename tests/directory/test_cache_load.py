"""What scanners, hot rooms and a full memory do to the cache; and what is counted of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.cache import MAX_REFRESHING, UNOWNED_SHARE, Lifetimes
from policy.directory.records import AddressKey, Changes
from policy.directory.shelf import Bounds
from policy.errors import DirectoryError
from tests.fakes.caching import Clock, Rows, caching, room_entry
from tests.handlers.asking import counted

if TYPE_CHECKING:
    from policy.directory.cache import CachedDirectory
    from policy.directory.records import Entry

ROOMS: Final = [AddressKey(str(700 + number), "example.org") for number in range(50)]
OWNED: Final = ROOMS[0]
LONG: Final = Lifetimes(owned_s=60, unowned_s=30, stale_s=300)
SCANNED_PER_S: Final = 200
SECONDS: Final = 60
# A quarter of the default.
BOUNDS: Final = Bounds(entries=25_000, bytes=75_000_000)


def lookups(outcome: str) -> float:
    """Give a count of the metric."""
    return counted("policy_directory_lookups_total", outcome=outcome)


async def a_minute(*, with_scanner: bool) -> tuple[Rows, float]:
    """Call 50 rooms, and perhaps scan; gives the directory, and the hit rate of real calls."""
    clock = Clock()
    directory = Rows({key: room_entry(key.local) for key in ROOMS})
    cache = caching(directory, clock, lifetimes=LONG, bounds=BOUNDS)
    hits = calls = 0
    # As a scanner does that has no luck: each number is tried again after 25 seconds.
    numbers = cycle(range(1000, 1000 + 25 * SCANNED_PER_S))
    for tenth in range(SECONDS * 10):
        clock.now_s += 0.1
        for key in ROOMS[tenth % 5 :: 5]:
            before = directory.asked[key]
            await cache.find(key)
            hits += directory.asked[key] == before
            calls += 1
        for number in islice(numbers, SCANNED_PER_S // 10 if with_scanner else 0):
            await cache.find(AddressKey(str(number), "example.org"))
    return directory, hits / calls


async def test_a_scanner_changes_nothing_for_real_calls() -> None:
    """200 unknown aliases a second for a minute: the hit rate of the rooms is as before."""
    _, alone = await a_minute(with_scanner=False)

    directory, beside_scanner = await a_minute(with_scanner=True)

    scanned = {key: number for key, number in directory.asked.items() if key not in ROOMS}
    assert beside_scanner == pytest.approx(alone, abs=0.01)
    assert alone > 0.99
    assert len(scanned) == 25 * SCANNED_PER_S
    # Nobody owns it: that is asked at most once in `unowned_s`, twice in this minute.
    assert max(scanned.values()) == 2


async def test_each_unknown_alias_is_asked_once_in_its_time() -> None:
    """However often it is tried, and also when somebody owns its neighbour."""
    clock, directory = Clock(), Rows()
    cache = caching(directory, clock, lifetimes=LONG)

    for _ in range(300):
        clock.now_s += 0.2
        await cache.find(OWNED)

    assert directory.asked[OWNED] == 2


async def test_memory_is_bounded_by_its_setting() -> None:
    """A million unknown aliases take their tenth and no more; rooms have the rest."""
    clock = Clock()
    directory = Rows({AddressKey(str(n), ""): room_entry(str(n)) for n in range(3000)})
    cache = caching(directory, clock, bounds=Bounds(10**6, 2_000_000), lifetimes=LONG)
    evicted = counted("policy_directory_cache_evictions_total", store="owned")

    for number in range(3000):
        await cache.find(AddressKey(str(number), ""))
        await cache.find(AddressKey(str(number), "example.org"))
    owned, unowned = (
        counted("policy_directory_cache_bytes", store=store) for store in ("owned", "unowned")
    )
    kept = counted("policy_directory_cache_entries", store="owned")

    assert unowned <= 2_000_000 * UNOWNED_SHARE
    assert 1_700_000 < owned <= 2_000_000 * (1 - UNOWNED_SHARE)
    assert counted("policy_directory_cache_evictions_total", store="owned") - evicted == 3000 - kept


async def test_an_entry_that_is_too_large_is_served_and_not_kept() -> None:
    """A room with a document of megabytes is no reason to fail, nor to forget all others."""
    huge = room_entry("r" * 1_000_000)
    directory = Rows({OWNED: huge, ROOMS[1]: room_entry()})
    cache = caching(directory, bounds=Bounds(10, 100_000))

    for key in (ROOMS[1], OWNED) * 2:
        await cache.find(key)

    assert directory.asked == {OWNED: 2, ROOMS[1]: 1}


async def settle() -> None:
    """Let background questions land: a fake directory answers within a few turns of the loop."""
    for _ in range(5):
        await asyncio.sleep(0)


async def call_at(cache: CachedDirectory, clock: Clock, *seconds: float) -> None:
    """Call the room at these seconds after the start."""
    for each in seconds:
        clock.now_s = 1000 + each
        await cache.find(OWNED)
        await settle()


@pytest.mark.parametrize(
    ("seconds", "questions"),
    [
        ((0, 10, 49), 2),  # hit before, and in the last fifth
        ((0, 10, 47), 1),  # not yet in the last fifth
        ((0, 49), 1),  # not hit before
        ((0, 49, 50), 2),
        ((0, 10, 49, 50, 51, 90), 2),  # one question is enough for the next minute
    ],
)
async def test_a_hot_room_never_waits(seconds: tuple[float, ...], questions: int) -> None:
    """A hit in the last fifth of an entry's time asks for the next, and waits for nothing."""
    clock, directory = Clock(), Rows({OWNED: room_entry()})
    cache = caching(directory, clock, lifetimes=LONG)
    missed, refreshed = lookups("miss"), lookups("refresh")

    await call_at(cache, clock, *seconds)

    assert directory.asked[OWNED] == questions
    assert lookups("miss") - missed == 1
    assert lookups("refresh") - refreshed == questions - 1


async def test_what_cannot_be_asked_ahead_is_tried_again_a_second_later() -> None:
    """An error reaches nobody, and a room that is called all the time asks no more than that."""
    clock, directory = Clock(), Rows({OWNED: room_entry()})
    cache = caching(directory, clock, lifetimes=LONG)
    await call_at(cache, clock, 0, 10)
    directory.is_away = True

    await call_at(cache, clock, *(50 + number / 10 for number in range(20)))

    assert directory.asked[OWNED] == 1 + 2


async def test_no_unknown_alias_is_asked_ahead() -> None:
    """Whoever tries it gets what is known, and a question only when that is over."""
    clock, directory = Clock(), Rows()
    cache = caching(directory, clock, lifetimes=LONG)

    await call_at(cache, clock, 0, 10, 20, 26, 29)

    assert directory.asked[OWNED] == 1


async def test_few_rooms_are_asked_ahead_at_once() -> None:
    """A thousand rooms that grow old together do not flood the database."""
    clock, gate = Clock(), asyncio.Event()
    gate.set()

    class Gated(Rows):
        async def find(self, key: AddressKey) -> Entry:
            await gate.wait()
            return await super().find(key)

    keys = [AddressKey(str(number), "") for number in range(200)]
    directory = Gated({key: room_entry() for key in keys})
    cache = caching(directory, clock, lifetimes=LONG)
    for key in keys * 2:
        await cache.find(key)

    clock.now_s += 50
    refreshed = lookups("refresh")
    gate.clear()
    for key in keys:
        await cache.find(key)
    under_way = lookups("refresh") - refreshed
    gate.set()
    await settle()
    for key in keys:
        await cache.find(key)

    assert under_way == MAX_REFRESHING
    assert lookups("refresh") - refreshed == 2 * MAX_REFRESHING
    await cache.close()


async def test_calls_are_counted_by_address() -> None:
    """Under whichever alias, hit, miss or stale; each is told once, and a refresh loses none."""
    clock = Clock()
    other = AddressKey("700", "")
    directory = Rows({OWNED: room_entry(address_id=7), other: room_entry(address_id=7)})
    directory.entries[ROOMS[1]] = room_entry(address_id=8)
    directory.entries[ROOMS[2]] = room_entry()
    cache = caching(directory, clock, lifetimes=LONG)

    for key in (OWNED, OWNED, other, ROOMS[1], ROOMS[2], ROOMS[3]):
        await cache.find(key)
    first = await cache.take_calls()
    nothing = await cache.take_calls()
    await cache.find(OWNED)
    cache.forget(Changes(everything=True))
    await cache.find(OWNED)
    directory.is_away = True
    cache.forget(Changes(everything=True))
    await cache.find(OWNED)
    second = await cache.take_calls()

    assert (first, nothing, second) == (Counter({7: 3, 8: 1}), Counter(), Counter({7: 3}))


async def test_what_is_learned_ahead_is_nobodys_call() -> None:
    """It is asked unless it is known, and counts for nothing."""
    directory = Rows({OWNED: room_entry(address_id=7)})
    cache = caching(directory, lifetimes=LONG)

    for _ in range(2):
        await cache.learn(OWNED)
    calls = await cache.take_calls()
    directory.is_away = True

    assert (directory.asked[OWNED], calls) == (1, Counter())
    with pytest.raises(DirectoryError):
        await cache.learn(ROOMS[1])
