"""Rules for a start: what a fork reads, and what becomes of a start whose rules are not there."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from policy.errors import RulesError, StartError
from policy.rules.job import Job, RuleSource, Surroundings
from policy.rules.starting import Loading, load
from policy.rules.watching import look
from policy.rules.workshop import MAX_PROBLEMS, RULES_PER_PART, load_and_check
from tests.handlers.asking import PIN
from tests.rules import checks
from tests.rules.folders import folder_with, many, rule

if TYPE_CHECKING:
    from pathlib import Path

    from policy.rules.job import Check
    from policy.rules.starting import Loaded

AROUND: Final = Surroundings()

# What starts a service has no threads yet; a run of tests has some.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def loaded(folder: Path, check: Check | None = None) -> Loaded:
    """Load as a start does."""
    return Loading.begin(RuleSource(folder, AROUND, check)).finish()


@pytest.mark.parametrize("count", [1, 3 * RULES_PER_PART + 1])
def test_what_a_fork_reads_is_that_of_the_folder(tmp_path: Path, count: int) -> None:
    """Few rules or many: all of them, in order, under the version of their text."""
    folder = folder_with(tmp_path, a=many(count))

    rules = loaded(folder)

    read = load_and_check(Job(folder, AROUND))
    assert rules.table.rules == read.rules
    assert (rules.table.version, rules.warnings) == (read.version, read.warnings[:MAX_PROBLEMS])
    assert rules.seen == look(folder)


def test_a_start_keeps_rules_and_nothing_else(tmp_path: Path) -> None:
    """Of a thousand rules no document, no mark and no form as written is kept, and no pattern."""
    rules = "".join(
        f"  - {{name: r{n}, when: {{alias: {{regex: 'a{n}x*'}}}}, then: continue}}\n"
        for n in range(1000)
    )
    folder = folder_with(tmp_path, a=f"rules:\n{rules}")
    gc.unfreeze()
    gc.collect()
    before = Counter(map(type, gc.get_objects()))

    kept_rules = loaded(folder)

    gc.unfreeze()  # what was built is hidden from the collector
    kept = Counter(map(type, gc.get_objects())) - before
    many_kept = {kind.__name__ for kind, number in kept.items() if number > 500}
    assert len(kept_rules.table.rules) == 1000
    assert many_kept <= {"Rule", "Matches", "Continue", "tuple", "list"}


def test_wrong_rules_are_fatal_at_a_start(tmp_path: Path) -> None:
    """There is nothing to serve on with; tests that do not hold count too, and all are told."""
    folder = folder_with(tmp_path, a=rule("a", then="contineu"))

    with pytest.raises(RulesError, match=r"a.yaml:4:11"):
        loaded(folder)
    folder_with(folder, a=rule("a"))
    with pytest.raises(RulesError, match=r"a.test.yaml:3:5") as refused:
        loaded(folder, checks.object_to_much)
    assert len(refused.value.problems) == 500


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (checks.be_killed, "was ended by signal 9"),
        (checks.exit_early, "ended with exit code 3"),
        (checks.raise_a_secret, "ended with exit code 1"),
    ],
)
def test_a_fork_that_fails_is_fatal_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], check: Check, said: str
) -> None:
    """A fault says where it is, and not what its text repeats."""
    folder = folder_with(tmp_path, a=rule("a"))

    with pytest.raises(StartError, match=said):
        loaded(folder, check)

    shown = capfd.readouterr().err
    assert ("KeyError" in shown) == (check is checks.raise_a_secret)
    assert PIN not in shown


async def test_rules_are_loaded_from_a_loop_as_well(tmp_path: Path) -> None:
    """By a process that is no fork; what is wrong is as fatal."""
    folder = folder_with(tmp_path, a=rule("a"))

    rules = await load(RuleSource(folder, AROUND))

    assert len(rules.table.rules) == 1
    with pytest.raises(StartError, match="exit code 3"):
        await load(RuleSource(folder, AROUND, checks.exit_early))
    folder_with(folder, a=rule("a", then="contineu"))
    with pytest.raises(RulesError, match=r"a.yaml:4:11"):
        await load(RuleSource(folder, AROUND))
