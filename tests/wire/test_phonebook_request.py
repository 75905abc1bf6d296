"""What is read from a search of the phone book."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.requests import PhonebookRequest

if TYPE_CHECKING:
    from collections.abc import Mapping


def _read(query: str | Mapping[str, str]) -> PhonebookRequest:
    text = query if isinstance(query, str) else urlencode(query)
    return PhonebookRequest.parse(text, frozenset({"203.0.113.10"}))


def test_the_documented_request_is_read() -> None:
    """Who asks, what was typed, how many are wanted, and from where."""
    request = _read(
        "q=ali&registration_alias=bob%40example.org&limit=7&location=london&node_ip=10.44.155.21"
    )

    assert request.asker is not None
    got = (request.typed, request.asker.text, request.limit, request.location)
    assert got == ("ali", "bob@example.org", 7, "london")


@pytest.mark.parametrize(
    ("limit", "want"),
    [("", 10), ("10", 10), ("1", 1), ("0", 0), ("100", 100), ("101", 100), ("9" * 18, 100)]
    + [(junk, 10) for junk in ("-1", "ten", "1.5", "None", "9" * 5000)],
)
def test_a_limit_is_sane(limit: str, want: int) -> None:
    """What is no number is the usual ten; nobody gets more than a hundred."""
    assert _read({"limit": limit}).limit == want


@pytest.mark.parametrize(
    ("typed", "want"),
    [
        ("none", "none"),
        ("null", "null"),
        ('"ali"', '"ali"'),
        ("m\u00f8de 7", "m\u00f8de 7"),
        ("a\0b", "a b"),
        ("x" * 10_000, "x" * 100),
    ],
)
def test_what_was_typed_stays_as_it_is(typed: str, want: str) -> None:
    """A person may look for somebody called None; only what no database holds is replaced."""
    assert _read({"q": typed}).typed == want


@pytest.mark.parametrize("alias", ["", "@", "a@b@c", "\0"])
def test_an_asker_that_is_no_alias_is_nobody(alias: str) -> None:
    """Reading does not fail."""
    assert _read({"registration_alias": alias}).asker is None


@given(st.text())
def test_any_query_can_be_read(query: str) -> None:
    """Whatever comes, there is a request with a limit that can be kept."""
    request = _read(query)

    assert 0 <= request.limit <= 100
    assert len(request.typed) <= 100
