"""A number and its PINs are put aside, and are whose they are until somebody books with them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from policy.directory.records import AddressKey, Booking, Reserved
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.reservations import reserve
from policy.errors import RefusedError
from tests.database import SEAL
from tests.directory.writing.meetings import HOUR, book, build_world

if TYPE_CHECKING:
    from policy.directory.writing import reservations
    from tests.database import Database


async def put_aside(database: Database, *, hours: int = 24) -> reservations.Reserved:
    """Reserve for the hospital, in its own range: two addresses and a PIN for hosts."""
    await build_world(database)
    await database.sql.execute(
        "UPDATE template SET range_id = (SELECT id FROM number_range WHERE name = 'hospital')"
    )
    hospital = (await get_organisation(database.sql, "hospital")).id
    return await reserve(database.sql, SEAL, hospital, hours=hours)


async def test_what_is_reserved_becomes_the_meeting(database: Database) -> None:
    """The same addresses and PINs; nobody answers there before."""
    reserved = await put_aside(database)
    key = AddressKey(*reserved.addresses[0].split("@"))
    async with database.directory() as directory:
        before = await directory.find(key)

        booked = await book(database.sql, reservation_id=reserved.id, said={"participant_limit": 7})

        after = await directory.find(key)
    assert isinstance(before.target, Reserved)
    assert before.valid_until == reserved.until
    assert isinstance(after.target, Booking)
    assert booked.addresses == reserved.addresses
    assert booked.pins == reserved.pins
    assert reserved.pins is not None
    assert after.target.service["pin"] == reserved.pins.pin
    assert after.target.service["participant_limit"] == 7
    assert await database.sql.fetchval("SELECT count(*) FROM reservation") == 0
    until = "SELECT count(*) FROM address WHERE state = 'active' AND until IS NULL"
    assert await database.sql.fetchval(until) == 2


async def test_a_reservation_is_used_once_by_who_has_it(database: Database) -> None:
    """Not by a neighbour, not twice, not with PINs of its own, and not when it is over."""
    reserved = await put_aside(database)
    is_none = "is none of the organisation, or is over or used$"

    with pytest.raises(RefusedError, match=is_none):
        await book(database.sql, organisation="region", reservation_id=reserved.id)
    with pytest.raises(RefusedError, match=is_none):
        await book(database.sql, reservation_id=uuid4())
    for said in ({"pin": "48213"}, {"own_address": "ward7"}):
        with pytest.raises(RefusedError, match=r"^reservation: comes with PINs and a number, none"):
            await book(database.sql, reservation_id=reserved.id, **said)
    await book(database.sql, reservation_id=reserved.id)
    with pytest.raises(RefusedError, match=is_none):
        await book(database.sql, reservation_id=reserved.id)


async def test_a_reservation_ends(database: Database) -> None:
    """By the database's clock, whether or not somebody has swept it away or has the number."""
    reserved = await put_aside(database, hours=1)
    await database.sql.execute("UPDATE reservation SET until = now()")

    with pytest.raises(RefusedError, match=r"or is over or used$"):
        await book(database.sql, reservation_id=reserved.id)

    await database.sql.execute("UPDATE reservation SET until = now() + interval '1 hour'")
    await database.sql.execute("UPDATE address SET state = 'free'")
    with pytest.raises(RefusedError, match=r"or is over or used$"):
        await book(database.sql, reservation_id=reserved.id)


async def test_a_meeting_without_a_reservation_never_gets_its_number(database: Database) -> None:
    """A held number is taken as long as it is held."""
    await put_aside(database)
    held = await database.sql.fetchval("SELECT local FROM address WHERE domain IS NULL")
    await database.sql.execute(
        "UPDATE number_range SET low = $1, high = $1 WHERE prefix <> ''", int(held)
    )

    with pytest.raises(
        asyncpg.CheckViolationError, match="exhausted, none of its 1 numbers is free"
    ):
        await book(database.sql)

    await database.sql.execute("UPDATE address SET until = now()")
    booked = await book(database.sql)
    assert held in booked.addresses
    assert booked.ends_at - booked.opens_at == HOUR
