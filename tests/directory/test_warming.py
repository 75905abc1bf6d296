"""A cold cache is filled with what is called most, and waits for nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.pool import Pool
from policy.directory.records import AddressKey
from policy.directory.warming import BATCHES_AT_ONCE, KEYS_PER_BATCH, MAX_ADDRESSES, Warmup
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from tests.directory.rows import file_of
from tests.fakes.caching import GatedDirectory, Rows, caching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    from policy.directory.usage import Run
    from tests.database import Database

MANY: Final = 2 * BATCHES_AT_ONCE * KEYS_PER_BATCH


def most_called(number: int) -> tuple[Run, list[object]]:
    """Give a database in which so many addresses were called, and what it was asked."""
    asked: list[object] = []

    async def run(_query: str, limit: int) -> Sequence[Mapping[str, str]]:
        asked.append(limit)
        return [{"local": str(each), "domain": ""} for each in range(number)][:limit]

    return run, asked  # type: ignore[return-value]  # a mapping for a record


@pytest.mark.parametrize(("entries", "limit"), [(100, 50), (100_000, MAX_ADDRESSES)])
async def test_half_of_the_cache_is_warmed_up_at_most(entries: int, limit: int) -> None:
    """The rest is for what was not called before."""
    directory = Rows()
    run, asked = most_called(30_000)

    await Warmup(caching(directory), run, entries=entries).warm()

    assert asked == [limit]
    assert len(directory.asked) == limit
    assert set(directory.asked.values()) == {1}


async def test_nothing_to_warm_up_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """As in every new site; whoever debugs sees it."""
    caplog.set_level(logging.DEBUG)
    run, _ = most_called(0)

    await Warmup(caching(Rows()), run, entries=100).warm()

    assert [each.levelname for each in caplog.records] == ["DEBUG"]


async def test_few_questions_are_under_way_at_once() -> None:
    """A caller who comes in between waits for one batch at most; closing ends the rest."""
    directory = GatedDirectory()
    cached = caching(directory)
    run, _ = most_called(MANY)
    warmup = Warmup(cached, run, entries=MANY * 2)

    warmup.open()
    await settle()
    under_way = len(directory.asked)
    await warmup.close()
    await warmup.close()
    await cached.close()
    after = len(directory.asked)
    directory.let_go.set()
    await settle()

    assert after == under_way
    assert under_way == BATCHES_AT_ONCE * KEYS_PER_BATCH
    assert len(directory.asked) == under_way


async def test_a_database_that_goes_away_ends_it() -> None:
    """At the first sign: the other batches are not tried."""
    directory = Rows()
    directory.is_away = True
    run, _ = most_called(MANY)

    with pytest.raises(DirectoryError, match=r"^database: is away$"):
        await Warmup(caching(directory), run, entries=MANY * 2).warm()

    assert len(directory.asked) <= BATCHES_AT_ONCE * KEYS_PER_BATCH


async def test_it_is_tried_again_until_the_database_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As after a start from the snapshot; told once, and the server serves on meanwhile."""
    caplog.set_level(logging.INFO)
    directory, there = Rows(), asyncio.Event()
    answer, _ = most_called(3)
    tries = 0

    async def run(*values: object) -> Sequence[asyncpg.Record]:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise DirectoryError("database: no answer in time")
        there.set()
        return await answer(*values)

    warmup = Warmup(caching(directory), run, entries=100)
    warmup.open(retry_s=0.001)
    async with asyncio.timeout(5):
        await there.wait()
        await settle()
    await warmup.close()

    assert (tries, len(directory.asked)) == (4, 3)
    assert caplog.messages == [
        "the cache is not warmed up yet: database: no answer in time",
        "the cache has been warmed up with 3 addresses",
    ]


async def settle() -> None:
    """Let answers land that are there already."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_called_most_is_known_before_it_is_called(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Lately counts more than often; an address that is not active is passed over."""
    caplog.set_level(logging.INFO)
    numbers = ("700", "701", "702", "703")
    rooms: list[dict[str, object]] = [{"aliases": [each]} for each in numbers]
    held: list[dict[str, object]] = [{"alias": "704@example.org", "state": "held"}]
    await database.load(Parsed(file_of(rooms=rooms, addresses=held), Marks("directory.yaml")))
    await database.sql.execute(
        "INSERT INTO address_use SELECT id, now() - days * interval '1 day', calls"
        " FROM address JOIN (VALUES ('700', 0, 2), ('701', 700, 9999), ('702', 7, 6),"
        " ('704', 0, 99)) AS used (local, days, calls) USING (local)"
    )
    pool = Pool(database.dsn, timeout_s=5)
    await pool.open()
    directory = Rows()

    await Warmup(caching(directory), pool.fetch, entries=6).warm()
    await pool.close()

    assert list(directory.asked) == [AddressKey("702", ""), AddressKey("700", "")]
    assert caplog.messages == ["the cache has been warmed up with 2 addresses"]
