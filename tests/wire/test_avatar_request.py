"""What is read of a request for a picture."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.requests import MAX_AVATAR_SIDE, AvatarRequest

NODES: Final = frozenset({"203.0.113.10"})


def _size(query: str) -> tuple[int, int] | None:
    return AvatarRequest.parse("desk", query, NODES).size


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("width=100&height=40", (100, 40)),
        ("height=1&width=1", (1, 1)),
        ("width=2048&height=2048", (2048, 2048)),
        ("width=%22100%22&height=+40+", (100, 40)),
        ("width=0100&height=40", (100, 40)),
    ],
)
def test_a_size_is_width_and_height(query: str, want: tuple[int, int]) -> None:
    """In pixels, in any order and with quotes."""
    assert _size(query) == want


@pytest.mark.parametrize(
    "query",
    [
        "",
        "width=100",
        "height=100",
        "width=0&height=100",
        "width=100&height=2049",
        "width=-1&height=100",
        "width=1e2&height=100",
        "width=100.0&height=100",
        "width=%D9%A1%D9%A0&height=100",
        "width=None&height=100",
        "width=99999999999999999999&height=1",
    ],
)
def test_what_cannot_be_drawn_is_no_size(query: str) -> None:
    """Missing, none, too large, and what is no whole number in ASCII digits."""
    assert _size(query) is None


@pytest.mark.parametrize(
    ("segment", "want"),
    [
        ("alice", "alice"),
        ("sip%3Aalice%40example.org", "alice@example.org"),
        ("h323:alice@example.org", "alice@example.org"),
        ("alice%40203.0.113.10", "alice"),
        ("a%2Fb%40example.org", "a/b@example.org"),
    ],
)
def test_the_alias_stands_in_the_path(segment: str, want: str) -> None:
    """With or without scheme, encoded or not; at an own node it is a bare one."""
    request = AvatarRequest.parse(segment, "local_alias=other&location=Oslo", NODES)

    assert request.alias is not None
    assert (request.alias.text, request.location) == (want, "Oslo")


@given(st.binary(), st.sampled_from(["", "width=", "remote_display_name="]))
def test_any_bytes_can_be_read(raw: bytes, start: str) -> None:
    """And a size is always one that can be drawn."""
    text = raw.decode("ascii", "surrogateescape")

    request = AvatarRequest.parse(text, start + text, NODES)

    if request.size is not None:
        assert min(request.size) >= 1
        assert max(request.size) <= MAX_AVATAR_SIDE
