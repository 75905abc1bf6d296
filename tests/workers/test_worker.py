"""A worker alone does nothing that could be felt."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.e2e.program import has_ended
from tests.workers.crew import Crowd, until_workers, workers_of

if TYPE_CHECKING:
    from tests.workers.crew import Staffed


async def test_a_worker_that_is_told_to_end_is_replaced_first(staffed: Staffed) -> None:
    """By whom ever, with SIGTERM; no request fails, and other signals are not for it."""
    async with staffed.serving() as program:
        first, second = workers_of(program)
        async with Crowd(program.url).asking() as crowd:
            await crowd.until_answered(50)
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
                os.kill(second, number)
            os.kill(first, signal.SIGTERM)
            await until_workers(program, 2, without=(first,))
            await crowd.until_answered(50)

        assert await has_ended(first)
        assert second in workers_of(program)
    assert crowd.failures == {}
