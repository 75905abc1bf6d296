"""What is wrong is said once, with what would be right; test_documents.py has the places."""

from __future__ import annotations

from typing import Final

import pytest

from policy.wording import YamlFault, counted, did_you_mean, yaml_worded

_QUOTES: Final = "text that begins with '@' must stand in quotes"
_BEHIND: Final = "text stands behind a closing quote: put all of it in quotes"
_BRACE: Final = "the '{' of line 3 is not closed, or a comma is missing in front of this"


@pytest.mark.parametrize(
    ("word", "known", "want"),
    [
        ("alais", ["alias", "when"], ", did you mean 'alias'?"),
        ("zzz", ["alias", "when"], "; known here: alias, when"),
        ("zzz", [], ""),
        ("zzz", ["a"] * 62, f"; known here: {', '.join(['a'] * 60)} and 2 more"),
    ],
)
def test_a_near_miss_is_guessed(word: str, known: list[str], want: str) -> None:
    """A misspelt word gets the nearest one, any other the list of what there is."""
    assert did_you_mean(word, known) == want


def test_one_is_no_plural() -> None:
    """What is counted is written as a person would."""
    assert [counted(count, "room") for count in range(3)] == ["0 rooms", "1 room", "2 rooms"]


@pytest.mark.parametrize(
    ("problem", "around", "want"),
    [
        (
            "found unexpected end of stream",
            ("", ""),
            YamlFault("this quote is not closed", is_where_it_began=True),
        ),
        ("found character that cannot start any token", ("", "@a"), YamlFault(_QUOTES)),
        ("did not find expected key", ("a: 'b' ", "c"), YamlFault(_BEHIND)),
        ("did not find expected ',' or '}'", ("", ""), YamlFault(_BRACE, is_where_it_began=True)),
        ("did not find expected ',' or '}'", ("b", ": c"), YamlFault(_BRACE)),
        ("something else", ("", ""), YamlFault("while reading, something else")),
    ],
)
def test_a_fault_of_yaml_is_told_in_our_words(
    problem: str, around: tuple[str, str], want: YamlFault
) -> None:
    """What is likely to be wrong is said, and where to look; tests/bad_rules has all of them."""
    assert yaml_worded(problem, "while reading", around, 3) == want
