"""Which rules have a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.casebook.coverage import Coverage, coverage_of
from policy.casebook.runner import CaseResult, run_cases
from policy.decide.grounds import Plan
from policy.rules.files import load_rule_set
from tests.casebook.books import book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from policy.rules.model import Rule


def _rules(folder: Path, *names: str) -> Sequence[Rule]:
    texts = [f"- {{name: {n}, when: {{alias: {{user: {n}}}}}, then: continue}}\n" for n in names]
    (folder / "10.yaml").write_text("rules:\n" + "".join(texts))
    return load_rule_set(folder).rules


def test_rules_without_a_case_are_known_by_their_places(tmp_path: Path) -> None:
    """A rule that no case makes match is named with file and line."""
    rules = _rules(tmp_path, "a", "b", "c")
    casebook = book(
        tmp_path,
        "cases: [{name: x, call: {local_alias: b, call_direction: dial_in}, want: {rule: b}}]",
    )

    results: list[CaseResult] = list(run_cases(casebook, load_rule_set(tmp_path).table(), Plan()))
    coverage = coverage_of(rules, results)

    places = [(rule.name, rule.place) for rule in coverage.without_case]
    assert places == [("a", f"{tmp_path}/10.yaml:2"), ("c", f"{tmp_path}/10.yaml:4")]
    assert (coverage.covered, coverage.percent) == (1, 33)


@pytest.mark.parametrize(("percent", "is_reached"), [(0, True), (33, True), (33.4, False)])
def test_a_wanted_coverage_is_not_rounded(
    tmp_path: Path, percent: float, *, is_reached: bool
) -> None:
    """One of three rules is more than 33 and less than 33.4 per cent."""
    rules = _rules(tmp_path, "a", "b", "c")

    assert Coverage(3, tuple(rules[:2])).reaches(percent) is is_reached


def test_no_rules_are_all_covered() -> None:
    """An empty folder fails no wanted coverage."""
    assert coverage_of((), ()) == Coverage(0, ())
    assert (Coverage(0, ()).percent, Coverage(0, ()).reaches(100)) == (100, True)
