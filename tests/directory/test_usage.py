"""How often addresses are called is written down, in the database if there is one to write to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.pool import Pool
from policy.directory.records import AddressKey
from policy.directory.usage import ADDRESSES_AT_A_TIME, MAX_WAITING, Usage
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from tests.directory.rows import file_of
from tests.fakes.caching import Rows, caching, room_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from policy.directory.cache import CachedDirectory
    from tests.database import Database

KEYS: Final = [AddressKey(str(number), "") for number in range(3)]
USES: Final = "SELECT address_id, calls, last_used_at = now() FROM address_use ORDER BY 1"


class Book:
    """Notes what is written, and can be away."""

    def __init__(self) -> None:
        self.written: list[dict[int, float]] = []
        self.was_written = asyncio.Event()
        self.is_away = False

    async def run(self, _query: str, *values: Sequence[float]) -> Sequence[asyncpg.Record]:
        """Note ids and numbers; raises DirectoryError while it is away."""
        if self.is_away:
            raise DirectoryError("database: is away")
        self.written.append(dict(zip(map(int, values[0]), values[1], strict=True)))
        self.was_written.set()
        return ()


def rows_of(number: int) -> Rows:
    """Give rooms with an address each."""
    return Rows({AddressKey(str(n), ""): room_entry(address_id=n) for n in range(number)})


async def call(cached: CachedDirectory, *keys: AddressKey) -> None:
    """Call, one after the other."""
    for key in keys:
        await cached.find(key)


async def test_what_cannot_be_written_waits_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server that has only a replica counts on until there is a primary."""
    book, cached = Book(), caching(rows_of(3))
    usage = Usage(cached, book.run)

    book.is_away = True
    for _ in range(3):
        await call(cached, KEYS[0], KEYS[1], KEYS[1])
        await usage.write()
    book.is_away = False
    await usage.write()
    await usage.write()
    book.is_away = True
    await call(cached, KEYS[2])
    await usage.write()

    assert book.written == [{0: 3.0, 1: 6.0}]
    assert [each.message for each in caplog.records] == [
        "how often addresses are called cannot be written for now: database: is away"
    ] * 2


async def test_many_addresses_are_written_in_several_statements() -> None:
    """Each of them is over in time; one that fails loses only what it has not written."""
    number = ADDRESSES_AT_A_TIME + 1
    book, cached = Book(), caching(rows_of(number))
    usage = Usage(cached, book.run)
    await call(cached, *(AddressKey(str(n), "") for n in range(number)))

    await usage.write()

    assert [len(each) for each in book.written] == [ADDRESSES_AT_A_TIME, 1]
    assert sorted(book.written[0] | book.written[1]) == list(range(number))


async def test_no_more_wait_than_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses that are called least are let go."""
    assert MAX_WAITING >= ADDRESSES_AT_A_TIME
    monkeypatch.setattr("policy.directory.usage.MAX_WAITING", 2)
    book, cached = Book(), caching(rows_of(3))
    usage = Usage(cached, book.run)
    book.is_away = True
    await call(cached, KEYS[2], KEYS[0], KEYS[1], KEYS[2], KEYS[0])

    await usage.write()
    book.is_away = False
    await usage.write()

    assert book.written == [{0: 2.0, 2: 2.0}]


async def test_it_is_written_at_its_times_and_at_the_end() -> None:
    """What was called in the last minute of a server counts, too."""
    book, cached = Book(), caching(rows_of(3))
    await call(cached, KEYS[0])
    usage = Usage(cached, book.run)

    usage.open(every_s=0.001)
    async with asyncio.timeout(5):
        await book.was_written.wait()
    await call(cached, KEYS[1])
    await usage.close()

    assert [address for each in book.written for address in each] == [0, 1]


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """Open a pool on a database with three rooms."""
    rooms: list[dict[str, object]] = [{"aliases": [str(number)]} for number in (700, 701, 702)]
    await database.load(Parsed(file_of(rooms=rooms), Marks("directory.yaml")))
    pool = Pool(database.dsn, timeout_s=5)
    await pool.open()
    yield pool
    await pool.close()


async def ids_of(database: Database) -> list[int]:
    """Give the ids of the rooms' addresses, in the order of their numbers."""
    return [
        each["id"] for each in await database.sql.fetch("SELECT id FROM address ORDER BY local")
    ]


async def written(database: Database, pool: Pool, *ids: int) -> dict[int, float]:
    """Call these addresses, write that, and give what the database then says."""
    keys = [AddressKey(str(number), "") for number in ids]
    cached = caching(Rows({AddressKey(str(n), ""): room_entry(address_id=n) for n in ids}))
    await call(cached, *keys)
    await Usage(cached, pool.fetch).write()
    rows = await database.sql.fetch("SELECT address_id, calls FROM address_use")
    return {each["address_id"]: each["calls"] for each in rows}


async def test_calls_add_up_in_the_database(database: Database, pool: Pool) -> None:
    """Also those of other servers; one that has gone in the meantime is passed over."""
    first, second, _ = await ids_of(database)

    once = await written(database, pool, first, first, second)
    twice = await written(database, pool, second, 1 << 40)

    assert once == pytest.approx({first: 2.0, second: 1.0})
    assert twice == pytest.approx({first: 2.0, second: 2.0}, rel=1e-3)


@pytest.mark.parametrize(
    ("age", "left"),
    [("0 s", 64.0), ("7 days", 32.0), ("21 days", 8.0), ("30 years", 0.0), ("-1 day", 64.0)],
)
async def test_a_call_is_worth_half_after_a_week(
    database: Database, pool: Pool, age: str, left: float
) -> None:
    """What was called last year counts less than what was called twice today."""
    first, *_ = await ids_of(database)
    await database.sql.execute(
        "INSERT INTO address_use VALUES ($1, now() - $2::text::interval, 64)", first, age
    )

    calls = await written(database, pool, first)

    assert calls[first] == pytest.approx(left + 1, rel=1e-3)
