"""The embedded database comes and goes with its keeper, not with a worker."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.e2e.program import has_ended, until
from tests.handlers.asking import get
from tests.workers.crew import (
    Crowd,
    children_of,
    keeper_of,
    kill,
    until_workers,
    visit,
    workers_of,
)

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.database import Database
    from tests.e2e.program import Site
    from tests.workers.crew import Staffed


async def test_the_database_outlives_workers_and_not_the_keeper(site: Site) -> None:
    """A dead keeper is replaced; PostgreSQL comes back, and calls are answered all the time."""
    async with site.serving(server_workers=2) as program:
        keeper, postgres = keeper_of(program), site.postgres_pid()
        worker = workers_of(program)[0]
        kill(worker)
        await until_workers(program, 2, without=(worker,))
        assert site.postgres_pid() == postgres

        async with visit(program.url) as here:
            assert await here.ask() == 200
            kill(keeper)
            assert await has_ended(postgres)
            assert await here.ask() == 200

        async def health() -> object:
            return orjson.loads((await get(program.url, "/health/ready")).body)["directory"]

        await until(health, lambda said: said == "ok")
        assert keeper_of(program) != keeper

        await until_workers(program, 2)  # one may have come while there was no database
        pids = [*children_of(program.process.pid), site.postgres_pid()]
        program.process.kill()
        await program.ended()
        assert [await has_ended(pid) for pid in pids] == [True] * 4

    async with site.serving(server_workers=2) as again:
        assert len(children_of(again.process.pid)) == 3
        postgres = site.postgres_pid()
    assert await has_ended(postgres)


async def test_a_start_can_be_stopped(site: Site) -> None:
    """While the database is still being made."""
    program = await site.start(server_workers=2)
    lock = site.postgres / "lock"

    async def locked() -> bool:
        return lock.exists()

    await until(locked, bool)
    program.process.send_signal(signal.SIGTERM)

    assert await program.ended() == 0
    assert program.lines == ["vdx-policy: stopped"]


async def test_a_site_needs_no_keeper(staffed: Staffed) -> None:
    """It looks at the database, and ends."""
    async with staffed.serving() as program, Crowd(program.url).asking(keeping=1, short=0):
        await until_workers(program, 2)

        assert len(children_of(program.process.pid)) == 2


@pytest.mark.usefixtures("rules")
async def test_what_the_keeper_finds_wrong_stops_the_start(run: Run, bare: str) -> None:
    """One message, as from a single process, and nobody left behind."""
    done = run("serve", "--workers", "2", server_port=0, database_url=bare)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("run 'vdx-policy migrate'\n")


@pytest.mark.usefixtures("rules")
async def test_too_many_workers_for_the_database_stop_the_start(
    run: Run, database: Database
) -> None:
    """Told with the settings to change, before nodes find out."""
    done = run("serve", "--workers", "32", server_port=0, database_url=database.dsn)

    assert done.returncode == 1
    assert "server.workers 32 with database.connections 2 may need 297 connections" in done.stderr
