"""Keeps the rules in force current: builds anew when asked, swaps, or keeps the last good ones."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from policy.errors import Problem
from policy.metrics import RULES_IN_FORCE, RULES_KEPT_OUT, RULES_LOADED_AT, RULES_RELOADS
from policy.rules.building import REST_S, Built, Failed, Unchanged, build_aside
from policy.rules.job import Refused
from policy.rules.watching import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from policy.rules.job import Job, RuleSource
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.rules.watching import Sight

    Outcome = Built | Unchanged | Refused | Failed
    Build = Callable[[Job], Awaitable[Outcome]]

log = logging.getLogger(__name__)

# A file that is wrong from top to bottom must not fill the log.
MAX_LOGGED: Final = 20
RULES_PER_REST: Final = 200


class Reload(StrEnum):
    """How an attempt to reload ended."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    KEPT_OUT = "kept_out"
    FAILED = "failed"


def utc_now() -> datetime:
    """Give the time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RulesState:
    """Which rules are in force, and what keeps other ones out."""

    version: str
    in_force: int
    loaded_at: datetime
    # Since when they are those of the folder, or since when what is there is kept out.
    since: datetime
    # Attempts to reload so far, and how the last one ended.
    attempts: int = 0
    last: Reload | None = None
    # Of what is kept out; `problem_count` counts all of them.
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    # Of what is in force.
    warnings: tuple[Problem, ...] = ()

    @property
    def is_current(self) -> bool:
        """Say whether the rules in force are those of the folder, as far as is known."""
        return self.last not in {Reload.KEPT_OUT, Reload.FAILED}


class LiveRules:
    """The table in force. A request takes `table` once and uses that one throughout."""

    def __init__(
        self,
        table: RuleTable,
        warnings: tuple[Problem, ...] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._clock = clock
        self.table = table
        self.state = RulesState(
            table.version,
            len(table.rules),
            loaded_at := clock(),
            since=loaded_at,
            warnings=warnings,
        )
        self._show()

    def swap(self, table: RuleTable, warnings: tuple[Problem, ...]) -> None:
        """Put another table in force."""
        self.table = table  # one assignment: a request sees the old table or this one, never both
        at = self._clock()
        self.state = RulesState(
            table.version,
            len(table.rules),
            loaded_at=at,
            since=at,
            attempts=self.state.attempts + 1,
            last=Reload.SWAPPED,
            warnings=warnings,
        )
        self._show()

    def confirm(self, warnings: tuple[Problem, ...]) -> None:
        """Note that the rules in force are those of the folder."""
        state = self.state
        self.state = replace(
            state,
            since=state.since if state.is_current else self._clock(),
            attempts=state.attempts + 1,
            last=Reload.UNCHANGED,
            problems=(),
            problem_count=0,
            warnings=warnings,
        )
        self._show()

    def keep_out(self, last: Reload, problems: tuple[Problem, ...], count: int) -> None:
        """Note why the rules of the folder are not in force."""
        state = self.state
        self.state = replace(
            state,
            since=self._clock() if state.is_current else state.since,
            attempts=state.attempts + 1,
            last=last,
            problems=problems,
            problem_count=count,
        )
        self._show()

    def _show(self) -> None:
        state = self.state
        if state.last is not None:
            RULES_RELOADS.labels(state.last.value).inc()
        RULES_IN_FORCE.set(state.in_force)
        RULES_KEPT_OUT.set(not state.is_current)
        if state.is_current:
            RULES_LOADED_AT.set(self._clock().timestamp())


class Reloader:
    """Reloads when it is asked to: one build at a time, and another when asked during one."""

    def __init__(
        self, live: LiveRules, source: RuleSource, seen: Sight, build: Build = build_aside
    ) -> None:
        self.live = live
        self._source = source
        self._seen = seen
        self._build = build
        self._asked = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    def open(self, *, watching: bool) -> None:
        """Begin to serve those who ask, and to watch the folder if that is wanted."""
        self._reloading = self._start(self._run())
        if watching:
            self._watching = self._start(watch(self._source.folder, self.ask, self._seen))

    async def close(self) -> None:
        """Stop watching and give up a build under way."""
        tasks = [task for task in (self._watching, self._reloading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def ask(self) -> None:
        """Let the rules be looked at soon; asking twice before a build begins is asking once."""
        self._asked.set()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._tell_of_a_fault)
        return task

    def _tell_of_a_fault(self, task: asyncio.Task[None]) -> None:
        """Say where the program broke, not what the error's text repeats; calls go on."""
        if task.cancelled() or (fault := task.exception()) is None:
            return
        kind = type(fault).__name__
        place = "".join(traceback.format_tb(fault.__traceback__))
        log.error("fault while looking after the rules: %s\n%s", kind, place)
        text = f"a fault of this program, {kind}: the log says where; send SIGHUP to try again"
        problem = Problem(str(self._source.folder), 0, 0, text)
        self.live.keep_out(Reload.FAILED, (problem,), 1)
        if task is self._reloading:  # it waits for the next change; a broken watch would not
            self._reloading = self._start(self._run())

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._reload()

    async def _reload(self) -> None:
        live, source = self.live, self._source
        match await self._build(source.job(live.table.version)):
            case Built() as built:
                before, old_rules = live.state.version, list(live.table.rules)
                live.swap(built.table, built.warnings)
                size, version = live.state.in_force, live.state.version
                log.info("rules swapped: %d in force, version %s after %s", size, version, before)
                _log_problems(built.warnings, len(built.warnings), logging.WARNING)
                await _let_go(old_rules)
            case Unchanged() as unchanged:
                live.confirm(unchanged.warnings)
                log.info("rules unchanged: version %s stays in force", live.state.version)
            case Refused() as refused:
                live.keep_out(Reload.KEPT_OUT, refused.problems, refused.count)
                self._log_kept_out()
            case Failed() as failed:
                problem = Problem(str(source.folder), 0, 0, failed.text)
                live.keep_out(Reload.FAILED, (problem,), 1)
                self._log_kept_out()
            case never:
                assert_never(never)

    def _log_kept_out(self) -> None:
        state = self.live.state
        log.error("rules kept out: version %s stays in force", state.version)
        _log_problems(state.problems, state.problem_count, logging.ERROR)


async def _let_go(rules: list[Rule]) -> None:
    """Free rules bit by bit: 10,000 in one go would hold up calls for 10 ms."""
    while rules:
        del rules[-RULES_PER_REST:]
        await asyncio.sleep(REST_S)


def _log_problems(problems: tuple[Problem, ...], count: int, level: int) -> None:
    for problem in problems[:MAX_LOGGED]:
        log.log(level, "%s", problem)
    if count > MAX_LOGGED:
        log.log(level, "and %d more", count - MAX_LOGGED)
