"""Numbers are drawn at random, never one that must not be issued, and never in vain."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy.directory.writing.inheritance import get_range
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.ranges import NewRange, create_range, delete_range, list_ranges
from policy.directory.writing.register import draw_number
from policy.directory.writing.scope import act_as
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from policy.directory.connection import Connection
    from policy.directory.writing.register import Address
    from tests.database import Database

DOMAIN: Final = "rooms.example.org"
CONNECTIONS: Final = 50
# Of those that the migration brings, what these tests come near.
EMERGENCY: Final = frozenset(map(str, (*range(112, 120), 110, 122, 911, 999)))


@pytest.fixture
async def north(database: Database) -> UUID:
    """Make an organisation with a domain and a room, and give the room."""
    room: UUID = await database.sql.fetchval(
        """
        WITH owner AS (
            INSERT INTO organisation (code, name) VALUES ('north', 'North'), ('south', 'South')
            RETURNING id, code
        ), owned AS (
            INSERT INTO domain SELECT 'rooms.example.org', id FROM owner WHERE code = 'north'
        )
        INSERT INTO room (organisation_id, kind)
        SELECT id, 'permanent' FROM owner WHERE code = 'north' RETURNING id
        """
    )
    return room


async def _range(connection: Connection, low: int, high: int, prefix: str = "") -> UUID:
    return await create_range(connection, NewRange(str(uuid4()), DOMAIN, low, high, prefix), None)


async def _draw_all(connection: Connection, range_id: UUID, room: UUID) -> list[list[Address]]:
    """Draw until there is nothing left."""
    drawn: list[list[Address]] = []
    while True:
        try:
            async with connection.transaction():
                drawn.append(await draw_number(connection, range_id, room))
        except asyncpg.CheckViolationError as exc:
            assert exc.constraint_name == "range_exhausted"  # noqa: PT017  the end of the loop
            return drawn


async def test_every_number_is_drawn_once_but_those_that_must_not(
    database: Database, north: UUID
) -> None:
    """Both ends are among them, emergency numbers not; at the end a clear refusal."""
    range_id = await _range(database.sql, 100, 199)

    drawn = await _draw_all(database.sql, range_id, north)
    (told,) = await list_ranges(database.sql, None)

    assert {each.alias for (each,) in drawn} == {
        f"{number}@{DOMAIN}" for number in range(100, 200) if str(number) not in EMERGENCY
    }
    assert len(drawn) == told["size"] == told["taken"] == 90
    with pytest.raises(asyncpg.CheckViolationError, match=r"^number range .*: exhausted, none of"):
        await draw_number(database.sql, range_id, north)


async def test_a_prefix_gives_two_addresses_or_none(database: Database, north: UUID) -> None:
    """The one with the domain has the prefix; a number of which somebody has either is passed."""
    range_id = await _range(database.sql, 20, 29, "vdx-a")
    await database.sql.execute(
        """
        INSERT INTO address (local, domain, kind, room_id)
        VALUES ('23', NULL, 'permanent', $1), ('vdx-a24', 'rooms.example.org', 'permanent', $1)
        """,
        north,
    )

    drawn = await _draw_all(database.sql, range_id, north)
    left = await database.sql.fetch("SELECT local FROM address WHERE local IN ('24', 'vdx-a23')")

    assert sorted([each.alias for each in pair] for pair in drawn) == [
        [f"vdx-a{number}@{DOMAIN}", str(number)]
        for number in range(20, 30)
        if number not in {23, 24}
    ]
    assert left == []


@pytest.mark.parametrize(
    ("low", "high", "prefix", "size"),
    [
        (999_999_990, 1_000_000_009, "", 10),  # the others have ten digits
        (9_999_999_995, 10_000_000_004, "", 5),
        (98, 103, "12345678", 4),  # two digits more would be ten
        (1, 12, "11", 4),  # 112 to 119 are never issued
    ],
)
async def test_what_must_not_be_issued_is_not_counted(
    database: Database, north: UUID, low: int, high: int, prefix: str, size: int
) -> None:
    """Ten digits and emergency numbers, with the prefix and without."""
    range_id = await _range(database.sql, low, high, prefix)

    drawn = await _draw_all(database.sql, range_id, north)
    (told,) = await list_ranges(database.sql, None)
    strings = {each.local for pair in drawn for each in pair}

    assert len(drawn) == told["size"] == size
    assert not {each for each in strings if len(each) == 10} | (strings & EMERGENCY)


STATES: Final = st.sampled_from(["free", "active", "kept", "ended"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    low=st.integers(1, 200) | st.integers(990, 1010) | st.integers(10**9 - 9, 10**9 + 9),
    prefix=st.sampled_from(["", "7", "1", "a-"]),
    whole=st.lists(STATES, min_size=1, max_size=20),
    bare=st.lists(STATES, max_size=20),
)
async def test_what_is_drawn_is_what_was_free(
    database: Database, north: UUID, low: int, prefix: str, whole: list[str], bare: list[str]
) -> None:
    """All that is free, whatever the others are, and nothing else; what has ended is free."""
    high = low + len(whole) - 1
    assume(any(_may_be_issued(str(number), prefix) for number in range(low, high + 1)))
    transaction = database.sql.transaction()
    await transaction.start()
    try:
        range_id = await _range(database.sql, low, high, prefix)
        written: list[tuple[str, str | None, str]] = [
            *((f"{prefix}{low + index}", DOMAIN, state) for index, state in enumerate(whole)),
            *((str(low + index), None, state) for index, state in enumerate(bare)),
        ]
        await database.sql.executemany(WRITE, [(*each, north) for each in written])

        drawn = await _draw_all(database.sql, range_id, north)
    finally:
        await transaction.rollback()

    bare += ["free"] * len(whole)
    free = {
        str(low + index)
        for index, state in enumerate(whole)
        if state in FREE
        and (not prefix or bare[index] in FREE)
        and _may_be_issued(str(low + index), prefix)
    }
    assert sorted(pair[0].local for pair in drawn) == sorted(f"{prefix}{each}" for each in free)


FREE: Final = frozenset({"free", "ended"})
WRITE: Final = """
INSERT INTO address (local, domain, kind, room_id, state, until)
SELECT $1, $2, 'permanent', $4,
    CASE WHEN $3 IN ('kept', 'ended') THEN 'quarantined' ELSE $3 END,
    CASE $3 WHEN 'kept' THEN now() + interval '1 day' WHEN 'ended' THEN now() END
"""


def _may_be_issued(number: str, prefix: str) -> bool:
    local = prefix + number
    return not ({number, local} & EMERGENCY or len(number) == 10 or re.fullmatch(r"\d{10}", local))


async def test_the_last_of_a_hundred_is_found(database: Database, north: UUID) -> None:
    """Chance would miss it in most tries."""
    range_id = await _range(database.sql, 500, 599)
    await database.sql.execute(
        """
        INSERT INTO address (local, domain, kind, room_id)
        SELECT number::text, 'rooms.example.org', 'permanent', $1
        FROM generate_series(500, 599) AS number WHERE number <> 542
        """,
        north,
    )

    (found,) = await draw_number(database.sql, range_id, north)

    assert found.alias == f"542@{DOMAIN}"


async def test_what_has_ended_is_free_again(database: Database, north: UUID) -> None:
    """A quarantine or a hold whose day has passed ends when somebody needs the number."""
    range_id = await _range(database.sql, 700, 703)
    await _draw_all(database.sql, range_id, north)
    await database.sql.execute(
        """
        UPDATE address SET state = 'quarantined', until = now() + CASE local
            WHEN '700' THEN interval '-1 day' WHEN '701' THEN interval '0' ELSE interval '1 day'
        END
        WHERE local <> '703'
        """
    )

    drawn = await _draw_all(database.sql, range_id, north)

    assert {each.local for (each,) in drawn} == {"700", "701"}


@asynccontextmanager
async def _places(database: Database) -> AsyncIterator[asyncio.Queue[Connection]]:
    """Open as many connections as there is room for."""
    places: asyncio.Queue[Connection] = asyncio.Queue()
    opened = [await asyncpg.connect(database.dsn) for _ in range(CONNECTIONS)]
    for each in opened:
        places.put_nowait(each)
    try:
        yield places
    finally:
        for each in opened:
            await each.close()


@pytest.mark.parametrize("prefix", ["", "88"])
async def test_fifty_at_once_get_distinct_numbers_until_there_are_none(
    database: Database, north: UUID, prefix: str
) -> None:
    """Ten of 40 numbers are never issued; some change their minds, and nothing is lost."""
    range_id = await _range(database.sql, 101, 140, prefix)
    issuable = 30
    given_back = 12

    async def create(places: asyncio.Queue[Connection], *, keep: bool) -> str | None:
        connection = await places.get()
        transaction = connection.transaction()
        await transaction.start()
        try:
            drawn = await draw_number(connection, range_id, north)
        except asyncpg.CheckViolationError as exc:
            await transaction.rollback()
            return exc.constraint_name
        else:
            await (transaction.commit() if keep else transaction.rollback())
            return drawn[0].local if keep else None
        finally:
            places.put_nowait(connection)

    async with _places(database) as places:
        first = await asyncio.gather(
            *(create(places, keep=number % 4 != 0) for number in range(given_back * 2))
        )
        kept = [each for each in first if each is not None]
        later = await asyncio.gather(*(create(places, keep=True) for _ in range(50)))

    numbers = Counter([*kept, *later])
    exhausted = numbers.pop("range_exhausted")
    assert set(numbers.values()) == {1}
    assert len(numbers) == issuable
    assert exhausted == len(kept) + 50 - issuable
    addresses = await database.sql.fetchval("SELECT count(*) FROM address")
    assert addresses == issuable * (2 if prefix else 1)


async def test_nobody_waits_for_others_while_there_are_more(
    database: Database, north: UUID
) -> None:
    """Each holds what it has drawn so far: two that draw many do not wait for each other."""
    range_id = await _range(database.sql, 123, 138)
    async with _places(database) as places:
        both = places.get_nowait(), places.get_nowait()
        transactions = [each.transaction() for each in both]
        for each, transaction in zip(both, transactions, strict=True):
            await transaction.start()
            await each.execute("SET LOCAL statement_timeout = '10s'")
        drawn = [
            (await draw_number(each, range_id, north))[0].local for _ in range(8) for each in both
        ]
        await transactions[0].rollback()
        later = [each.local for (each,) in await _draw_all(both[1], range_id, north)]
        await transactions[1].rollback()

    assert len(set(drawn)) == 16
    assert set(later) == set(map(str, range(123, 139))) - set(drawn[1::2])


async def test_of_two_that_want_each_others_number_one_is_refused(
    database: Database, north: UUID
) -> None:
    """In words, not by a deadlock; the other one gets what it gives back."""
    range_id = await _range(database.sql, 51, 52)
    async with _places(database) as places:
        both = places.get_nowait(), places.get_nowait()
        transactions = [each.transaction() for each in both]
        for each, transaction in zip(both, transactions, strict=True):
            await transaction.start()
            await each.execute("SET LOCAL deadlock_timeout = '50ms'")
            await draw_number(each, range_id, north)
        ends = await asyncio.gather(
            *(draw_number(each, range_id, north) for each in both), return_exceptions=True
        )
        for transaction in transactions:
            await transaction.rollback()

    (refused,) = (each for each in ends if isinstance(each, BaseException))
    assert isinstance(refused, asyncpg.CheckViolationError)
    assert refused.constraint_name == "range_exhausted"


async def test_every_number_is_about_as_likely(database: Database, north: UUID) -> None:
    """Of 400 draws each of ten numbers gets some 40: four and a half deviations are far enough."""
    range_id = await _range(database.sql, 96, 105)
    counted: Counter[str] = Counter()
    for _ in range(400):
        transaction = database.sql.transaction()
        await transaction.start()
        counted[(await draw_number(database.sql, range_id, north))[0].local] += 1
        await transaction.rollback()

    assert len(counted) == 10
    assert min(counted.values()) > 12
    assert max(counted.values()) < 78


@pytest.mark.usefixtures("north")
async def test_a_range_is_in_a_domain_of_its_organisation(database: Database) -> None:
    """One of the platform may be in any."""
    south = await get_organisation(database.sql, "south")

    with pytest.raises(RefusedError, match=r"^number range n: rooms\.example\.org is no domain of"):
        await create_range(database.sql, NewRange("n", DOMAIN, 1, 9), south)
    with pytest.raises(RefusedError, match="none of its numbers may be drawn"):
        await create_range(database.sql, NewRange("n", DOMAIN, 10**9, 10**9 + 5), None)


async def test_a_range_that_is_used_stays(database: Database, north: UUID) -> None:
    """Free addresses do not use it any more."""
    owner = await get_organisation(database.sql, "north")
    range_id = await create_range(database.sql, NewRange("n", DOMAIN, 5, 5), owner)
    await draw_number(database.sql, range_id, north)

    with pytest.raises(RefusedError, match=r"^number range n: is still used by 1 addresses$"):
        await delete_range(database.sql, "n", owner)
    with pytest.raises(RefusedError, match=r"^number range n: the platform has none of this name$"):
        await delete_range(database.sql, "n", None)
    await database.sql.execute("UPDATE address SET state = 'quarantined'")
    await database.sql.execute("UPDATE address SET state = 'free'")
    await delete_range(database.sql, "n", owner)

    assert await list_ranges(database.sql, owner) == []


async def test_a_tenant_draws_from_a_range_above_it(database: Database, north: UUID) -> None:
    """And sees that numbers are taken by those whom it cannot see."""
    owner = await get_organisation(database.sql, "north")
    range_id = await create_range(database.sql, NewRange("n", DOMAIN, 5, 7, "a"), owner)
    (first, _) = await draw_number(database.sql, range_id, north)
    room = await database.sql.fetchval(
        """
        WITH made AS (
            INSERT INTO organisation (code, name, parent_id) VALUES ('below', 'Below', $1)
            RETURNING id
        )
        INSERT INTO room (organisation_id, kind) SELECT id, 'permanent' FROM made RETURNING id
        """,
        owner.id,
    )
    await database.sql.execute("UPDATE domain SET inherit = true")

    async with database.sql.transaction():
        await act_as(database.sql, "somebody", within="below")
        found = await get_range(
            database.sql, (await get_organisation(database.sql, "below")).id, "n"
        )
        drawn = await _draw_all(database.sql, found.id, room)

    assert found.id == range_id
    assert sorted(pair[0].local for pair in drawn) == sorted({"a5", "a6", "a7"} - {first.local})
