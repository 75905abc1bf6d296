"""An explanation fits the terminal and shows of many rules those that matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from policy.explaining.explanation import DialledAlias, Explanation, RuleStep
from policy.explaining.telling import MAX_FAILED

EMPTY: Final = Explanation(
    request="service",
    at="2026-05-04T10:00:00+00:00",
    took_ms=0.0,
    rules_version="v",
    alias=DialledAlias("a", "a", "", "", "address"),
    directory=(),
    others=(),
    steps=(),
    decided=None,
    sent=None,
    effect="",
    missing="the directory is away",
)


def _step(name: str, condition: str = "alias", place: str = "rules/a.yaml:1") -> RuleStep:
    return RuleStep(
        name, place, is_shadow=False, matches=False, condition=condition, wanted="x", got="y"
    )


def _rules(*steps: RuleStep, all_rules: bool = False, width: int = 100) -> list[str]:
    text = replace(EMPTY, steps=steps).as_text(width, all_rules=all_rules)
    return [line for line in text.splitlines() if line.startswith("  ")]


def test_few_rules_are_all_shown() -> None:
    """Nobody needs a sum of a handful."""
    assert len(_rules(*(_step(f"r{n}") for n in range(MAX_FAILED)))) == MAX_FAILED


def test_many_rules_are_summed_up() -> None:
    """Ten thousand rules about other aliases are one line."""
    steps = [_step(f"r{n}") for n in range(10_000)] + [_step("near", "subnet")]

    lines = _rules(*steps)

    assert lines[0] == "  … 9,971 rules do not match: by alias"
    assert lines[-1].split()[1] == "near"
    assert len(lines) == MAX_FAILED + 1


def test_what_fails_at_something_else_comes_first() -> None:
    """A rule that fails behind its alias was meant for this call more likely."""
    steps = [_step("near", "protocol"), *(_step(f"r{n}") for n in range(100))]

    assert _rules(*steps)[0].split()[1] == "near"


def test_several_conditions_are_counted() -> None:
    """The sum says what the rules fail at, the most frequent first."""
    steps = [_step(f"r{n}", "alias" if n % 3 else "alias.user") for n in range(90)]

    assert _rules(*steps)[0] == "  … 60 rules do not match: 40 by alias, 20 by alias.user"


def test_all_rules_are_shown_on_demand() -> None:
    """`--all` hides nothing."""
    assert len(_rules(*(_step(f"r{n}") for n in range(500)), all_rules=True)) == 500


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    """Long names and long texts are wrapped; one word alone may be longer."""
    steps = [_step("n" * 50, "protocol"), _step("short", "condition " * 30)]

    assert max(map(len, _rules(*steps, width=width))) <= max(width, 70)


def test_a_call_without_decision_says_what_is_missing() -> None:
    """The last line is why there is no answer."""
    assert EMPTY.as_text().splitlines()[-1] == "decision   none: the directory is away"
