"""What ends the belief in a kept entry before its time: a moment, a change, a missing voucher."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest

from policy.directory.asking import MAX_REPEATS
from policy.directory.cache import Lifetimes
from policy.directory.records import AddressKey, Changes, Entry, Found
from policy.errors import DirectoryError
from tests.directory.rows import file_of
from tests.fakes.caching import START, Clock, GatedDirectory, Rows, caching, room_entry
from tests.handlers.asking import counted

ROOM: Final = UUID(int=1)
REGION: Final = UUID(int=2)
OTHER: Final = UUID(int=3)
OWNED: Final = AddressKey("700", "example.org")
BARE: Final = AddressKey("700", "")
NEIGHBOUR: Final = AddressKey("800", "example.org")
UNOWNED: Final = AddressKey("701", "example.org")
ALL: Final = (OWNED, BARE, NEIGHBOUR, UNOWNED)
LONG: Final = Lifetimes(owned_s=60, unowned_s=30, stale_s=300)
FILE: Final = file_of(rooms=[{"aliases": ["700@example.org"], "service_name": "r-1"}])
EMPTIED: Final = file_of()


def rows() -> Rows:
    """Give a room with two keys and its neighbour, both of one region."""
    return Rows(
        {
            OWNED: room_entry("r-1", ROOM, REGION),
            BARE: room_entry("r-1", ROOM, REGION),
            NEIGHBOUR: room_entry("r-2", OTHER, REGION),
        }
    )


@pytest.mark.parametrize(("after_s", "questions"), [(4.9, 1), (5, 2)])
async def test_no_entry_outlives_the_moment_at_which_it_becomes_wrong(
    after_s: float, questions: int
) -> None:
    """A quarantine ends by the database's clock; the entry says when."""
    clock = Clock()
    entry = replace(room_entry(), valid_until=START + timedelta(seconds=5))
    directory = Rows({OWNED: entry})
    cache = caching(directory, clock, lifetimes=LONG)
    await cache.find(OWNED)

    clock.now_s += after_s
    await cache.find(OWNED)

    assert directory.asked[OWNED] == questions


async def test_an_entry_that_is_wrong_on_arrival_is_served_once() -> None:
    """The next call asks again; while the database is away the last word counts."""
    clock = Clock()
    directory = Rows({OWNED: replace(room_entry(), valid_until=START - timedelta(days=1))})
    cache = caching(directory, clock, lifetimes=LONG)

    found = [await cache.find(OWNED) for _ in range(2)]
    directory.is_away = True
    stale = await cache.find(OWNED)

    assert (directory.asked[OWNED], [each.is_stale for each in found]) == (3, [False, False])
    assert stale.is_stale


@pytest.mark.parametrize("key", [OWNED, UNOWNED])
async def test_nothing_is_believed_for_long_that_nobody_vouches_for(key: AddressKey) -> None:
    """A gap in the changes shortens what is kept already, and what comes in during the gap."""
    clock, directory = Clock(), rows()
    cache = caching(directory, clock, lifetimes=LONG)
    asked = []

    for is_current, step_s in [(True, 0), (True, 20), (False, 0), (False, 1.9), (False, 0.1)]:
        clock.is_current = is_current
        clock.now_s += step_s
        await cache.find(key)
        asked.append(directory.asked[key])
    clock.is_current = True
    await cache.find(key)

    assert asked == [1, 1, 2, 2, 3]
    assert directory.asked[key] == 3


@pytest.mark.parametrize(
    ("changes", "asked_again"),
    [
        (Changes(locals=frozenset({"700"})), {OWNED, BARE}),
        (Changes(locals=frozenset({"701", "702"})), {UNOWNED}),
        (Changes(rows=frozenset({ROOM})), {OWNED, BARE}),
        (Changes(rows=frozenset({REGION})), {OWNED, BARE, NEIGHBOUR}),
        (Changes(locals=frozenset({"800"}), rows=frozenset({ROOM})), {OWNED, BARE, NEIGHBOUR}),
        (Changes(rows=frozenset({UUID(int=9)})), set()),
        (Changes(everything=True), set(ALL)),
    ],
)
async def test_a_change_is_true_for_the_next_call(
    changes: Changes, asked_again: set[AddressKey]
) -> None:
    """Whatever it concerns is asked again at once, and nothing else is."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    for key in ALL:
        await cache.find(key)

    cache.forget(changes)
    for key in ALL * 2:
        await cache.find(key)

    assert {key for key in ALL if directory.asked[key] == 2} == asked_again
    assert set(directory.asked.values()) <= {1, 2}


async def test_what_is_doubtful_serves_on_while_the_database_is_away() -> None:
    """After a fail-over, say, most of it is as it was: no reason to let no caller in."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    fresh = await cache.find(OWNED)
    directory.is_away = True

    cache.forget(Changes(everything=True))
    found = await cache.find(OWNED)

    assert found == Found(fresh.entry, is_stale=True)


@pytest.mark.parametrize(
    "changes", [Changes(rows=frozenset({ROOM})), Changes(locals=frozenset({"700"}))]
)
async def test_what_has_changed_does_not_serve_while_the_database_is_away(
    changes: Changes,
) -> None:
    """It may have been a meeting, and be cancelled: then nobody may be let in any more."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    await cache.find(OWNED)
    directory.is_away = True

    cache.forget(changes)

    with pytest.raises(DirectoryError):
        await cache.find(OWNED)


async def test_what_has_changed_is_read_before_anybody_asks() -> None:
    """When the database goes away a moment later, what it has become is known."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    await cache.find(OWNED)

    cache.forget(Changes(rows=frozenset({ROOM})))
    for _ in range(10):
        await asyncio.sleep(0)  # nobody waits for it
    directory.is_away = True
    found = await cache.find(OWNED)

    assert (directory.asked[OWNED], found.is_stale) == (2, False)


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        (Changes(), {OWNED}),
        (Changes(rows=frozenset({ROOM})), set()),
        (Changes(everything=True), set()),
    ],
)
async def test_nothing_doubtful_is_written_down(changes: Changes, written: set[AddressKey]) -> None:
    """Else a server that starts from it would let people into what was closed before."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    await cache.find(OWNED)
    directory.is_away = True

    cache.forget(changes)

    assert {key async for part in cache.entries() for key, _ in part} == written


async def test_an_address_changes_hands() -> None:
    """From nobody to somebody and back: the old word is not found beside the new one."""
    directory = rows()
    cache = caching(directory, lifetimes=LONG)
    owners = []

    for entries in ({}, rows().entries, {}):
        directory.entries = entries
        cache.forget(Changes(locals=frozenset({"700"})))
        owners.append((await cache.find(OWNED)).entry.target is not None)

    assert owners == [False, True, False]


@pytest.mark.parametrize("changes", [Changes(locals=frozenset({"700"})), Changes(everything=True)])
async def test_a_change_overtakes_the_answer_that_is_on_its_way(changes: Changes) -> None:
    """The row was read before the commit: the answer is not believed, and nobody hears it."""
    overtaken = counted("policy_directory_lookups_total", outcome="overtaken")
    directory = GatedDirectory(FILE)
    cache = caching(directory, lifetimes=LONG)
    before = cache.find(OWNED)
    await directory.was_asked.wait()

    directory.fill(EMPTIED)
    cache.forget(changes)
    after = cache.find(OWNED)  # waits for the answer under way
    directory.let_go.set()

    assert [(await each).entry.target for each in (before, after)] == [None, None]
    assert directory.asked == [OWNED] * 2
    assert (await cache.find(OWNED)).entry.target is None
    assert directory.asked == [OWNED] * 2
    assert counted("policy_directory_lookups_total", outcome="overtaken") == overtaken + 1


async def test_a_row_of_the_answer_changes_on_its_way() -> None:
    """A room's organisation is suspended while the room is read."""
    clock = Clock()

    class Overtaken(Rows):
        async def find(self, key: AddressKey) -> Entry:
            entry = await super().find(key)
            if self.asked[key] == 1:
                cache.forget(Changes(rows=frozenset({REGION})))
            return entry

    directory = Overtaken(rows().entries)
    cache = caching(directory, clock, lifetimes=LONG)

    for _ in range(3):
        await cache.find(OWNED)

    assert directory.asked[OWNED] == 2


async def test_a_change_elsewhere_overtakes_nothing() -> None:
    """Only what concerns the answer puts the question again."""
    directory = GatedDirectory(FILE)
    cache = caching(directory, lifetimes=LONG)
    waiter = cache.find(OWNED)
    await directory.was_asked.wait()

    cache.forget(Changes(locals=frozenset({"800"}), rows=frozenset({OTHER})))
    directory.let_go.set()
    await waiter
    await cache.find(OWNED)

    assert directory.asked == [OWNED]


async def test_a_row_that_changes_all_the_time_is_served_and_not_believed() -> None:
    """The caller gets what was read last; the next one asks for himself."""

    class Restless(Rows):
        async def find(self, key: AddressKey) -> Entry:
            entry = await super().find(key)
            cache.forget(Changes(locals=frozenset({key.local})))
            return entry

    directory = Restless(rows().entries)
    cache = caching(directory, lifetimes=LONG)

    for key in (OWNED, UNOWNED) * 2:
        await cache.find(key)

    assert directory.asked == {OWNED: 2 * (1 + MAX_REPEATS), UNOWNED: 2 * (1 + MAX_REPEATS)}
