"""`vdx-policy sweep` tells what it has done, asks the platform, and goes on until it is ended."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.cli.sweep import repeat
from policy.errors import DirectoryError, PolicyError
from tests.directory.writing.meetings import book, build_world
from tests.e2e.program import environment
from tests.fakes.manager import Conferences, managing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from click.testing import Result

    from tests.database import Database

    Sweep = Callable[..., Awaitable[Result]]

_NOTHING = """\
meetings ended: 0
addresses quarantined: 0
reservations removed: 0
addresses freed: 0
"""


@pytest.fixture
async def sweep(database: Database) -> Sweep:
    """Run `vdx-policy sweep` where organisations book meetings."""
    await build_world(database)

    async def sweep(*words: str) -> Result:
        return await asyncio.to_thread(
            CliRunner(env={"VDX_POLICY_DATABASE_URL": database.dsn}).invoke, cli, ["sweep", *words]
        )

    return sweep


async def _over(database: Database, *, ends_on_time: bool = False) -> str:
    """Book a meeting that ended a minute ago; gives the name of its room."""
    booked = await book(database.sql)
    name: str = await database.sql.fetchval(
        "UPDATE booking SET starts_at = now() - interval '1 hour', "
        "ends_at = now() - interval '1 minute', end_meeting_on_end_time = $2 "
        "FROM room WHERE room.id = room_id AND booking.id = $1 RETURNING service_name",
        booked.id,
        ends_on_time,
    )
    return name


async def test_every_count_is_told(database: Database, sweep: Sweep) -> None:
    """Also those of which there was nothing."""
    await _over(database)

    done = await sweep()

    assert done.exit_code == 0
    assert done.stdout == (
        "meetings ended: 1\n"
        "addresses quarantined: 1\n"
        "reservations removed: 0\n"
        "addresses freed: 0\n"
        "rooms used again: 0\n"
        "rooms warned as unused: 0\n"
        "meetings purged: 0\n"
        "free addresses purged: 0\n"
        "entries of the change log pruned: 0\n"
        "rows of the audit pruned: 0\n"
    )


async def test_a_dry_run_changes_nothing(database: Database, sweep: Sweep) -> None:
    """It counts what is due, and leaves it."""
    await _over(database)

    tried = await sweep("--urgent", "--dry-run")
    done = await sweep("--urgent")

    assert tried.stdout == (
        "dry run, nothing was changed; due are:\n"
        "meetings ended: 1\nreservations removed: 0\naddresses freed: 0\n"
    )
    assert "meetings ended: 1" in done.stdout


async def test_the_number_of_a_meeting_rests_as_long_as_was_said(
    database: Database, sweep: Sweep
) -> None:
    """The days of quarantine are the operator's to set."""
    await _over(database)

    await sweep("--urgent", "--quarantine-days", "7")

    days = "SELECT round(extract(epoch FROM until - now()) / 86400)::integer FROM address"
    assert await database.sql.fetchval(days) == 7


async def test_it_was_nobody_but_the_sweep(database: Database, sweep: Sweep) -> None:
    """The audit names it as the actor."""
    await _over(database)

    await sweep()

    actor = await database.sql.fetchval(
        "SELECT actor FROM audit WHERE entity = 'booking' ORDER BY id DESC LIMIT 1"
    )
    assert actor == "sweep"


async def test_agreements_that_lapse_are_told_once_a_day(database: Database, sweep: Sweep) -> None:
    """What lapses within 90 days is told, and what has lapsed; nothing is changed."""
    await database.sql.execute(
        """
        INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from, valid_to)
        SELECT id, kind, '1', '2020-01-01', '2020-01-01', day_of(now()) + days
        FROM organisation, (VALUES ('dpa', 20), ('connection', 400)) AS agreed (kind, days)
        WHERE code = 'hospital';
        UPDATE organisation SET agreements_required = true WHERE code = 'hospital'
        """
    )
    await database.sql.execute(
        "UPDATE agreement SET valid_to = day_of(now()) - 3 WHERE kind = 'connection'"
    )

    urgent = await sweep("--urgent")
    daily = await sweep()

    lines = daily.stdout.splitlines()[-2:]
    assert urgent.stdout == _NOTHING
    assert lines[0].startswith("hospital: connection agreement: lapsed after ")
    assert lines[0].endswith(", it gets no new rooms")
    assert lines[1].startswith("hospital: dpa agreement: lapses after ")
    assert lines[1].endswith(", in 20 days")


async def test_a_conference_that_runs_keeps_its_meeting_open(
    database: Database, sweep: Sweep
) -> None:
    """What the platform says runs is noted, and may be joined for as long as it is told."""
    name = await _over(database)
    await database.sql.execute("UPDATE booking SET ends_at = now() + interval '1 minute'")

    async with managing(Conferences({"1": name, "2": "else"})) as url:
        done = await sweep("--urgent", "--manager", url, "--password", "an-invented-password")

    assert done.exit_code == 0
    assert done.stdout == f"meetings that go on: 1\nconferences ended: 0\n{_NOTHING}"
    assert await database.sql.fetchval("SELECT runs_seen_at IS NOT NULL FROM booking")


async def test_a_conference_that_is_to_end_on_time_is_ended(
    database: Database, sweep: Sweep
) -> None:
    """Those of other meetings, and of rooms that are none of ours, go on; a dry run ends none."""
    strict, lenient = await _over(database, ends_on_time=True), await _over(database)
    conferences = Conferences({"1": "else", "2": lenient, "3": strict})

    async with managing(conferences) as url:
        words = ("--urgent", "--manager", url, "--password", "an-invented-password")
        tried = await sweep(*words, "--dry-run")
        ended_in_dry_run = list(conferences.ended)
        done = await sweep(*words)

    assert "conferences ended: 1" in tried.stdout
    assert ended_in_dry_run == []
    assert "conferences ended: 1" in done.stdout
    assert conferences.ended == ["3"]


async def test_a_platform_that_is_away_keeps_nothing_from_being_swept(
    database: Database, sweep: Sweep
) -> None:
    """It is swept all the same, and then told."""
    await _over(database)
    async with managing() as url:
        done = await sweep("--urgent", "--manager", url, "--password", "mistyped")

    assert "meetings ended: 1" in done.stdout
    assert isinstance(done.exception, PolicyError)
    assert str(done.exception).endswith("/conference/: answered 401")


async def test_a_password_is_not_sent_in_clear(sweep: Sweep) -> None:
    """A management node elsewhere is asked with TLS, or not at all."""
    done = await sweep("--manager", "http://manager.example.org", "--password", "x")

    assert done.exit_code == 2
    assert "must begin with https://" in done.output


async def test_what_cannot_be_changed_is_told(database: Database, sweep: Sweep) -> None:
    """The rest is done, and the reason is on the error output."""
    await database.sql.execute(
        "INSERT INTO room (organisation_id, kind, created_at, ivr_theme_name) "
        "SELECT id, 'permanent', '2020-01-01', 'Gone' FROM organisation WHERE code = 'hospital'; "
        "INSERT INTO platform_names (kind, names) VALUES ('themes', '{Corporate}')"
    )

    done = await sweep()
    await database.sql.execute("DELETE FROM platform_names")

    assert done.exit_code == 0
    assert "left as it is: rooms warned as unused, " in done.stderr


async def test_an_error_does_not_end_what_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, and the work is tried again."""
    stop = asyncio.Event()
    rounds: list[int] = []

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise DirectoryError("database: away")
        stop.set()

    await repeat(work, 0.001, stop)

    assert rounds == [0, 1]
    assert capsys.readouterr().err == "vdx-policy: database: away\n"


async def test_it_goes_on_until_it_is_ended(database: Database) -> None:
    """Everything at once, then the urgent every so often; a signal ends it in good order."""
    await build_world(database)
    await _over(database)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "policy", "sweep", "--every", "3600"),
        env=environment({"database_url": database.dsn}),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None

    said = [await process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGTERM)

    assert await process.wait() == 0
    assert said == [
        b"sweeping every 3600 seconds\n",
        b"meetings ended: 1\n",
        b"addresses quarantined: 1\n",
    ]
