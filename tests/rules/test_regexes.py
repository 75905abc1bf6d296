"""What RE2 lacks is called by its name; tests/bad_rules has every message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.regexes import check_regex


@pytest.mark.parametrize(
    "pattern", ["ward.*", r"\d{6}@(?P<domain>.*)", "^a$", "[^@]+", r"\\1", "a+?"]
)
def test_what_re2_knows_is_taken(pattern: str) -> None:
    """Most of what people write is the same everywhere."""
    assert check_regex(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "want"),
    [
        ("(?!a).*", "negative look-ahead"),
        ("(?<=a).*", "look-behind"),
        (r"(.)\1", "back-reference"),
        ("a++", "possessive"),
        ("(?>a)", "atomic group"),
        ("(a", "a '(' is not closed"),
        (r"(\pL{500}){2}|(\pN{500}){2}", "too large"),
        (r"\y", r"'\y' is not known here"),
    ],
)
def test_what_is_wrong_is_named(pattern: str, want: str) -> None:
    """A person who comes from another engine learns what to do instead."""
    with pytest.raises(ValueError, match=r"^'") as caught:
        check_regex(pattern)

    assert want in str(caught.value)
    assert str(caught.value).startswith(f"'{pattern}': ")


@given(st.text(alphabet="a()[]{}?*+\\|.^$<=!P1,-:#é").map(lambda text: text[:30]))
def test_any_pattern_is_taken_or_refused(pattern: str) -> None:
    """No pattern makes the check fail in another way."""
    try:
        check_regex(pattern)
    except ValueError as exc:
        assert str(exc)  # noqa: PT017  either way is right
