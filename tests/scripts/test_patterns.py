"""Patterns find what Python's find, in linear time, and say what RE2 lacks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.scripts.budget import SandboxError
from policy.scripts.patterns import compiled, replaced, search
from tests.scripts.scripting import run_of

PATTERNS = (
    r"",
    r"a*",
    r"a|b",
    r"(a)(b)?",
    r"^(sip:)?(.+?)(@.*)?$",
    r"(?P<user>[^@]+)@",
    r"\d{2,}",
    r"(?i)AB",
    r"b\Z",
    r"\.",
    r"[^ab]+",
)
TEXTS = st.text("abAB@.:12ø\n", max_size=20)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=TEXTS)
def test_matches_are_those_of_python(pattern: str, text: str) -> None:
    """The first match and its groups, and all that are replaced."""
    # Python lets `$` stand before a last line's end; nodes send no line ends.
    text = text.rstrip("\n")
    match = re.search(pattern, text)

    got = next(search(run_of(), pattern, text), None)

    assert (got and got.groups()) == (match and match.groups())
    assert replaced(run_of(), pattern, "<x>", text) == re.sub(pattern, "<x>", text)


@pytest.mark.parametrize(
    "replacement",
    [r"\1", r"\2-\1", r"\g<1>\g<2>", r"a\\b", r"\n\t", "ø\\1ø", r"\.", "$1", "", r"\g<user>"],
)
def test_replacements_are_written_as_in_python(replacement: str) -> None:
    """Groups by number and name, control characters, and all else as it stands."""
    pattern = r"(?P<user>\w+)@(\w+)"
    text = "to alice@example or bob@x"
    assert replaced(run_of(), pattern, replacement, text) == re.sub(pattern, replacement, text)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "has no look-around, atomic groups and conditions"),
        ("(?<!a)b", "has no look-around, atomic groups and conditions"),
        (r"(a)\1", "has no back-references"),
        ("(a", r"not a regular expression that RE2 knows: missing \)"),
        ("a{2000}", "not a regular expression that RE2 knows: invalid repetition size"),
        ("x" * 2_001, "2000 characters at most"),
    ],
)
def test_what_re2_lacks_is_said(pattern: str, said: str) -> None:
    """A person learns what is missing, rather than where RE2 stopped reading."""
    with pytest.raises(SandboxError, match=said):
        compiled(pattern)


def test_groups_that_are_not_there_are_said() -> None:
    """A replacement may want only what the pattern has."""
    for replacement, said in (
        (r"\3", "wants group 3 of 2"),
        (r"\g<name>", "no such name"),
        (r"\q", "a replacement knows groups as"),
        ("x" * 2_001, "2000 characters at most"),
    ):
        with pytest.raises(SandboxError, match=said):
            replaced(run_of(), "(a)(b)", replacement, "ab")


def test_long_texts_are_answered_as_fast_as_short_ones() -> None:
    """A pattern that keeps other engines busy for years costs no more than others."""
    text = "a" * 10_000
    assert replaced(run_of(), "(a+)+$", "", text + "!") == text + "!"
    assert replaced(run_of(), "(a+)+$", "", text) == ""
    with pytest.raises(SandboxError, match="too long for so large a regular expression"):
        replaced(run_of(), "((a{0,30}){0,30})b", "", text)
