"""What is remembered, for how long, and for whom: with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from policy.directory.cache import Lifetimes
from policy.directory.records import AddressKey, Entry, Found
from policy.directory.shelf import Bounds
from policy.errors import DirectoryError
from tests.directory.rows import file_of
from tests.fakes.caching import Clock, GatedDirectory, caching
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import counted

OWNED: Final = AddressKey("700", "example.org")
UNOWNED: Final = AddressKey("701", "example.org")
FILE: Final = file_of(rooms=[{"aliases": ["700@example.org"], "service_name": "r-1"}])
LOOKUPS: Final = "policy_directory_lookups_total"


@pytest.mark.parametrize(
    ("key", "after_s", "questions"),
    [
        (OWNED, 0, 1),
        (OWNED, 9.9, 1),
        (OWNED, 10, 2),
        (UNOWNED, 1.9, 1),
        (UNOWNED, 2, 2),
    ],
)
async def test_an_entry_is_believed_for_its_time(
    key: AddressKey, after_s: float, questions: int
) -> None:
    """An owned address longer than an unowned one; afterwards the directory is asked again."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    first = await cache.find(key)

    clock.now_s += after_s
    second = await cache.find(key)

    assert directory.asked == [key] * questions
    assert first == second == Found(first.entry, is_stale=False)


async def test_a_change_is_seen_when_the_time_is_over() -> None:
    """A room that is gone is gone after `owned_s`, and not before."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    await cache.find(OWNED)
    directory.fill(file_of())

    clock.now_s += 9.9
    before = await cache.find(OWNED)
    clock.now_s += 0.1
    after = await cache.find(OWNED)

    assert before.entry.target is not None
    assert after.entry.target is None


async def test_hits_and_misses_are_counted() -> None:
    """The metric tells questions answered from memory from those asked."""
    before = {each: counted(LOOKUPS, outcome=each) for each in ("hit", "miss", "stale")}
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)

    for _ in range(3):
        await cache.find(OWNED)
    directory.is_away = True
    clock.now_s += 10
    await cache.find(OWNED)

    after = {each: counted(LOOKUPS, outcome=each) - before[each] for each in before}
    assert after == {"hit": 2, "miss": 2, "stale": 1}


async def test_waiters_for_one_key_share_one_question() -> None:
    """Fifty calls to one room at once are one look-up, and all get its answer."""
    directory, clock = GatedDirectory(FILE), Clock()
    cache = caching(directory, clock)

    waiters = [cache.find(OWNED) for _ in range(50)]
    await directory.was_asked.wait()
    directory.let_go.set()
    found = await asyncio.gather(*waiters)

    assert directory.asked == [OWNED]
    assert len({id(each.entry) for each in found}) == 1


async def test_waiters_share_one_error() -> None:
    """When the one question fails all who waited are told, and the next call asks again."""
    directory, clock = GatedDirectory(FILE), Clock()
    directory.is_away = True
    cache = caching(directory, clock)

    waiters = [cache.find(OWNED) for _ in range(50)]
    await directory.was_asked.wait()
    directory.let_go.set()
    errors = await asyncio.gather(*waiters, return_exceptions=True)
    directory.is_away = False
    again = await cache.find(OWNED)

    assert [str(error) for error in errors] == ["database: is away"] * 50
    assert again.entry.target is not None
    assert directory.asked == [OWNED] * 2


@pytest.mark.parametrize("who", [0, 1, 49])
async def test_a_waiter_who_gives_up_disturbs_nobody(who: int) -> None:
    """Even when the first asker goes away the others get their answer, and it is kept."""
    directory, clock = GatedDirectory(FILE), Clock()
    cache = caching(directory, clock)
    waiters = [cache.find(OWNED) for _ in range(50)]
    await directory.was_asked.wait()

    waiters[who].cancel()
    directory.let_go.set()
    found = await asyncio.gather(*waiters, return_exceptions=True)
    await cache.find(OWNED)

    assert isinstance(found.pop(who), asyncio.CancelledError)
    assert all(isinstance(each, Found) for each in found)
    assert directory.asked == [OWNED]


async def test_an_answer_is_kept_though_nobody_waits_any_more() -> None:
    """When all callers have given up, the late answer still serves the next one."""
    directory, clock = GatedDirectory(FILE), Clock()
    cache = caching(directory, clock)
    waiter = cache.find(OWNED)
    await directory.was_asked.wait()

    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    directory.let_go.set()
    found = await cache.find(OWNED)

    assert found.entry.target is not None
    assert directory.asked == [OWNED]


@pytest.mark.parametrize("after_s", [10, 309.9])
async def test_a_room_is_remembered_while_the_database_is_away(after_s: float) -> None:
    """Past its time and within `stale_s` it still serves, marked as stale."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    fresh = await cache.find(OWNED)
    directory.is_away = True

    clock.now_s += after_s
    found = await cache.find(OWNED)

    assert found == Found(fresh.entry, is_stale=True)


@pytest.mark.parametrize(
    ("key", "after_s", "stale_s"),
    [
        (OWNED, 310, 300),  # too old
        (OWNED, 10, 0),  # not wanted
        (UNOWNED, 2, 300),  # that nobody owns it may have changed
        (AddressKey("702", ""), 0, 300),  # never asked before
    ],
)
async def test_nothing_else_is_served_while_the_database_is_away(
    key: AddressKey, after_s: float, stale_s: float
) -> None:
    """Without an owned entry of its time the caller is told that nobody knows."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock, lifetimes=Lifetimes(10, 2, stale_s))
    for known in (OWNED, UNOWNED):
        await cache.find(known)
    directory.is_away = True

    clock.now_s += after_s

    with pytest.raises(DirectoryError, match=r"^database: is away$"):
        await cache.find(key)


class HangingDirectory(FakeDirectory):
    """Answers once, fails once, and then not even that."""

    async def find(self, key: AddressKey) -> Entry:
        """Answer, fail, or wait for ever."""
        match len(self.asked):
            case 0:
                return await super().find(key)
            case 1:
                self.asked.append(key)
                raise DirectoryError("database: no answer in time")
            case _:
                await asyncio.get_running_loop().create_future()
                raise AssertionError


async def test_a_database_that_hangs_is_waited_for_once() -> None:
    """Who calls after the first is told what is known, or that nothing is, almost at once."""
    directory, clock = HangingDirectory(FILE), Clock()
    cache = caching(directory, clock)
    fresh = await cache.find(OWNED)
    clock.now_s += 10

    async with asyncio.timeout(10):
        found = [await cache.find(OWNED) for _ in range(3)]
        with pytest.raises(DirectoryError, match=r"^database: does not answer$"):
            await cache.find(UNOWNED)
    await cache.close()

    assert found == [Found(fresh.entry, is_stale=True)] * 3


async def test_a_bare_number_leads_on_while_the_database_is_away() -> None:
    """That it was nobody's is repeated: the same number in the caller's domain comes next."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    bare = AddressKey("700", "")
    fresh = await cache.find(bare)
    directory.is_away = True

    clock.now_s += 2
    found = await cache.find(bare)
    written = [key async for part in cache.entries() for key, _ in part]

    assert fresh.entry.target is None
    assert found == Found(fresh.entry, is_stale=True)
    assert written == [bare]


async def test_a_fresh_entry_needs_no_database() -> None:
    """Within its time an entry serves as if nothing had happened."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    for key in (OWNED, UNOWNED):
        await cache.find(key)
    directory.is_away = True

    found = [await cache.find(key) for key in (OWNED, UNOWNED)]

    assert [each.is_stale for each in found] == [False, False]


async def test_the_database_is_asked_again_once_it_is_back() -> None:
    """A stale entry does not keep the fresh one away."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock)
    await cache.find(OWNED)
    clock.now_s += 10
    directory.is_away = True
    await cache.find(OWNED)

    directory.is_away = False
    directory.fill(file_of())
    found = await cache.find(OWNED)

    assert found == Found(Entry(own_domain=True, target=None))


async def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    """A scan of a million numbers pushes out its own, and not one room."""
    directory, clock = FakeDirectory(FILE), Clock()
    cache = caching(directory, clock, bounds=Bounds(10, 100_000_000))
    await cache.find(OWNED)

    for number in range(100):
        await cache.find(AddressKey(str(number), "example.org"))
    for number in (99, 0):
        await cache.find(AddressKey(str(number), "example.org"))
    await cache.find(OWNED)

    assert directory.asked.count(OWNED) == 1
    assert directory.asked.count(AddressKey("99", "example.org")) == 1
    assert directory.asked.count(AddressKey("0", "example.org")) == 2


async def test_close_ends_what_is_under_way() -> None:
    """A question without an answer does not outlive the cache."""
    directory, clock = GatedDirectory(FILE), Clock()
    cache = caching(directory, clock)
    waiter = cache.find(OWNED)
    await directory.was_asked.wait()

    await cache.close()

    with pytest.raises(DirectoryError, match=r"^directory: closed$"):
        await waiter
    directory.let_go.set()
    await asyncio.sleep(0)
    assert directory.asked == [OWNED]
