"""What organisations do while others call: book, cancel, open rooms and retire them."""

from __future__ import annotations

import asyncio
import csv
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from load.databases import Silent
from load.day.plan import HOURS, Deed
from policy.directory.bulk.importing import Import, import_files
from policy.directory.bulk.reading import find_sources
from policy.directory.document import key_of
from policy.directory.records import RoomState
from policy.directory.writing.bookings import cancel_booking, find_booking
from policy.directory.writing.details import details_of
from policy.directory.writing.new_bookings import NewBooking, create_booking
from policy.directory.writing.organisations import get_living
from policy.directory.writing.rooms import NewRoom, create_room, get_room, set_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from load.day.plan import Change, Stretch
    from policy.directory.connection import Connection
    from policy.directory.sealing import Seal

HUB: Final = "hub"  # whose domain is rooms.example.org
ALLOW: Final = "UPDATE organisation SET allow_own_address = true WHERE code = $1"


@dataclass(slots=True)
class Done:
    """What was committed, how late the latest of it, and what could not be."""

    commits: int = 0
    latest_s: float = 0.0
    failures: list[str] = field(default_factory=list)


async def book_the_day(
    connection: Connection, seal: Seal, stretch: Stretch, begins_at: float, folder: Path
) -> None:
    """Bring in the bookings of a stretch, each of which opens on one of its hours."""
    files = folder / f"bookings-{stretch.number}"
    files.mkdir()
    with (files / "bookings.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(
            ("organisation", "aliases", "pin", "guest_pin", "starts_at", "ends_at", "lead_minutes")
        )
        for hour in range(HOURS):
            starts = datetime.fromtimestamp(begins_at + hour * stretch.hour_s, UTC)
            ends = starts + timedelta(hours=2)
            for number in range(stretch.bookings_per_hour):
                alias = f"{stretch.booking(hour, number)}@rooms.example.org"
                pins = 48_213 + number, 90_377 - number
                rows.writerow((HUB, alias, *pins, starts.isoformat(), ends.isoformat(), 0))
    async with connection.transaction():
        done = await import_files(connection, Import(find_sources([files])), seal, Silent())
    if done.problems:
        raise ValueError(str(done.problems[0]))


async def carry_out(
    connection: Connection, seal: Seal, changes: Sequence[Change], begins_at: float
) -> Done:
    """Commit each change at its time."""
    done = Done()
    await connection.execute(ALLOW, HUB)
    for change in changes:
        await asyncio.sleep(max(begins_at + change.at_s - time.time(), 0))
        try:
            async with connection.transaction():
                await _commit(connection, seal, change)
        except Exception as exc:  # noqa: BLE001  the run goes on, and its result says so
            done.failures.append(f"{change.deed}: {exc}")
            continue
        done.commits += 1
        done.latest_s = max(done.latest_s, time.time() - begins_at - change.at_s)
    return done


async def _commit(connection: Connection, seal: Seal, change: Change) -> None:
    alias = f"{change.local}@rooms.example.org"
    match change.deed:
        case Deed.BOOK:
            now = datetime.now(UTC)
            hub = await get_living(connection, HUB)
            details = details_of({"subject": "Rounds"})
            ends = now + timedelta(hours=1)
            new = NewBooking(hub, details, now - timedelta(minutes=1), ends, own_address=alias)
            await create_booking(connection, seal, new)
        case Deed.CANCEL:
            meeting = await find_booking(connection, alias, [key_of(alias)])
            if meeting is not None:
                await cancel_booking(connection, meeting)
        case Deed.OPEN_ROOM:
            hub = await get_living(connection, HUB)
            await create_room(connection, seal, NewRoom(hub, {"aliases": [alias]}))
        case _:
            room = await get_room(connection, alias)
            await set_state(connection, room, RoomState.RETIRED)
