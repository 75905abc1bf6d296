"""Rules that are kept current: swapped when they are right, kept out when they are not."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from policy.rules.building import Unchanged
from policy.rules.files import load_rule_set
from policy.rules.job import RuleSource, Surroundings
from policy.rules.reload import MAX_LOGGED, LiveRules, Reload, Reloader
from policy.rules.table import RuleTable
from policy.rules.watching import look
from tests.e2e.program import until
from tests.handlers.asking import PIN, counted
from tests.rules import checks
from tests.rules.folders import folder_with, rule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from policy.rules.job import Check, Job
    from policy.rules.reload import RulesState

START: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
AROUND: Final = Surroundings()


class Clock:
    """Goes on by a minute each time it is read."""

    def __init__(self) -> None:
        self._at = START - timedelta(minutes=1)

    def __call__(self) -> datetime:
        """Give the next minute."""
        self._at += timedelta(minutes=1)
        return self._at


@asynccontextmanager
async def kept_current(
    source: RuleSource, *, watched: bool = False
) -> AsyncIterator[tuple[LiveRules, Reloader]]:
    """Load the rules and look after them until the end of the block."""
    # Without the check: those of these tests are for builds, some of them would end the test.
    live = LiveRules(load_rule_set(source.folder, source.around).table())
    reloader = Reloader(live, source, look(source.folder))
    reloader.open(watching=watched)
    try:
        yield live, reloader
    finally:
        await reloader.close()


async def reloaded(live: LiveRules, reloader: Reloader) -> RulesState:
    """Ask for a reload and give what came of it."""
    before = live.state.attempts
    reloader.ask()
    return await attempt(live, before)


async def attempt(live: LiveRules, before: int) -> RulesState:
    """Wait for an attempt after so many."""

    async def state() -> RulesState:
        await asyncio.sleep(0)
        return live.state

    return await until(state, lambda got: got.attempts > before)


async def test_right_rules_are_swapped_in(tmp_path: Path) -> None:
    """The table is another one, and the state says which and since when."""
    folder = folder_with(tmp_path, a=rule("a"))

    async with kept_current(RuleSource(folder, AROUND)) as (live, reloader):
        before, table = live.state, live.table
        folder_with(folder, b=rule("b"))
        after = await reloaded(live, reloader)

    assert (before.in_force, after.in_force, after.last) == (1, 2, Reload.SWAPPED)
    assert before.version != after.version == live.table.version
    assert (len(table.rules), len(live.table.rules)) == (1, 2)


async def test_the_same_rules_are_not_swapped(tmp_path: Path) -> None:
    """A file that was only touched changes nothing."""
    source = RuleSource(folder_with(tmp_path, a=rule("a")), AROUND)

    async with kept_current(source) as (live, reloader):
        table = live.table
        state = await reloaded(live, reloader)

    assert live.table is table
    assert (state.last, state.is_current) == (Reload.UNCHANGED, True)


async def test_wrong_rules_are_kept_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The old ones serve on, and both state and log say where the mistake is."""
    folder = folder_with(tmp_path, a=rule("a"))

    with caplog.at_level(logging.INFO):
        async with kept_current(RuleSource(folder, AROUND)) as (live, reloader):
            table = live.table
            folder_with(folder, a=rule("a", then="contineu"))
            wrong = await reloaded(live, reloader)
            folder_with(folder, a=rule("a"))
            right = await reloaded(live, reloader)

    assert live.table is table
    (problem,) = wrong.problems
    assert (wrong.last, wrong.is_current) == (Reload.KEPT_OUT, False)
    assert (problem.source, problem.line, problem.column) == (str(folder / "a.yaml"), 4, 11)
    assert (right.problems, right.is_current) == ((), True)
    assert [record.getMessage() for record in caplog.records] == [
        f"rules kept out: version {table.version} stays in force",
        str(problem),
        f"rules unchanged: version {table.version} stays in force",
    ]


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        (checks.object_to_much, Reload.KEPT_OUT),
        (checks.be_killed, Reload.FAILED),
        (checks.raise_a_secret, Reload.FAILED),
    ],
)
async def test_what_fails_is_lived_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, check: Check, outcome: Reload
) -> None:
    """Tests that do not hold and builds that end early keep the old rules, and are counted."""
    folder = folder_with(tmp_path, a=rule("a"))
    source = RuleSource(folder, AROUND, check)
    count = partial(counted, "policy_rules_reloads_total", outcome=outcome)

    with caplog.at_level(logging.ERROR):
        async with kept_current(source) as (live, reloader):
            before, table = count(), live.table
            state = await reloaded(live, reloader)

    assert live.table is table
    assert (state.last, count() - before) == (outcome, 1)
    assert counted("policy_rules_kept_out") == 1
    assert len(caplog.records) == 1 + min(state.problem_count, MAX_LOGGED + 1)
    assert PIN not in caplog.text


async def test_many_problems_do_not_fill_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Twenty lines and a count; /health/rules has more."""
    folder = folder_with(tmp_path, a=rule("a"))

    async with kept_current(RuleSource(folder, AROUND, checks.object_to_much)) as (live, again):
        state = await reloaded(live, again)

    assert (len(state.problems), state.problem_count) == (100, 500)
    assert caplog.records[-1].getMessage() == "and 480 more"


async def test_a_change_during_a_build_starts_another(tmp_path: Path) -> None:
    """One build at a time; what was asked for meanwhile is one more, however often."""
    gate = checks.shut(tmp_path / "gate")
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    source = RuleSource(folder, AROUND, partial(checks.wait_for, gate))

    async def is_building() -> bool:
        return await asyncio.to_thread((tmp_path / "building").exists)

    async with kept_current(source) as (live, reloader):
        folder_with(folder, b=rule("b"))
        reloader.ask()
        await until(is_building, bool)
        folder_with(folder, c=rule("c"))
        for _ in range(10):
            reloader.ask()
        await asyncio.to_thread(checks.let_through, gate)
        first = await attempt(live, 0)
        second = await attempt(live, 1)

    assert (first.in_force, second.in_force, second.attempts) == (2, 3, 2)


async def test_closing_gives_up_a_build(tmp_path: Path) -> None:
    """A server that stops does not wait for rules."""
    gate = checks.shut(tmp_path / "gate")
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    source = RuleSource(folder, AROUND, partial(checks.wait_for, gate))

    async def is_building() -> bool:
        return await asyncio.to_thread((tmp_path / "building").exists)

    async with asyncio.timeout(20), kept_current(source) as (live, reloader):
        reloader.ask()
        await until(is_building, bool)

    assert live.state.attempts == 0


async def test_a_watched_folder_needs_no_asking(tmp_path: Path) -> None:
    """Saving a file is enough."""
    folder = folder_with(tmp_path, a=rule("a"))

    async with kept_current(RuleSource(folder, AROUND), watched=True) as (live, _):
        folder_with(folder, a=rule("b", alias="b@example.org"))
        state = await attempt(live, 0)

    assert state.last is Reload.SWAPPED


async def test_a_fault_of_ours_is_lived_with(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """The log says where the program broke and nothing personal; the next change tries again."""
    builds = iter((KeyError(PIN), Unchanged(())))

    async def broken_at_first(_: Job) -> Unchanged:
        got = next(builds)
        if isinstance(got, KeyError):
            raise got
        return got

    live = LiveRules(RuleTable())
    reloader = Reloader(live, RuleSource(tmp_path, AROUND), look(tmp_path), broken_at_first)
    reloader.open(watching=False)

    broken = await reloaded(live, reloader)
    after = await reloaded(live, reloader)

    await reloader.close()
    assert (broken.last, after.last) == (Reload.FAILED, Reload.UNCHANGED)
    assert "KeyError" in broken.problems[0].text
    assert "fault while looking after the rules: KeyError" in caplog.text
    assert PIN not in caplog.text


def test_the_state_says_since_when() -> None:
    """`since` is the first wrong edit while several follow, then when things were right again."""
    live = LiveRules(RuleTable(), clock=Clock())

    states = [live.state]
    for last in (Reload.KEPT_OUT, Reload.FAILED):
        live.keep_out(last, (), 0)
        states.append(live.state)
    live.confirm(())
    states.append(live.state)

    assert states[0].since == states[0].loaded_at == START
    assert states[1].since == states[2].since > START
    assert states[3].since > states[2].since
    assert {state.loaded_at for state in states} == {START}
