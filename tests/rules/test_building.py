"""Rules built by another process: what comes back, and what becomes of processes that fail."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from policy.rules.building import (
    Built,
    Failed,
    Intake,
    Unchanged,
    build_aside,
)
from policy.rules.calendar import public_holidays
from policy.rules.comparisons import OneOf, Part
from policy.rules.job import Job, Refused, Surroundings
from policy.rules.model import Continue, Rule
from policy.rules.workshop import (
    ITEMS_PER_PART,
    parts_of,
)
from policy.wire.vocabulary import RequestType
from tests.e2e.program import has_ended, until
from tests.handlers.asking import PIN
from tests.rules import checks
from tests.rules.folders import folder_with, many, rule

if TYPE_CHECKING:
    from pathlib import Path

    from policy.rules.job import Check

AROUND: Final = Surroundings()


def rule_with(name: str, numbers: frozenset[str], words: tuple[str, ...]) -> Rule:
    """Give a rule that holds collections."""
    clauses = (
        OneOf("alias.user", str, numbers, "numbers.txt"),
        Part("alias", str.split, "prefix", words),  # type: ignore[arg-type]  # only carried here
    )
    return Rule(name, frozenset({RequestType.SERVICE}), clauses, Continue())


async def test_a_table_comes_back(tmp_path: Path) -> None:
    """All rules, under the version of their text."""
    folder = folder_with(tmp_path, a=many(1234))

    built = await build_aside(Job(folder, AROUND))

    assert isinstance(built, Built)
    assert len(built.table.rules) == 1234
    again = await build_aside(Job(folder, AROUND, version=built.table.version))
    assert again == Unchanged(())


async def test_holidays_are_looked_up_before_a_call_comes(tmp_path: Path) -> None:
    """Wherever they stand in a rule."""
    when = "any: [{time: {days: mon, holidays: false, country: FI}}]"
    text = f"rules:\n  - {{name: a, when: {{{when}}}, then: continue}}\n"
    job = Job(folder_with(tmp_path, a=text), AROUND)

    public_holidays.cache_clear()
    assert isinstance(await build_aside(job), Built)
    assert public_holidays.cache_info().currsize == 1


async def test_problems_come_back(tmp_path: Path) -> None:
    """With file, line and column."""
    folder = folder_with(tmp_path, a=rule("a"), b=rule("b", then="contineu"))

    refused = await build_aside(Job(folder, AROUND))

    assert isinstance(refused, Refused)
    (problem,) = refused.problems
    assert (problem.source, problem.line, problem.column) == (str(folder / "b.yaml"), 4, 11)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (checks.be_killed, "their process was ended by signal 9"),
        (checks.exit_early, "their process ended with exit code 3"),
        (checks.raise_a_secret, "their process ended with exit code 1"),
    ],
)
async def test_a_process_that_fails_is_told_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], check: Check, said: str
) -> None:
    """Nothing raises; a fault says where it is, and not what its text repeats."""
    job = Job(folder_with(tmp_path, a=rule("a")), AROUND, check)

    failed = await build_aside(job)

    assert failed == Failed(f"the rules could not be built: {said}")
    shown = capfd.readouterr().err
    assert ("KeyError" in shown) == (check is checks.raise_a_secret)
    assert PIN not in shown


async def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    """After its time it is killed, and the next build has a process of its own."""
    folder = folder_with(tmp_path, a=rule("a"))

    failed = await build_aside(Job(folder, AROUND, checks.hang), limit_s=1.5)
    built = await build_aside(Job(folder, AROUND))

    assert failed == Failed("the rules could not be built within 1.5 s")
    assert isinstance(built, Built)


async def test_a_process_that_talks_does_no_harm(tmp_path: Path) -> None:
    """What a library prints is not taken for a part of the answer."""
    job = Job(folder_with(tmp_path, a=rule("a")), AROUND, checks.print_something)

    assert isinstance(await build_aside(job), Built)


async def test_a_build_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """A server that stops during a build takes the process with it."""
    gate = checks.shut(tmp_path / "gate")
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    job = Job(folder, AROUND, partial(checks.wait_for, gate))
    task = asyncio.create_task(build_aside(job))
    pid = int(await until(lambda: pid_in(tmp_path), bool))

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await has_ended(pid)


async def test_a_build_gives_way(tmp_path: Path) -> None:
    """It is nice, is the first to go when memory is short, and no Ctrl-C of the server's."""
    gate = checks.shut(tmp_path / "gate")
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    job = Job(folder, AROUND, partial(checks.wait_for, gate))
    task = asyncio.create_task(build_aside(job))
    pid = int(await until(lambda: pid_in(tmp_path), bool))

    nice = os.getpriority(os.PRIO_PROCESS, pid)
    group, session = os.getpgid(pid), os.getsid(pid)
    await asyncio.to_thread(checks.let_through, gate)

    assert isinstance(await task, Built)
    assert (nice, group, session) == (10, pid, os.getsid(0))


async def pid_in(folder: Path) -> str:
    """Give the process that builds, or nothing yet."""
    path = folder / "building"
    return await asyncio.to_thread(lambda: path.read_text() if path.exists() else "")


async def test_no_process_at_all_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that starts no more processes keeps its rules."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))

    failed = await build_aside(Job(folder_with(tmp_path, a=rule("a")), AROUND))

    assert isinstance(failed, Failed)
    assert "no process for it: No such file" in failed.text


async def test_python_is_left_as_it_was(tmp_path: Path) -> None:
    """Threads have their usual turns and garbage is collected after a build, good or not."""
    turn_s = sys.getswitchinterval()
    folder = folder_with(tmp_path, a=many(100))

    await build_aside(Job(folder, AROUND))
    await build_aside(Job(folder, AROUND, checks.be_killed))

    assert (sys.getswitchinterval(), gc.isenabled()) == (turn_s, True)


def test_large_collections_travel_in_parts_and_once() -> None:
    """Two rules that share a list of 100,000 numbers share it at home too."""
    large = frozenset(str(n) for n in range(100_000))
    listed = tuple(str(n) for n in range(ITEMS_PER_PART + 1))
    rules = [rule_with("a", large, listed), rule_with("b", large, ("x",))]

    parts = list(parts_of(rules))
    intake = Intake()
    for part in parts:
        intake.take(part)

    assert intake.rules == rules
    kept = [
        each.values for rule in intake.rules for each in rule.clauses if isinstance(each, OneOf)
    ]
    assert kept[0] is kept[1]
    assert max(map(len, parts)) < 100_000
