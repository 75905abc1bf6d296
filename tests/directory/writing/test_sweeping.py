"""What time makes due is done once, in small transactions, by the clock of the database."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.records import AddressKey
from policy.directory.writing import sweeping
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.register import hold
from policy.directory.writing.reservations import reserve
from policy.directory.writing.sweeping import (
    count_logs,
    daily_steps,
    find_overdue,
    prune_logs,
    sweep,
    urgent_steps,
)
from tests.database import SEAL
from tests.directory.audits import begin_anew, note, read_all
from tests.directory.writing.meetings import book, build_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from policy.directory.writing.sweeping import Swept
    from tests.database import Database

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def world(database: Database) -> None:
    """Work where organisations book meetings."""
    await build_world(database)


@contextmanager
def _watched(found: str, due: int) -> Iterator[Callable[[int], None]]:
    looked_at: list[int] = []
    yield looked_at.append
    assert sum(looked_at) == due, found


async def _sweep(database: Database, *, retire: int | None = None) -> dict[str, int]:
    swept = await _swept(database, retire=retire)
    assert swept.refused == []
    return {what: count for what, count in swept.counts.items() if count}


async def _swept(database: Database, *, retire: int | None = None) -> Swept:
    return await sweep(database.sql, [*urgent_steps(), *daily_steps(retire)], _watched)


async def _ended(database: Database, ago: timedelta) -> None:
    """Let every meeting be one that ended so long ago."""
    await database.sql.execute(
        "UPDATE booking SET starts_at = now() - $1::interval - interval '1 hour', "
        "ends_at = now() - $1::interval",
        ago,
    )


async def _states(database: Database) -> Counter[str]:
    return Counter(row["state"] for row in await database.sql.fetch("SELECT state FROM address"))


async def test_a_meeting_that_is_over_is_ended_and_its_number_rests(database: Database) -> None:
    """It counts as ended when it ended, and its addresses are nobody's for 30 days."""
    await book(database.sql, said={"range": "hospital"})
    await _ended(database, HOUR)

    first = await _sweep(database)
    second = await _sweep(database)

    row = await database.sql.fetchrow(
        "SELECT ended_at = ends_at AS at_its_end, booking_state(booking, now()) AS state "
        "FROM booking"
    )
    days = await database.sql.fetch("SELECT until - now() AS days FROM address")
    assert first == {"meetings ended": 1, "addresses quarantined": 2}
    assert second == {}
    assert row is not None
    assert tuple(row) == (True, "ended")
    assert [round(each["days"] / DAY) for each in days] == [30, 30]


async def test_an_open_or_running_meeting_is_left_alone(database: Database) -> None:
    """One that may be joined still, since it is known to run, is not over."""
    await book(database.sql)
    await _ended(database, timedelta(minutes=5))
    await database.sql.execute("UPDATE booking SET runs_seen_at = now()")
    await book(database.sql)

    assert await _sweep(database) == {}


async def test_a_cancelled_meeting_rests_from_its_planned_end(database: Database) -> None:
    """Before, its number still tells callers that it is cancelled; it never counts as ended."""
    await book(database.sql)
    await database.sql.execute("UPDATE booking SET cancelled_at = now()")

    before = await _sweep(database)
    await database.sql.execute(
        "BEGIN; SET LOCAL vdx_policy.restoring = 'on'; "
        "UPDATE booking SET starts_at = now() - interval '2 hours', ends_at = now(); COMMIT"
    )
    after = await _sweep(database)

    assert before == {}
    assert after == {"meetings ended": 1, "addresses quarantined": 1}
    assert await database.sql.fetchval("SELECT booking_state(booking, now()) FROM booking") == (
        "cancelled"
    )


async def test_holds_quarantines_and_reservations_run_out(database: Database) -> None:
    """Addresses are free again; of a reservation nothing is left."""
    hospital = await get_organisation(database.sql, "hospital")
    await hold(database.sql, AddressKey("ward", "rooms.example.org"), hospital, days=1)
    await hold(database.sql, AddressKey("kept", "rooms.example.org"), hospital)
    await reserve(database.sql, SEAL, hospital.id)
    nothing_yet = await _sweep(database)
    await database.sql.execute(
        "UPDATE reservation SET until = now(); "
        "UPDATE address SET until = now() WHERE until IS NOT NULL"
    )

    done = await _sweep(database)

    assert nothing_yet == {}
    assert done == {"reservations removed": 1, "addresses freed": 1}
    assert await _states(database) == {"free": 1, "held": 1}
    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0


async def test_an_ended_meeting_is_purged_after_30_days(database: Database) -> None:
    """Its room, its addresses and all that was said of it are gone."""
    await book(database.sql)
    await _ended(database, 29 * DAY)
    await _sweep(database)
    await database.sql.execute("UPDATE address SET until = now()")
    young = await _sweep(database)
    async with database.sql.transaction():
        await database.sql.execute("SET LOCAL vdx_policy.restoring = 'on'")
        await _ended(database, 31 * DAY)
        await database.sql.execute("UPDATE booking SET ended_at = ends_at")

    old = await _sweep(database)

    left = await database.sql.fetchval(
        "SELECT (SELECT count(*) FROM room) + (SELECT count(*) FROM booking) "
        "+ (SELECT count(*) FROM address)"
    )
    assert young == {"addresses freed": 1}
    assert old == {"meetings purged": 1}
    assert left == 0


async def test_an_organisation_says_how_long_its_meetings_are_kept(database: Database) -> None:
    """Its processing instruction wins; a number that still rests outlives the meeting."""
    await database.sql.execute(
        """
        INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from, instruction)
        SELECT id, 'dpa', version, '2020-01-01', valid_from::date, instruction::jsonb
        FROM organisation, (VALUES
            ('1', '2020-01-01', '{"retention_days": {"bookings": 90}}'),
            ('2', '2021-01-01', '{"retention_days": {"bookings": 2}}'),
            ('3', '2999-01-01', '{"retention_days": {"bookings": 90}}')
        ) AS version (version, valid_from, instruction)
        WHERE code = 'hospital'
        """
    )
    await book(database.sql)
    await book(database.sql, organisation="region")
    await _ended(database, 3 * DAY)

    done = await _sweep(database)

    kept = await database.sql.fetch(
        "SELECT organisation.code, address.state, address.room_id IS NULL AS is_alone "
        "FROM address JOIN organisation ON organisation.id = address.organisation_id"
    )
    assert done == {"meetings ended": 2, "addresses quarantined": 2, "meetings purged": 1}
    assert [tuple(row) for row in kept] == [("hospital", "quarantined", True)]


async def test_free_addresses_are_forgotten(database: Database) -> None:
    """A row of one that is free is kept for 30 days, for whoever asks whose it was."""
    await database.sql.execute(
        "INSERT INTO address (local, kind, state, since, until) VALUES "
        "('1', 'booking', 'free', now() - interval '31 days', NULL), "
        "('2', 'booking', 'free', now() - interval '29 days', NULL), "
        "('3', 'booking', 'free', now() - interval '40 days', now() - interval '20 days')"
    )

    assert await _sweep(database) == {"free addresses purged": 1}
    assert await _states(database) == {"free": 2}


async def _add_rooms(database: Database) -> None:
    """Add rooms: a new one, and old ones that were called never, long ago, and lately."""
    await database.sql.execute(
        """
        INSERT INTO room (organisation_id, kind, service_name, created_at)
        SELECT id, 'permanent', made.name, now() - age::interval
        FROM organisation, (VALUES
            ('new', '1 day'), ('never', '400 days'),
            ('long ago', '900 days'), ('lately', '900 days')
        ) AS made (name, age)
        WHERE code = 'hospital';
        INSERT INTO address (local, kind, room_id)
        SELECT replace(service_name, ' ', '-'), 'permanent', id FROM room;
        INSERT INTO address_use (address_id, last_used_at, calls)
        SELECT id, now() - age::interval, 1
        FROM address JOIN (VALUES ('long-ago', '500 days'), ('lately', '20 days'))
            AS used (local, age) USING (local)
        """
    )


async def _room_states(database: Database) -> dict[str, str]:
    rows = await database.sql.fetch("SELECT service_name, state FROM room")
    return {row["service_name"]: row["state"] for row in rows}


async def test_rooms_without_a_call_for_a_year_are_warned_and_come_back(
    database: Database,
) -> None:
    """A call is enough to be in use again; retiring is for people to decide."""
    await _add_rooms(database)

    first = await _sweep(database)
    again = await _sweep(database)
    await database.sql.execute("UPDATE address_use SET last_used_at = now()")
    called = await _sweep(database)

    assert first == {"rooms warned as unused": 2}
    assert again == {}
    assert called == {"rooms used again": 1}
    assert await _room_states(database) == {
        "new": "active",
        "never": "unused-warned",
        "long ago": "active",
        "lately": "active",
    }


async def test_unused_rooms_are_retired_where_somebody_decided_so(database: Database) -> None:
    """Only those that are unused for as long as was said."""
    await _add_rooms(database)

    done = await _sweep(database, retire=450)

    assert done == {"rooms warned as unused": 2, "rooms retired": 1}
    assert (await _room_states(database))["long ago"] == "retired"


async def test_what_is_refused_keeps_nothing_else_from_being_done(database: Database) -> None:
    """A room that names a theme which is gone cannot be changed; the others are."""
    await _add_rooms(database)
    await database.sql.execute(
        "UPDATE room SET ivr_theme_name = 'Gone' WHERE service_name = 'never'; "
        "INSERT INTO platform_names (kind, names) VALUES ('themes', '{Corporate}')"
    )

    swept = await _swept(database)
    await database.sql.execute("DELETE FROM platform_names")

    assert swept.counts["rooms warned as unused"] == 1
    assert len(swept.refused) == 1
    assert "Gone" in swept.refused[0]


async def test_more_than_a_batch_is_told_row_by_row(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is due, servers hear which addresses changed, not that all is doubtful."""
    await database.sql.execute(
        "INSERT INTO address (local, kind, state, until) "
        "SELECT number::text, 'reserved', 'held', now() FROM generate_series(1, 1200) AS number"
    )
    await database.sql.execute("DELETE FROM change_log")
    monkeypatch.setattr(sweeping, "MOST", 700)

    done = await _sweep(database)

    kinds = await database.sql.fetch("SELECT kind, count(*) FROM change_log GROUP BY kind")
    assert done == {"addresses freed": 1200}
    assert [tuple(row) for row in kinds] == [("local", 1200)]


async def test_two_machines_sweep_at_once(database: Database) -> None:
    """Everything is done once, and neither waits for the other."""
    await database.sql.execute(
        "INSERT INTO address (local, kind, state, until) "
        "SELECT number::text, 'reserved', 'held', now() FROM generate_series(1, 2000) AS number"
    )
    other = await asyncpg.connect(database.dsn)

    swept = await asyncio.gather(
        sweep(database.sql, urgent_steps(), _watched), sweep(other, urgent_steps(), _watched)
    )

    await other.close()
    assert sum(each.counts["addresses freed"] for each in swept) == 2000


async def test_what_somebody_holds_is_passed_by(database: Database) -> None:
    """A row that is being changed by another is done the next time."""
    await book(database.sql)
    await _ended(database, HOUR)
    other = await asyncpg.connect(database.dsn)

    async with other.transaction():
        await other.execute("SELECT FROM booking FOR UPDATE")
        busy = await _sweep(database)
    free = await _sweep(database)

    await other.close()
    assert busy == {}
    assert free == {"meetings ended": 1, "addresses quarantined": 1}


async def test_the_change_log_is_kept_for_a_day(database: Database) -> None:
    """What every server has read goes, and is counted."""
    await database.sql.execute(
        "DELETE FROM change_log; INSERT INTO change_log (kind, at) "
        "VALUES ('all', now() - interval '25 hours'), ('all', now() - interval '23 hours')"
    )

    due = await count_logs(database.sql)
    done = await prune_logs(database.sql)
    again = await prune_logs(database.sql)

    assert due == done
    assert done["entries of the change log pruned"] == 1
    assert again["entries of the change log pruned"] == 0


async def test_the_audit_is_kept_for_13_months(database: Database) -> None:
    """Older rows go, an hour of them at a time, and the chain goes on."""
    await begin_anew(database)
    for days_ago in (500, 450, 400, 300, 0):
        await note(database, days_ago=days_ago)

    due = await count_logs(database.sql)
    done = await prune_logs(database.sql)
    again = await prune_logs(database.sql)

    ends, links = await read_all(database)
    assert due["rows of the audit pruned"] == done["rows of the audit pruned"] == 3
    assert again["rows of the audit pruned"] == 0
    assert (ends.start.chain_no, [link.chain_no for link in links]) == (3, [4, 5])


async def test_only_meetings_that_end_on_time_are_ended_on_the_platform(
    database: Database,
) -> None:
    """Of the conferences that run: those whose meeting says so and is over."""
    for _ in range(3):
        await book(database.sql)
    rows = await database.sql.fetch(
        "SELECT booking.id, service_name FROM booking JOIN room ON room.id = room_id"
    )
    (strict, _), (lenient, _), (later, _) = rows
    await database.sql.execute(
        "UPDATE booking SET starts_at = now() - interval '2 hours', "
        "ends_at = now() - interval '1 hour' WHERE id <> $1",
        later,
    )
    await database.sql.execute(
        "UPDATE booking SET end_meeting_on_end_time = true WHERE id <> $1", lenient
    )

    overdue = await find_overdue(database.sql, [row["service_name"] for row in rows] + ["else"])

    assert overdue == {row["service_name"] for row in rows if row["id"] == strict}
