"""Every run has so much work to spend, and no value becomes too large."""

from __future__ import annotations

from itertools import pairwise

import pytest
from jinja2 import Undefined

from policy.scripts.allowance import MAX_UNITS
from policy.scripts.budget import (
    MAX_SIZE,
    Run,
    SandboxError,
    checked_size,
)
from tests.scripts.scripting import NOON, run_of


def test_work_is_spent_to_the_last_unit() -> None:
    """A run may spend all it has, and not one unit more."""
    run = run_of()

    run.spend(MAX_UNITS)

    with pytest.raises(SandboxError, match="it works for longer than 10000 rounds of a loop take"):
        run.spend(1)


def test_a_value_is_measured_as_it_would_be_written() -> None:
    """What a list holds twice counts twice; a dictionary has keys and values."""
    run = run_of()
    twice = ["ab", "ab"]

    assert run.measure("abc") == 3
    assert run.measure(7) == run.measure(None) == run.measure(NOON) == 1
    assert run.measure(twice) == 6
    assert run.measure([twice, twice]) == 14
    assert run.measure({"a": "bc"}) == 4
    assert run.measure({"a": "bc"}.items()) == 6
    assert run.measure(Undefined()) == 0


def test_the_largest_value_passes() -> None:
    """A text of 65536 characters is as large as values become."""
    assert run_of().measure("x" * MAX_SIZE) == checked_size(MAX_SIZE) == 65_536
    for large in ("x" * (MAX_SIZE + 1), ["x" * 60_000, "x" * 6_000], range(MAX_SIZE + 1)):
        with pytest.raises(SandboxError, match="beyond 65536 characters or elements"):
            run_of().measure(large)


def test_a_value_within_itself_is_too_large() -> None:
    """Measuring ends, even where writing would not."""
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(SandboxError):
        run_of().measure(endless)


def test_functions_are_no_values() -> None:
    """They would be written with addresses in memory."""
    for each in (len, [len], {"a": "".join}, object()):
        with pytest.raises(SandboxError, match="a function or method is used"):
            run_of().measure(each)


def test_drawing_is_repeatable() -> None:
    """The same question draws the same, draw by draw, and another one draws differently."""
    one, again, other = Run(NOON, "a"), Run(NOON, "a"), Run(NOON, "b")

    drawn = [one.draw() for _ in range(5)]

    assert drawn == [again.draw() for _ in range(5)]
    assert all(first != second for first, second in pairwise(drawn))
    assert other.draw() not in drawn
