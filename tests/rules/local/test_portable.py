"""Patterns of RE2 read by Python as RE2 reads them, or not at all."""

from __future__ import annotations

import re
import time
from typing import Final

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.comparisons import compiled
from policy.rules.local.portable import Portable, python_pattern
from policy.rules.local.writing import UnfitError

_ATOMS: Final = st.sampled_from(
    [
        "a",
        "b",
        "1",
        "@",
        r"\.",
        ".",
        r"\d",
        r"\w",
        r"\S",
        "[a-c]",
        "[^@]",
        r"[\w.-]",
        "[]a]",
        "(b)",
        "(?:a|b)",
        "(?P<x>1)",
        "{",
        "}",
        "a{,2}",
        "$",
        "^",
        r"\x61",
        "(?i)A",
        "(?:a1)",
        "å",
        r"\z",
    ]
)
_PATTERNS: Final = st.lists(
    st.tuples(_ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "??"])).map("".join),
    max_size=6,
).map("".join)


def _fits(portable: Portable, text: str) -> tuple[str | None, ...] | None:
    match = re.search(f"(?i)^({portable.text})\\Z", text)
    return None if match is None else match.groups()[1:]


@given(_PATTERNS, st.text("ab1@.{},å_-\n ", max_size=12))
def test_both_say_the_same(pattern: str, text: str) -> None:
    """What RE2 finds, and what its groups hold, Python finds and holds."""
    try:
        wanted = compiled(pattern).fullmatch(text)
        portable = python_pattern(pattern)
    except (re2.error, UnfitError):
        return

    got = _fits(portable, text)

    assert (got is None) is (wanted is None)
    if wanted is not None and got is not None and not portable.repeats_groups:
        assert [each or "" for each in got] == [each or "" for each in wanted.groups()]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\bward", r"nodes read \b otherwise"),
        (r"\pL+", r"nodes read \p otherwise"),
        (r"\Qa.b\E", r"nodes read \Q otherwise"),
        (r"[\D]", r"nodes read \D in brackets otherwise"),
        ("[[:alpha:]]+", "nodes know no [[:classes:]]"),
        ("(?s)a.b", "nodes read (?s) otherwise"),
        ("(?U:a+)", "nodes read (?U: otherwise"),
        ("(a+)+", "repeats within repeats"),
        ("(?:a|ab)*c", "repeats within repeats"),
        ("(?:a?){40}", "so many repeats"),
        (".*.*.*.*", "so many repeats"),
        ("(?:[ab]+,){5}", "so many repeats"),
    ],
)
def test_what_differs_is_refused(pattern: str, why: str) -> None:
    """A rule with such a pattern is left out, and the reason told."""
    compiled(pattern)  # RE2 takes it

    with pytest.raises(UnfitError, match=re.escape(why)):
        python_pattern(pattern)


def test_no_alias_keeps_a_node_busy() -> None:
    """The dearest pattern that is let through gives up on the worst alias within seconds."""
    portable = python_pattern(".*-.*-.*x")

    began = time.perf_counter()
    found = _fits(portable, "-" * 250)

    assert found is None
    assert time.perf_counter() - began < 5


def test_names_become_numbers() -> None:
    """A node gives groups in their order and knows no names."""
    assert python_pattern(r"(a)(?P<room>\d+)(?<unit>b)") == Portable(
        "(a)([0-9]+)(b)", 3, {"room": 2, "unit": 3}
    )
    assert python_pattern("(a){2}").repeats_groups
    assert not python_pattern("(a)?").repeats_groups
