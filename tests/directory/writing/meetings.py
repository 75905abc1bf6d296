"""An organisation that books meetings, for tests of bookings and templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from policy.directory.writing.details import Details
from policy.directory.writing.new_bookings import Booked, NewBooking, create_booking
from policy.directory.writing.organisations import get_organisation
from tests.database import SEAL

if TYPE_CHECKING:
    from policy.directory.connection import Connection
    from tests.database import Database

# A region, a hospital below it, a neighbour; a range for all and templates on every level.
_WORLD: Final = """
INSERT INTO organisation (code, name, parent_id) VALUES ('region', 'The Region', NULL);
INSERT INTO organisation (code, name, parent_id, allow_own_address)
SELECT 'hospital', 'The Hospital', id, true FROM organisation WHERE code = 'region';
INSERT INTO organisation (code, name) VALUES ('neighbour', 'The Neighbour');
INSERT INTO domain (domain, organisation_id, inherit)
SELECT 'rooms.example.org', id, true FROM organisation WHERE code = 'region';
INSERT INTO number_range (name, domain, low, high)
VALUES ('all', 'rooms.example.org', 7000000, 7999999);
INSERT INTO number_range (name, domain, prefix, low, high, organisation_id)
SELECT 'hospital', 'rooms.example.org', 'ho', 200000, 299999, id
FROM organisation WHERE code = 'hospital';
INSERT INTO template (name, is_default, range_id)
SELECT 'base', true, id FROM number_range WHERE name = 'all';
"""

NOON: Final = datetime(2027, 6, 1, 10, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


async def build_world(database: Database) -> None:
    """Fill an empty database with organisations that book meetings."""
    await database.sql.execute(_WORLD)


async def book(
    connection: Connection, *, organisation: object = "hospital", **said: object
) -> Booked:
    """Book a meeting of an hour; keywords are those of NewBooking."""
    starts_at = said.get("starts_at", NOON)
    assert isinstance(starts_at, datetime)
    usual = {
        "organisation": await get_organisation(connection, str(organisation)),
        "details": Details(subject="Ward round"),
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,
    }
    new = NewBooking(**{**usual, **said})  # type: ignore[arg-type]  # who reads the test sees them
    async with connection.transaction():
        return await create_booking(connection, SEAL, new)
