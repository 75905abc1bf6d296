"""Callers and writers, who note all that they are told, and the figures of how it was."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import asyncpg

from policy.directory.connection import FAULTS, PRIMARY
from tests.e2e.history import FALLBACK, NEVER, Commit, History
from tests.e2e.two_sites import ANSWER_S, BOUND_S, TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from policy.directory.connection import Connection
    from tests.clusters import Node
    from tests.e2e.history import Asked
    from tests.e2e.two_sites import Server
    from tests.e2e.worlds import Statement, World


CLOSED: Final = "RETIRED"
# More than these say nothing else.
SHOWN: Final = 20


def tell(what: str, **figures: object) -> None:
    """Show figures to who runs pytest with -s."""
    print(f"\n{what}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))  # noqa: T201  see above


def spread(times_s: Sequence[float]) -> str:
    """Give median, 99th percentile and most of some times."""
    ordered = sorted(times_s)
    picked = (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1])
    return "p50 {:.1f} p99 {:.1f} max {:.1f} ms of {}".format(
        *(1000 * each for each in picked), len(ordered)
    )


class Writer:
    """Commits changes of one world, and notes when, and what is answered from then on."""

    def __init__(self, dsn: str, world: World, history: History) -> None:
        self.world = world
        self.commits = 0
        self.lost = 0
        self._dsn = dsn
        self._history = history
        self._connection: Connection | None = None
        self._known_s = time.monotonic()

    async def open(self) -> Connection:
        """Connect to whichever node is the primary, as soon as one is."""
        while self._connection is None:
            try:
                self._connection = await asyncpg.connect(
                    self._dsn, target_session_attrs=PRIMARY, timeout=TIMEOUT_S
                )
            except FAULTS:
                await asyncio.sleep(0)
        return self._connection

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def make(self, rooms: int = 1) -> None:
        """Make the world."""
        connection = await self.open()
        begun_s = time.monotonic()
        await self.world.make(connection)
        for _ in range(1, rooms):
            await self.world.add_room(connection)
        self.note({}, begun_s, time.monotonic())

    async def write(self, draw: Callable[[], Statement | None]) -> Sequence[str]:
        """Commit one change; gives the aliases that answer something else from now on."""
        connection = await self.open()
        before = self.world.answers()
        drawn = draw()
        assert drawn is not None, "nothing could be changed"
        query, values = drawn
        begun_s = time.monotonic()
        await connection.execute(query, *values)
        return self.note(before, begun_s, time.monotonic())

    async def try_to_write(self, draw: Callable[[], Statement]) -> None:
        """Do the same, whatever becomes of the database; lost changes are found out."""
        before = self.world.answers()
        begun_s = time.monotonic()
        try:
            await self.write(draw)
        except FAULTS:
            self.note(before, begun_s, NEVER)
            await self.close()
            await self._find_out()

    async def admit(self, standby: Node) -> int:
        """Take what a standby has for right while its primary is away; gives how much that is.

        What was acknowledged a moment before had not been sent to it: nobody can answer that.
        """
        world, now_s = deepcopy(self.world), time.monotonic()
        connection = await standby.connect()
        await world.read(connection)
        await connection.close()
        behind = [
            (alias, answer)
            for alias, answer in world.answers().items()
            if answer != self._history.last_answer(alias)
        ]
        for alias, answer in behind:
            self._history.commits[alias].append(Commit(now_s, NEVER, answer))
        return len(behind)

    async def _find_out(self) -> None:
        """Read what the database holds: of that which was acknowledged some may be lost."""
        while True:
            try:
                await self.world.read(await self.open())
            except FAULTS:
                await self.close()
            else:
                break
        now_s = time.monotonic()
        for alias, answer in self.world.answers().items():
            self.lost += answer != self._history.last_answer(alias)
            self._history.commits[alias].append(Commit(self._known_s, now_s, answer))

    def note(self, before: Mapping[str, str], begun_s: float, acked_s: float) -> Sequence[str]:
        """Note what is another answer now; gives the aliases."""
        answers = self.world.answers()
        changed = [alias for alias, answer in answers.items() if before.get(alias) != answer]
        for alias in changed:
            self._history.commits[alias].append(Commit(begun_s, acked_s, answers[alias]))
        if acked_s < NEVER:
            self.commits += 1
            self._known_s = acked_s
        return changed


@dataclass(slots=True)
class Traffic:
    """Calls to all servers, all the time, to aliases that change meanwhile."""

    servers: Sequence[Server]
    history: History = field(default_factory=History)
    faults: list[str] = field(default_factory=list)
    is_over: bool = False
    # A room that was closed when last seen is refused, and the refusal does not say how old it is.
    refusals_are_stale: bool = False

    @asynccontextmanager
    async def going_on(self, *, callers: int = 2) -> AsyncIterator[None]:
        """Call with so many callers at each server until the end of the block."""
        async with asyncio.TaskGroup() as group:
            for server in self.servers:
                for number in range(callers):
                    group.create_task(self._call(server, random.Random(number)))  # noqa: S311  no secret
            try:
                yield
            finally:
                self.is_over = True

    async def ask(self, server: Server, alias: str) -> Asked:
        """Call once, and note what is said."""
        asked, faults = await server.ask(alias)
        if asked.answer == CLOSED and self.refusals_are_stale:
            asked = replace(asked, is_stale=True)
        self.history.answers.append(asked)
        self.faults += faults
        return asked

    async def ask_all(self) -> None:
        """Ask each server for each alias when the last commit is as old as is stated."""
        last_s = time.monotonic() + BOUND_S
        await asyncio.gather(*(self._ask_after(last_s, server) for server in self.servers))

    async def _ask_after(self, last_s: float, server: Server) -> None:
        for alias in self.history.commits:
            while (await self.ask(server, alias)).asked_s <= last_s:
                pass

    async def _call(self, server: Server, chance: random.Random) -> None:
        """Call what has just changed, and anything else as often."""
        aliases = self.history.commits
        while not self.is_over:
            known = list(aliases)
            latest = max(known, key=lambda alias: aliases[alias][-1].begun_s)
            await self.ask(server, chance.choice((latest, chance.choice(known))))

    def check(self, bound_s: float) -> None:
        """Hold every answer against every commit, and show how it was for those who called."""
        wrong = self.history.contradictions(bound_s)
        answers = self.history.answers
        for server in self.servers:
            mine = [asked for asked in answers if asked.server == server.name]
            tell(
                f"  {server.name}",
                answers=len(mine),
                waited=spread([asked.took_s for asked in mine]),
                stale=sum(asked.is_stale and asked.answer != CLOSED for asked in mine),
                fallback=sum(asked.answer == FALLBACK for asked in mine),
                latest=f"{self._latest_s(mine):.3f} s",
                longest_gap=f"{_longest_gap(mine):.2f} s",
            )
        tell("  all", contradictions=len(wrong), failures=len(self.faults))
        assert not self.faults, Counter(self.faults)
        assert not wrong, "\n".join(wrong[:SHOWN])
        assert max(asked.took_s for asked in answers) < ANSWER_S + 0.5  # of which 0.5 are ours

    def _latest_s(self, answers: Sequence[Asked]) -> float:
        """Give how far behind the worst answer was that its server vouched for."""
        sure = (asked for asked in answers if not asked.is_stale)
        return max((self.history.late_s(asked) or 0.0 for asked in sure), default=0.0)


def _longest_gap(answers: Sequence[Asked]) -> float:
    """Give for how long at most nobody was told anything sure."""
    sure = sorted(
        asked.answered_s for asked in answers if not asked.is_stale and asked.answer != FALLBACK
    )
    return max((later - sooner for sooner, later in pairwise(sure)), default=0)
