"""Processes that die are replaced, restarts lose nothing, and nothing outlives the supervisor."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import has_ended
from tests.workers.crew import (
    Crowd,
    children_of,
    kill,
    until_workers,
    visit,
    workers_of,
)

if TYPE_CHECKING:
    from tests.workers.crew import Staffed


async def test_a_restart_loses_no_request(staffed: Staffed) -> None:
    """One by one, under clients that keep connections and clients that do not; twice."""
    async with staffed.serving() as program:
        async with Crowd(program.url).asking() as crowd:
            for _ in range(2):
                await crowd.until_answered(100)
                before = tuple(workers_of(program))
                program.process.send_signal(signal.SIGUSR2)
                await until_workers(program, 2, without=before)
            await crowd.until_answered(100)
        said = program.said()

    assert (crowd.failures, crowd.answered > 300) == ({}, True)
    assert said.count("is restarted") == 4
    assert "Traceback" not in said


async def test_a_crash_is_not_felt_by_others(staffed: Staffed) -> None:
    """After kill -9 only connections of the dead worker are lost; another takes its place."""
    async with staffed.serving() as program:
        victim = workers_of(program)[0]
        async with Crowd(program.url).asking(keeping=4, short=2) as crowd:
            await crowd.until_answered(100)
            kill(victim)
            await until_workers(program, 2, without=(victim,))
            await crowd.until_answered(100)
        said = program.said()

    assert sum(crowd.failures.values()) <= 6  # each client at most once
    assert "worker 1 was ended by signal 9; another is started in 0.1 s" in said


async def test_nobody_waits_for_the_replacement(staffed: Staffed) -> None:
    """While a worker cannot be started, another accepts in its place."""
    async with staffed.serving() as program:
        (staffed.site.folder / "rules" / "99-wrong.yaml").write_text("rules: [{nome: x}]")
        victim = workers_of(program)[0]
        kill(victim)
        assert await has_ended(victim)
        for _ in range(20):  # the kernel gives the dead one's socket half of them
            async with visit(program.url) as here:
                assert await here.ask() == 200
        (staffed.site.folder / "rules" / "99-wrong.yaml").unlink()
        await until_workers(program, 2, without=(victim,))


async def test_a_successor_that_cannot_start_replaces_nobody(staffed: Staffed) -> None:
    """The restart ends there, and who served before serves on."""
    async with staffed.serving(rules_watch=False) as program:
        before = workers_of(program)
        (staffed.site.folder / "rules" / "99-wrong.yaml").write_text("rules: [{nome: x}]")
        program.process.send_signal(signal.SIGUSR2)
        async with visit(program.url) as here:
            while "restarted no further" not in program.said():
                assert await here.ask() == 200

        assert workers_of(program) == before


async def test_a_killed_supervisor_leaves_no_orphan(staffed: Staffed) -> None:
    """The workers end by themselves."""
    async with staffed.serving() as program:
        pids = children_of(program.process.pid)
        program.process.kill()
        await program.ended()

        assert [await has_ended(pid) for pid in pids] == [True] * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_answers_what_has_come_and_ends_all(
    staffed: Staffed, number: signal.Signals
) -> None:
    """Under load no request that was accepted fails; a second signal changes nothing."""
    async with staffed.serving() as program:
        pids = workers_of(program)
        crowd = Crowd(program.url)
        async with crowd.asking():
            await crowd.until_answered(100)
            program.process.send_signal(number)
            program.process.send_signal(number)
            code = await program.ended()
        refused = {name: count for name, count in crowd.failures.items() if "Refused" in name}

    assert code == 0
    assert dict(crowd.failures) == refused
    assert [await has_ended(pid) for pid in pids] == [True] * 2
    assert program.lines[-1] == "vdx-policy: stopped"
    assert "Traceback" not in program.said()
