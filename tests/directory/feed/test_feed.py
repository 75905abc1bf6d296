"""Commits on real servers: each is told once, soon, whatever happens to the servers."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.feed.clock import DatabaseClock
from policy.directory.feed.lag import Pace
from policy.directory.records import Changes
from tests.clusters import address_of, pair
from tests.directory.feed.following import HASTY, NEVER, PACE, following, until

if TYPE_CHECKING:
    import asyncpg

    from policy.directory.feed.feed import Feed
    from tests.clusters import Pair
    from tests.database import Database

TELL: Final = "INSERT INTO change_log (kind, key) VALUES ('local', $1)"
LISTENERS: Final = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE {}
"""
SOON_S: Final = 1.0
COMMITS: Final = 250


@pytest.fixture(params=["primary", "standby"])
def url(request: pytest.FixtureRequest, nodes: Pair) -> str:
    """Give both nodes, the one to read from first."""
    ordered = (nodes.first, nodes.second)
    return address_of(*(ordered if request.param == "primary" else reversed(ordered)))


async def test_all_is_doubtful_at_start_and_then_only_what_changed(database: Database) -> None:
    """Whoever keeps rows is moved to the node, drops what it has, and hears of each change."""
    async with following(database.dsn) as (feed, follower):
        assert feed.is_current()
        await database.sql.execute(TELL, "700")
        await follower.wait(lambda: len(follower.told) == 2)

    assert follower.told == [Changes(everything=True), Changes(locals=frozenset({"700"}))]
    assert follower.order == ["moved", "everything", "told"]
    assert follower.moves == [database.dsn]


async def test_an_open_transaction_delays_nobody(nodes: Pair, url: str) -> None:
    """What commits beside a slow transaction is told at once, and the slow one when it commits."""
    slow, quick = await nodes.first.connect(), await nodes.first.connect()
    async with following(url) as (_, follower):
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(TELL, "slow")
        for number in range(5):
            await quick.execute(TELL, f"quick-{number}")
            await follower.wait(lambda number=number: f"quick-{number}" in follower.locals)  # type: ignore[misc]  # mypy does not infer a default's type
        before = list(follower.locals)
        await transaction.commit()
        await follower.wait(lambda: "slow" in follower.locals)

    await slow.close()
    await quick.close()
    assert before == [f"quick-{number}" for number in range(5)]
    assert follower.locals == [*before, "slow"]


async def _write(connection: asyncpg.Connection[asyncpg.Record], name: str) -> list[str]:
    """Commit and roll back at random; gives what was committed."""
    draw, committed = random.Random(name), []  # noqa: S311  repeatable, no secret
    for number in range(60):
        keys = [f"{name}-{number}-{each}" for each in range(draw.randint(1, 3))]
        transaction = connection.transaction()
        await transaction.start()
        for key in keys:
            await connection.execute(TELL, key)
            await asyncio.sleep(0)
        if draw.random() < 0.3:
            await transaction.rollback()
        else:
            await transaction.commit()
            committed += keys
    return committed


async def test_many_writers_at_once_are_told_of_once(nodes: Pair, url: str) -> None:
    """Of eight connections that commit and roll back nothing is lost and nothing told twice."""
    writers = [await nodes.first.connect() for _ in range(8)]
    async with following(url) as (_, follower):
        committed = await asyncio.gather(
            *(_write(writer, f"w{number}") for number, writer in enumerate(writers))
        )
        wanted = sorted(key for keys in committed for key in keys)
        await follower.wait(lambda: len(follower.locals) >= len(wanted))

    for writer in writers:
        await writer.close()
    assert sorted(follower.locals) == wanted
    assert follower.restarts == 1


async def test_a_commit_is_told_within_milliseconds(
    nodes: Pair, url: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """The wake-up brings it; nobody waits for the poll."""
    writer = await nodes.first.connect()
    took_s = []
    async with following(url) as (feed, follower):
        node = "primary" if feed.state.is_primary else "standby"
        for number in range(COMMITS):
            await writer.execute(TELL, f"k{number}")
            committed_s = time.perf_counter()
            await follower.wait(lambda number=number: f"k{number}" in follower.locals)  # type: ignore[misc]  # as above
            took_s.append(time.perf_counter() - committed_s)
    await writer.close()

    cuts = statistics.quantiles(took_s, n=100)
    with capsys.disabled():
        print(  # noqa: T201  a figure to be seen
            f"\ncommit to told, read from the {node}: p50 {cuts[49] * 1000:.2f} ms, "
            f"p99 {cuts[98] * 1000:.2f} ms, max {max(took_s) * 1000:.2f} ms"
        )
    assert node in request.node.name
    assert cuts[98] < SOON_S


async def test_what_nobody_woke_for_is_found_by_the_poll(database: Database) -> None:
    """While the listening connection is away commits are told late, and none is lost."""
    async with following(database.dsn) as (feed, follower):
        await until(lambda: feed.state.is_listening)
        await database.sql.execute(LISTENERS.format("'%pg_current_wal_lsn%'"))
        for number in range(5):
            await database.sql.execute(TELL, str(number))
        await follower.wait(lambda: len(follower.locals) == 5)
        await until(lambda: feed.state.is_listening)

    assert sorted(follower.locals) == ["0", "1", "2", "3", "4"]
    assert follower.restarts == 1


async def test_a_connection_that_broke_goes_on_where_it_stood(database: Database) -> None:
    """Reading again on the same server misses nothing and repeats nothing."""
    async with following(database.dsn) as (feed, follower):
        await database.sql.execute(TELL, "before")
        await follower.wait(lambda: "before" in follower.locals)
        async with database.sql.transaction():
            await database.sql.execute(LISTENERS.format("'%'"))
            await database.sql.execute(TELL, "meanwhile")
        await follower.wait(lambda: "meanwhile" in follower.locals)
        await until(feed.is_current)

    assert follower.locals == ["before", "meanwhile"]
    assert follower.restarts == 1


async def test_a_crashed_process_of_the_database_makes_all_doubtful(nodes: Pair) -> None:
    """The server lives on, but what was seen of the last moments may never have been written."""
    async with following(nodes.first.dsn) as (feed, follower):
        await nodes.first.crash()
        await follower.wait(lambda: follower.restarts == 2)
        await until(feed.is_current)


async def test_a_primary_that_is_killed_and_returns(nodes: Pair, url: str) -> None:
    """While it is away nobody claims to know all; what it commits afterwards is told as before."""
    async with following(url, HASTY) as (feed, follower):
        is_read = feed.state.is_primary
        await until(feed.is_current)
        await nodes.first.kill()
        await until(lambda: not feed.is_current())
        away = feed.state
        restarts = follower.restarts
        await nodes.first.start()
        await nodes.first.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'back')")
        await follower.wait(lambda: "back" in follower.locals or follower.restarts > restarts)
        await until(feed.is_current)

    assert not away.is_current
    assert away.since is not None
    if is_read:
        assert follower.restarts > 1


async def test_a_frozen_database_is_not_waited_for(nodes: Pair) -> None:
    """Once it has been silent for longer than the limit, that is told; closing takes no time."""
    async with following(nodes.first.dsn, HASTY) as (feed, follower):
        await until(lambda: feed.state.is_listening)
        nodes.first.freeze()
        try:
            began_s = time.monotonic()
            await until(lambda: not feed.is_current())
            noticed_s = time.monotonic() - began_s
            began_s = time.monotonic()
            await feed.close()
            closed_s = time.monotonic() - began_s
        finally:
            nodes.first.thaw()

    assert HASTY.poll_s < noticed_s < SOON_S
    assert closed_s < SOON_S
    assert follower.restarts == 1


async def test_a_frozen_database_that_goes_on_has_missed_nothing(nodes: Pair) -> None:
    """After a silence that was not too long, reading goes on where it stood."""
    async with following(nodes.first.dsn, HASTY) as (feed, follower):
        nodes.first.freeze()
        try:
            await until(lambda: not feed.is_current())
        finally:
            nodes.first.thaw()
        await nodes.first.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'thawed')")
        await follower.wait(lambda: "thawed" in follower.locals)

    assert follower.restarts == 1


async def test_a_standby_that_falls_behind_is_left(nodes: Pair) -> None:
    """While it replays nothing it is not current, and the primary is read instead."""
    url = address_of(nodes.second, nodes.first)
    async with following(url, HASTY) as (feed, follower):
        assert not feed.state.is_primary
        await nodes.second.execute("SELECT pg_wal_replay_pause()")
        try:
            await nodes.first.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'far')")
            await until(lambda: feed.state.is_primary is True and feed.is_current())
        finally:
            await nodes.second.execute("SELECT pg_wal_replay_resume()")

    assert follower.moves == [nodes.second.dsn, nodes.first.dsn]
    assert follower.order[-2:] == ["moved", "everything"]


async def test_who_has_lost_sight_of_the_primary_cannot_tell(nodes: Pair) -> None:
    """A standby that believes to receive proves nothing: others may still commit at the primary."""
    async with following(address_of(nodes.second, nodes.first), HASTY) as (feed, _):
        await until(lambda: feed.is_current() and feed.state.is_listening)
        nodes.first.freeze()
        try:
            await until(lambda: not feed.is_current())
            await nodes.second.wait_until("SELECT count(*) = 1 FROM pg_stat_wal_receiver")
        finally:
            nodes.first.thaw()
        await until(feed.is_current)


async def _lose_a_commit(both: Pair, feed: Feed, told: list[str]) -> None:
    """Let the primary commit what never reaches the standby, then die."""
    await until(feed.is_current)
    await both.second.execute("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
    await both.second.wait_until("SELECT count(*) = 0 FROM pg_stat_wal_receiver")
    await both.first.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'lost')")
    if feed.state.is_primary:
        await until(lambda: "lost" in told)
    await both.first.kill()


@pytest.mark.parametrize("reading", ["primary", "standby"])
async def test_a_promotion_moves_everybody_and_makes_all_doubtful(
    reading: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was seen of a lost commit is doubted, and its number may mean another one from then.

    The former primary comes back as one, with the past it remembers: nobody goes there again.
    """
    async with pair() as both:
        ordered = (both.first, both.second) if reading == "primary" else (both.second, both.first)
        async with following(address_of(*ordered)) as (feed, follower):
            told: list[str] = []
            follower.on_told = lambda changes: told.extend(changes.locals)
            await _lose_a_commit(both, feed, told)
            began_s = time.monotonic()
            await both.second.promote()
            await follower.wait(lambda: follower.restarts >= 2)
            await until(lambda: feed.state.is_primary is True and feed.is_current())
            took_s = time.monotonic() - began_s
            await both.second.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'new')")
            await follower.wait(lambda: "new" in told)
            await until(lambda: feed.state.is_listening)

            await both.first.start()
            await both.second.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'own')")
            await follower.wait(lambda: "own" in told)

        async with following(address_of(*ordered)) as (feed, _):
            node = feed.state.node

    assert follower.moves[0] == ordered[0].dsn
    assert set(follower.moves[1:]) == {both.second.dsn}
    assert node == f"{both.second.sockets}:5432"
    with capsys.disabled():
        print(f"\npromoted while the {reading} is read, current after {took_s * 1000:.0f} ms")  # noqa: T201  a figure to be seen


async def test_a_database_that_is_away_at_start_is_followed_later(nodes: Pair) -> None:
    """Opening neither fails nor waits for long; once it is there all is doubtful and current."""
    await nodes.second.stop()
    try:
        async with following(nodes.second.dsn) as (feed, follower):
            before = (feed.is_current(), feed.state.node, feed.state.since)
            await nodes.second.start()
            await follower.wait(lambda: follower.restarts == 1)
            await until(feed.is_current)
    finally:
        await nodes.second.start()

    assert before == (False, None, None)


async def test_a_standby_alone_is_polled(nodes: Pair) -> None:
    """Nobody can listen there; commits are told by the next poll."""
    async with following(nodes.second.dsn) as (feed, follower):
        await nodes.first.execute("INSERT INTO change_log (kind, key) VALUES ('local', 'polled')")
        await follower.wait(lambda: "polled" in follower.locals)

        assert feed.is_current()
        assert not feed.state.is_listening


async def test_wake_ups_suffice(database: Database) -> None:
    """Nothing is left to the poll while somebody listens."""
    async with following(database.dsn, NEVER) as (feed, follower):
        await until(lambda: feed.state.is_listening)
        for number in range(20):
            await database.sql.execute(TELL, str(number))
            await follower.wait(lambda number=number: len(follower.locals) > number)  # type: ignore[misc]  # as above


async def test_a_follower_that_fails_hears_of_everything(database: Database) -> None:
    """What could not be taken in is not forgotten: all is doubtful then."""
    async with following(database.dsn) as (feed, follower):

        def fail(changes: Changes) -> None:
            if not changes.everything:
                raise RuntimeError("no room")

        follower.on_told = fail
        await database.sql.execute(TELL, "700")
        await follower.wait(lambda: follower.restarts == 2)
        await until(feed.is_current)


async def test_after_a_long_silence_all_is_doubtful(database: Database) -> None:
    """Who has not read for that long may find that the log no longer says everything."""
    pace = Pace(poll_s=0.01, timeout_s=5.0, silence_s=0.0)
    async with following(database.dsn, pace) as (_, follower):
        await follower.wait(lambda: follower.restarts == 3)


async def test_a_wrong_clock_of_this_machine_does_not_matter(database: Database) -> None:
    """Whatever it says, the time is that of the database."""
    clock = DatabaseClock(system=lambda: datetime(1999, 1, 1, tzinfo=UTC))
    async with following(database.dsn, clock=clock) as (feed, _):
        before = await database.sql.fetchval("SELECT clock_timestamp()")
        told = clock.now()
        after = await database.sql.fetchval("SELECT clock_timestamp()")
        since = feed.state.since

    within = timedelta(milliseconds=100)
    assert before - within < told < after + within
    assert since is not None
    assert before - timedelta(seconds=5) < since < after + within


async def test_the_state_names_no_secret(nodes: Pair) -> None:
    """A node is named by host and port; how it stands is said."""
    url = nodes.first.dsn.replace("policy@", "policy:an-odd-word@")
    async with following(url, PACE) as (feed, _):
        await until(lambda: feed.state.is_listening)
        state = feed.state

    assert "an-odd-word" not in repr(state)
    assert state.node == f"{nodes.first.sockets}:5432"
    assert state.is_current
    assert state.is_primary
    assert state.age_s is not None
    assert state.age_s < PACE.limit_s
