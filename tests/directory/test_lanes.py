"""Few connections, many waiters, and a database that comes and goes."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.flights import settle
from policy.directory.lanes import ENOUGH_KEYS, MAX_KEYS_PER_QUERY, Lanes
from policy.directory.records import AddressKey
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.database import Database
    from tests.directory.proxy import Proxy

KEY: Final = AddressKey("700", "example.org")
OTHERS: Final = "datname = current_database() AND pid <> pg_backend_pid()"
WAITING: Final = (
    f"SELECT count(*) FROM pg_stat_activity WHERE {OTHERS} AND wait_event_type = 'Lock'"  # noqa: S608  constants
)
LIMIT_S: Final = 10.0
SOON_S: Final = 0.2


@asynccontextmanager
async def opened(dsn: str, *, connections: int = 1, timeout_s: float = 5.0) -> AsyncIterator[Lanes]:
    """Open lanes and close them."""
    lanes = Lanes(dsn, connections=connections, timeout_s=timeout_s)
    await lanes.open()
    try:
        yield lanes
    finally:
        await lanes.close()


async def fetch(lanes: Lanes, key: AddressKey) -> asyncpg.Record:
    """Wait for the row of a key."""
    told: asyncio.Future[asyncpg.Record] = asyncio.get_running_loop().create_future()
    lanes.ask(key, partial(settle, told))
    return await told


@asynccontextmanager
async def locked(database: Database) -> AsyncIterator[None]:
    """Hold the addresses, as a migration would."""
    connection = await asyncpg.connect(database.dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE address IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def until(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask again and again until the answer is true, and no error."""
    deadline = time.monotonic() + LIMIT_S
    while not await ask():
        assert time.monotonic() < deadline


async def test_every_asker_gets_the_own_row(database: Database) -> None:
    """Rows come back in any order and go to whoever asked; the same key may be asked twice."""
    rooms: list[dict[str, object]] = [
        {"aliases": [f"{n}@example.org"], "service_name": f"r-{n}"} for n in range(300)
    ]
    await database.load(Parsed(file_of(rooms=rooms), Marks("directory.yaml")))
    asked = [n % 350 for n in range(700)]

    async with opened(database.dsn, connections=3) as lanes:
        rows = await asyncio.gather(
            *(fetch(lanes, AddressKey(str(n), "example.org")) for n in asked)
        )

    wanted = [f"r-{n}" if n < 300 else None for n in asked]
    assert [row["service_name"] for row in rows] == wanted


async def test_what_waits_shares_one_question(database: Database, proxy: Proxy) -> None:
    """Keys that arrive while the lane is busy are asked together when it is free."""
    async with opened(proxy.dsn) as lanes:
        before = proxy.questions
        async with locked(database):
            first = asyncio.create_task(fetch(lanes, KEY))
            await until(lambda: database.sql.fetchval(WAITING))
            more = [asyncio.create_task(_fetch(lanes, n)) for n in range(MAX_KEYS_PER_QUERY)]
            await _all_have_begun(database)
        await asyncio.gather(first, *more)

        assert proxy.questions - before == 2


async def test_few_wait_for_the_lane_that_asks(database: Database, proxy: Proxy) -> None:
    """Together they cost less; another lane helps out when they are many."""
    async with opened(proxy.dsn, connections=2) as lanes:
        before = proxy.questions
        few = [asyncio.create_task(_fetch(lanes, n)) for n in range(ENOUGH_KEYS - 1)]
        await asyncio.gather(*few)
        for_few = proxy.questions - before
        async with locked(database):
            first = asyncio.create_task(fetch(lanes, KEY))
            await until(lambda: database.sql.fetchval(WAITING))
            many = [asyncio.create_task(_fetch(lanes, n)) for n in range(ENOUGH_KEYS)]
            await until(lambda: _is(database, WAITING, 2))
        await asyncio.gather(first, *many)

    assert for_few == 1


async def test_a_lane_that_hangs_keeps_nobody_waiting(database: Database) -> None:
    """Whoever waits for it is asked for by another."""
    async with opened(database.dsn, connections=2) as lanes:
        async with locked(database):
            first = asyncio.create_task(fetch(lanes, KEY))
            await until(lambda: database.sql.fetchval(WAITING))
            second = asyncio.create_task(fetch(lanes, KEY))

            await until(lambda: _is(database, WAITING, 2))
        rows = await asyncio.gather(first, second)

    assert [row["position"] for row in rows] == [1, 1]


async def test_telling_that_fails_is_told_and_harms_no_other(database: Database) -> None:
    """Of what is asked together each answer is read by itself."""
    told: list[object] = []
    others: list[object] = []
    is_done = asyncio.Event()

    def break_(said: object) -> None:
        told.append(said)
        if len(told) == 1:
            raise ZeroDivisionError

    def keep(said: object) -> None:
        others.append(said)
        is_done.set()

    async with opened(database.dsn) as lanes:
        lanes.ask(KEY, break_)
        lanes.ask(KEY, keep)
        await is_done.wait()

    assert [type(each) for each in told] == [asyncpg.Record, ZeroDivisionError]
    assert [type(each) for each in others] == [asyncpg.Record]


async def test_a_question_has_a_bounded_size(proxy: Proxy) -> None:
    """A storm of keys is asked in portions, so that no single answer is late."""
    async with opened(proxy.dsn) as lanes:
        before = proxy.questions

        await asyncio.gather(*(_fetch(lanes, n) for n in range(2 * MAX_KEYS_PER_QUERY + 1)))

        assert proxy.questions - before == 3


async def test_an_idle_lane_holds_no_lock(database: Database) -> None:
    """Before its first question a lane is in nobody's way: a migration gets its locks at once."""
    async with opened(database.dsn, connections=3), database.sql.transaction():
        got = await database.sql.execute("LOCK TABLE address, room IN ACCESS EXCLUSIVE MODE NOWAIT")

    assert got == "LOCK TABLE"


async def test_a_terminated_backend_is_replaced(database: Database) -> None:
    """A connection that died between two calls costs no caller an error."""
    async with opened(database.dsn) as lanes:
        await fetch(lanes, KEY)
        await database.sql.execute(
            f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {OTHERS}"  # noqa: S608  a constant
        )

        row = await fetch(lanes, KEY)

    assert row["position"] == 1


async def test_a_connection_cut_in_mid_question_is_replaced(
    database: Database, proxy: Proxy
) -> None:
    """A question on its way when the connection breaks is asked again on another."""
    async with opened(proxy.dsn) as lanes:
        async with locked(database):
            asked = asyncio.create_task(fetch(lanes, KEY))
            await until(lambda: database.sql.fetchval(WAITING))
            await proxy.close()
            await proxy.open()

        row = await asked

    assert row["position"] == 1


async def test_a_stopped_database_is_told_at_once_and_comes_back(proxy: Proxy) -> None:
    """While nobody listens every caller learns it without waiting; later all is as before."""
    async with opened(proxy.dsn, connections=2) as lanes:
        await fetch(lanes, KEY)
        await proxy.close()
        started = time.monotonic()
        errors = await asyncio.gather(
            *(_fetch(lanes, n) for n in range(20)), return_exceptions=True
        )
        took_s = time.monotonic() - started
        await proxy.open()

        await until(lambda: _answers(lanes))

    assert {str(error) for error in errors} <= {
        "database: no such file or directory",
        "database: connection reset by peer",
    }
    assert all(isinstance(error, DirectoryError) for error in errors)
    assert took_s < 1


async def test_a_locked_table_is_no_answer_in_time(database: Database) -> None:
    """A query that waits too long is given up, and the lane works again after the lock."""
    async with opened(database.dsn, timeout_s=SOON_S) as lanes:
        async with locked(database):
            with pytest.raises(DirectoryError, match=r"^database: no answer in time$"):
                await fetch(lanes, KEY)

        await until(lambda: _answers(lanes))


async def test_a_frozen_database_is_no_answer_in_time(proxy: Proxy) -> None:
    """A database that takes questions and answers none costs each caller the limit once."""
    async with opened(proxy.dsn, timeout_s=SOON_S) as lanes:
        await fetch(lanes, KEY)
        proxy.flows.clear()
        took_s = []
        for _ in range(5):
            started = time.monotonic()
            with pytest.raises(DirectoryError):
                await fetch(lanes, KEY)
            took_s.append(time.monotonic() - started)
        proxy.flows.set()

        await until(lambda: _answers(lanes))

    assert max(took_s) < 2 * SOON_S


async def test_close_tells_whoever_waits(database: Database) -> None:
    """Questions on their way and questions not asked yet end in an error, none is left hanging."""
    lanes = Lanes(database.dsn, connections=1, timeout_s=5)
    await lanes.open()
    async with locked(database):
        waiting = [asyncio.create_task(_fetch(lanes, n)) for n in range(3)]
        await until(lambda: database.sql.fetchval(WAITING))
        waiting += [asyncio.create_task(_fetch(lanes, n)) for n in range(3)]
        await _all_have_begun(database)

        await lanes.close()
        errors = await asyncio.gather(*waiting, return_exceptions=True)

    assert [str(error) for error in errors] == ["directory: closed"] * 6


async def test_a_caller_who_gives_up_disturbs_nobody(database: Database) -> None:
    """A cancelled question is dropped; those asked together with it are answered."""
    async with opened(database.dsn) as lanes:
        async with locked(database):
            waiting = [asyncio.create_task(_fetch(lanes, n)) for n in range(3)]
            await until(lambda: database.sql.fetchval(WAITING))
            waiting[1].cancel()
        rows = await asyncio.gather(*waiting, return_exceptions=True)

    kinds = [type(row) for row in rows]
    assert kinds == [asyncpg.Record, asyncio.CancelledError, asyncpg.Record]


async def test_opening_without_a_database_says_so(proxy: Proxy) -> None:
    """The start fails with one line that names the database and the reason."""
    await proxy.close()
    lanes = Lanes(proxy.dsn, connections=2, timeout_s=5)

    with pytest.raises(DirectoryError, match=r"^database: no such file or directory$"):
        await lanes.open()

    await lanes.close()


async def test_lanes_that_opened_without_a_database_work_once_it_is_there(proxy: Proxy) -> None:
    """Whoever can do without it at start has only to wait."""
    await proxy.close()
    lanes = Lanes(proxy.dsn, connections=2, timeout_s=5)
    with pytest.raises(DirectoryError):
        await lanes.open()
    await proxy.open()

    await until(lambda: _answers(lanes))

    await lanes.close()


async def test_another_node_is_asked_at_once(database: Database, proxy: Proxy) -> None:
    """No connection to the one that is left stays behind."""
    async with opened(database.dsn, connections=2) as lanes:
        lanes.use(proxy.dsn)
        row = await fetch(lanes, KEY)
        asked = proxy.questions
        lanes.use(database.dsn)
        await fetch(lanes, KEY)

        assert row["position"] == 1
        assert asked > 0
        assert proxy.questions == asked


async def test_a_question_under_way_is_asked_again_at_the_other_node(
    database: Database, proxy: Proxy
) -> None:
    """The node that is left may never answer."""
    async with opened(proxy.dsn) as lanes:
        await fetch(lanes, KEY)
        proxy.flows.clear()
        asked = asyncio.create_task(fetch(lanes, KEY))
        await _all_have_begun(database)
        began_s = time.monotonic()
        lanes.use(database.dsn)

        row = await asked

    assert row["position"] == 1
    assert time.monotonic() - began_s < 1


async def test_a_node_that_is_left_while_it_is_connected_to_is_not_waited_for(
    database: Database, proxy: Proxy
) -> None:
    """It stands still in the midst of the greeting."""
    async with opened(proxy.dsn) as lanes:
        await proxy.close()
        await proxy.open()
        proxy.flows.clear()
        asked = asyncio.create_task(fetch(lanes, KEY))
        await _all_have_begun(database)
        began_s = time.monotonic()
        lanes.use(database.dsn)

        row = await asked

    assert row["position"] == 1
    assert time.monotonic() - began_s < 1


async def _fetch(lanes: Lanes, number: int) -> asyncpg.Record:
    return await fetch(lanes, AddressKey(str(number), "example.org"))


async def _is(database: Database, query: str, wanted: int) -> bool:
    return bool(await database.sql.fetchval(query) == wanted)


async def _answers(lanes: Lanes) -> bool:
    try:
        await fetch(lanes, KEY)
    except DirectoryError:
        return False
    return True


async def _all_have_begun(database: Database) -> None:
    # In the time of a round trip every task that has been made takes its first step.
    await database.sql.fetchval("SELECT 1")


async def test_a_lane_outlives_an_answer_that_makes_no_sense(
    database: Database, proxy: Proxy
) -> None:
    """Whatever the driver raises is told to who asked, and the next one is answered."""
    await database.load(
        Parsed(file_of(rooms=[{"aliases": ["700@example.org"]}]), Marks("directory.yaml"))
    )
    async with opened(proxy.dsn) as lanes:
        proxy.garbles = True
        with pytest.raises(DirectoryError, match=r"^database: "):
            await fetch(lanes, KEY)
        proxy.garbles = False

        await until(lambda: _answers(lanes))
