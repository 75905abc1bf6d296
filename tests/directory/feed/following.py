"""A feed of some nodes, and what it has told."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from policy.directory.feed.clock import DatabaseClock
from policy.directory.feed.feed import Feed
from policy.directory.feed.hosts import split_hosts
from policy.directory.feed.lag import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from policy.directory.records import Changes

LIMIT_S: Final = 30.0
# The poll is that of the settings. A busy machine is no standby that falls behind.
PACE: Final = Pace(poll_s=0.25, timeout_s=5.0)
# For what is to be noticed when it is late.
HASTY: Final = Pace(poll_s=0.1, timeout_s=0.3)
# Wake-ups alone: a poll comes after the test.
NEVER: Final = Pace(poll_s=60.0, timeout_s=5.0)


async def until(claim: Callable[[], bool]) -> None:
    """Wait until a claim holds, for what nobody tells of."""
    async with asyncio.timeout(LIMIT_S):
        while not claim():  # noqa: ASYNC110  see above
            await asyncio.sleep(0.001)


class Follower:
    """Whoever keeps rows: it hears of changes, and is moved."""

    def __init__(self) -> None:
        self.told: list[Changes] = []
        self.moves: list[str] = []
        self.order: list[str] = []
        self.on_told: Callable[[Changes], None] = lambda _: None
        self._news = asyncio.Event()

    def use(self, dsn: str) -> None:
        """Be moved."""
        self.moves.append(dsn)
        self.order.append("moved")

    def hear(self, changes: Changes) -> None:
        """Hear of changes."""
        self.told.append(changes)
        self.order.append("everything" if changes.everything else "told")
        self.on_told(changes)
        self._news.set()

    @property
    def locals(self) -> list[str]:
        """Every local part that was told of, each as often as it was."""
        return [local for changes in self.told for local in sorted(changes.locals)]

    @property
    def restarts(self) -> int:
        """How often everything was doubtful."""
        return sum(changes.everything for changes in self.told)

    async def wait(self, claim: Callable[[], bool]) -> None:
        """Wait until what was told makes a claim true."""
        async with asyncio.timeout(LIMIT_S):
            while not claim():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def following(
    url: str, pace: Pace = PACE, clock: DatabaseClock | None = None
) -> AsyncIterator[tuple[Feed, Follower]]:
    """Follow a database, from its first reading on."""
    follower = Follower()
    feed = Feed(split_hosts(url), follower, clock or DatabaseClock(), follower.hear, pace)
    await feed.open()
    try:
        yield feed, follower
    finally:
        await feed.close()
