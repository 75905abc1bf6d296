"""One file of decisions, written by one process for all workers."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import orjson

from tests.e2e.program import has_ended, until
from tests.workers.crew import Crowd, counted, kill, others_of, until_workers, workers_of

if TYPE_CHECKING:
    from tests.workers.crew import Staffed


DROPPED: Final = "policy_handlers_decisions_dropped_total"


async def test_all_decisions_are_in_one_file(staffed: Staffed) -> None:
    """Whoever made them, over a restart of all workers; what a busy machine drops is counted."""
    log = staffed.site.folder / "decisions.jsonl"
    async with staffed.serving(log_decisions=log) as program:
        async with Crowd(program.url).asking() as crowd:
            await crowd.until_answered(200)
            before = tuple(workers_of(program))
            program.process.send_signal(signal.SIGUSR2)
            await until_workers(program, 2, without=before)

        async def accounted_for() -> float:
            return await counted(program.url, DROPPED) + log.read_bytes().count(b"\n")

        await until(accounted_for, lambda number: number == crowd.answered)
        assert await program.end() == 0

    lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert 0 < len(lines) <= crowd.answered
    assert {line["reason"] for line in lines} == {"OK"}


async def test_a_dead_writer_is_replaced(staffed: Staffed) -> None:
    """What is decided meanwhile waits for the next one; calls do not."""
    log = staffed.site.folder / "decisions.jsonl"
    async with staffed.serving(log_decisions=log) as program:
        (writer,) = others_of(program)
        kill(writer)
        assert await has_ended(writer)
        async with Crowd(program.url).asking(keeping=1, short=0) as crowd:
            await crowd.until_answered(10)

        async def pids() -> list[int]:
            return others_of(program)

        await until(pids, lambda found: bool(found) and writer not in found)
        assert await program.end() == 0

    assert (len(log.read_bytes().splitlines()), crowd.failures) == (crowd.answered, {})
