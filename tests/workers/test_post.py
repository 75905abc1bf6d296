"""A worker that comes later decides by the rules that are there by then."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.e2e.program import until
from tests.handlers.asking import get
from tests.workers.crew import kill, until_workers, workers_of

if TYPE_CHECKING:
    from tests.workers.crew import Staffed

MORE = "rules: [{name: more, when: {alias: {exact: x@example.org}}, then: continue}]"
WANTED = b'"in_force": 26'


async def test_rules_reach_every_worker(staffed: Staffed) -> None:
    """By SIGHUP those that serve, and those that come after them from the start."""
    async with staffed.serving(rules_watch=False) as program:

        async def told() -> set[bool]:
            return {WANTED in (await get(program.url, "/health/rules")).body for _ in range(8)}

        assert await told() == {False}
        (staffed.site.folder / "rules" / "99-more.yaml").write_text(MORE)
        program.process.send_signal(signal.SIGHUP)
        await until(told, lambda found: found == {True})

        victim = workers_of(program)[0]
        kill(victim)
        await until_workers(program, 2, without=(victim,))
        assert await told() == {True}
