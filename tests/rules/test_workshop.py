"""What a build sends home, and in how small parts."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Final

import pytest

from policy.errors import RulesError
from policy.rules.building import Intake
from policy.rules.clauses import SetsUpACall
from policy.rules.comparisons import OneOf
from policy.rules.files import load_rule_set
from policy.rules.job import Job, Refused, Sent, Surroundings
from policy.rules.workshop import (
    MAX_PROBLEMS,
    RULES_PER_PART,
    answer,
    load_and_check,
    parts_of,
)
from tests.rules.checks import object_to_much
from tests.rules.folders import folder_with, many, rule

if TYPE_CHECKING:
    from pathlib import Path

AROUND: Final = Surroundings()


def unpickled(part: bytes) -> object:
    """Read what we have just written ourselves."""
    return pickle.loads(part)  # noqa: S301  our own words


def test_rules_go_home_in_small_parts(tmp_path: Path) -> None:
    """The serving process unpickles each of them well within a millisecond."""
    folder = folder_with(tmp_path, a=many(3 * RULES_PER_PART + 1))

    verdict, *parts = answer(Job(folder, AROUND))

    sent = unpickled(verdict)
    assert isinstance(sent, Sent)
    intake = Intake()
    grown = []
    for part in parts:
        before = len(intake.rules)
        intake.take(part)
        grown.append(len(intake.rules) - before)
    assert sent.parts == len(parts)
    assert [count for count in grown if count] == [20, 20, 20, 1]


def test_what_rules_share_goes_home_once(tmp_path: Path) -> None:
    """How an alias is read is the same for all rules: one reader, in whatever part they came."""
    folder = folder_with(tmp_path, a=many(3 * RULES_PER_PART))

    intake = Intake()
    for part in parts_of(load_rule_set(folder).rules):
        intake.take(part)

    clauses = [clause for rule in intake.rules for clause in rule.clauses]
    shared = {id(each.read) for each in clauses if isinstance(each, OneOf)}
    directions = {id(each) for each in clauses if isinstance(each, SetsUpACall)}
    assert (len(shared), len(directions)) == (1, 1)


def test_rules_in_force_stay_where_they_are(tmp_path: Path) -> None:
    """A version that the server has is named and not sent."""
    folder = folder_with(tmp_path, a=rule("a"))
    version = load_and_check(Job(folder, AROUND)).version

    verdict, *parts = answer(Job(folder, AROUND, version=version))

    sent = unpickled(verdict)
    assert isinstance(sent, Sent)
    assert (sent.version, sent.parts, parts) == (version, 0, [])


def test_problems_go_home_up_to_a_number(tmp_path: Path) -> None:
    """The first ones are enough to begin with; how many there are is told."""
    folder = folder_with(tmp_path, a=rule("a"))

    (verdict,) = answer(Job(folder, AROUND, object_to_much))

    refused = unpickled(verdict)
    assert isinstance(refused, Refused)
    assert (len(refused.problems), refused.count) == (MAX_PROBLEMS, 500)
    assert str(refused.problems[0]) == "a.test.yaml:3:5: case 0 of 1"


def test_tests_that_no_longer_hold_are_problems(tmp_path: Path) -> None:
    """At the start as at a reload."""
    with pytest.raises(RulesError, match="case 0 of 1"):
        load_and_check(Job(folder_with(tmp_path, a=rule("a")), AROUND, object_to_much))
