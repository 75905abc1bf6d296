"""Any worker tells the metrics of all, and no counter ever goes back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.handlers.asking import get
from tests.workers.crew import Crowd, counted, kill, until_workers, workers_of

if TYPE_CHECKING:
    from tests.workers.crew import Staffed


async def test_metrics_are_those_of_all(staffed: Staffed) -> None:
    """As many as were asked, whoever answers; a crash loses no more than was not yet seen."""
    async with staffed.serving() as program:
        async with Crowd(program.url).asking() as crowd:
            await crowd.until_answered(300)
        told = [await counted(program.url) for _ in range(4)]
        assert told == [crowd.answered] * 4

        victim = workers_of(program)[0]
        kill(victim)
        await until_workers(program, 2, without=(victim,))
        assert await counted(program.url) == crowd.answered

        before = tuple(workers_of(program))
        program.process.send_signal(signal.SIGUSR2)
        async with Crowd(program.url).asking() as second:
            await until_workers(program, 2, without=before)
        text = (await get(program.url, "/metrics")).body.decode()
        assert await counted(program.url) == crowd.answered + second.answered

    assert "policy_rules_in_force 25.0" in text
    assert "policy_directory_feed_current 1.0" in text
