"""Every way to dial an alias leads to its one spelling, or to an error that says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.documents import Document, load
from policy.errors import RequestError
from policy.wire.alias import MAX_CHARACTERS, Alias, AliasKind, parse_alias

NODES: Final = frozenset({"203.0.113.10"})
HERE: Final = Path(__file__).parent


class _Vector(Document):
    dialled: str
    user: str = ""
    host: str = ""
    scheme: str = ""
    kind: AliasKind = AliasKind.ADDRESS
    bad: str = ""


class _Vectors(Document):
    vectors: tuple[_Vector, ...]


VECTORS: Final = load(HERE / "alias_vectors.yaml", _Vectors).value.vectors
# Texts made of the parts that mean something are where two steps of the way may disagree.
_PARTS: Final = st.sampled_from(
    [
        *"017+*#@.:;?<>[]() -=%Aaø\u03c3\u017f\u0130",
        "00",
        "##",
        "sip:",
        "TEL:",
        "203.0.113.10",
        "rooms.example.org",
        "møde.example.org",
        ";gruu",
        ";opaque=app:conf",
        "%40",
        "%3C",
        "%3a",
        "\u037e",  # its composed form is a semicolon
        "\u3002",  # a full stop in host names
        "\u00a0",
        "a\u030a",
    ]
)
DIALLED: Final = st.text() | st.lists(_PARTS, max_size=12).map("".join)


def _spelled(alias: Alias) -> tuple[str, str, str, AliasKind]:
    return alias.user, alias.host, alias.scheme, alias.kind


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if not each.bad], ids=lambda each: repr(each.dialled)
)
def test_an_alias_has_one_spelling(vector: _Vector) -> None:
    """However it is dialled, an alias becomes the user, host, scheme and kind it stands for."""
    got = parse_alias(vector.dialled, NODES)

    assert _spelled(got) == (vector.user, vector.host, vector.scheme, vector.kind)


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if each.bad], ids=lambda each: repr(each.dialled)
)
def test_what_is_no_alias_is_refused(vector: _Vector) -> None:
    """What nobody can own raises an error that says what is wrong, and never repeats it."""
    with pytest.raises(RequestError) as caught:
        parse_alias(vector.dialled, NODES)

    assert str(caught.value) == f"alias: {vector.bad}"
    assert caught.value.parameter == "alias"


@pytest.mark.parametrize(
    ("dialled", "want"),
    [
        ("SIP:Ward7@Rooms.example.org;transport=tls", "ward7@rooms.example.org"),
        ("0045 12345678", "+4512345678"),
        ("203.0.113.10:1720", "203.0.113.10"),
        ("sip:A@b.example;gruu;opaque=app:conf:ID", "A@b.example;gruu;opaque=app:conf:ID"),
    ],
)
def test_rules_compare_with_the_text(dialled: str, want: str) -> None:
    """The text is the spelled alias; of a meeting of Skype for Business it is the whole focus."""
    got = parse_alias(dialled, NODES)

    assert got.text == want


@pytest.mark.parametrize("unit", ["7", "ø", "%37"])
def test_the_longest_alias_has_250_characters(unit: str) -> None:
    """A node takes 250 characters; one more is refused, before percent-decoding and after."""
    longest = unit * (MAX_CHARACTERS // len(unit))

    assert parse_alias(longest).host == ""
    with pytest.raises(RequestError, match="is longer than 250 characters"):
        parse_alias(longest + "7" * len(unit))


def test_an_alias_that_grows_too_long_is_refused() -> None:
    """A host whose A-label makes the whole longer than 250 characters cannot be a key."""
    dialled = f"{'a' * 195}@{'ø' * 20}.{'ø' * 20}.example.org"

    with pytest.raises(RequestError, match="is longer than 250 characters"):
        parse_alias(dialled)


def test_percent_signs_are_decoded_once() -> None:
    """What is decoded is not decoded again: an alias may hold a percent sign."""
    got = parse_alias("100%2537@rooms.example.org")

    assert got.user == "100%37"


def test_two_ways_to_write_a_letter_are_one() -> None:
    """A letter and its accent in two characters are the one that the register holds."""
    assert parse_alias("a\u030aben") == parse_alias("Åben")


def test_without_own_nodes_an_address_is_a_name() -> None:
    """Only addresses of own nodes mean anything; separators of others stay."""
    got = parse_alias("203.0.113.10")

    assert (got.kind, got.user) == (AliasKind.ADDRESS, "203.0.113.10")


PLAIN: Final = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "sip:", "SIPS:", "h323:", "tel:"]),
    st.text("0123456789", min_size=1, max_size=12)
    | st.sampled_from(["00", "0045", "203.0.113.10"]),
    st.sampled_from(
        ["", "@rooms.example.org", "@Rooms.Example.ORG", "@203.0.113.10", "@1a", "@a1-"]
    ),
    st.sampled_from(["", ":", ":5061", "."]),
    st.sampled_from(["", ";transport=tls", ";TRANSPORT=", ";gruu;opaque=app:conf", "?a=b"]),
)


@given(PLAIN | DIALLED)
def test_a_plain_alias_is_spelled_as_any_other(dialled: str) -> None:
    """Which is found in a shorter way; a blank in front keeps an alias off it."""
    nodes = NODES | {"rooms.example.org", "7"}

    for own_nodes in (NODES, nodes):
        assert _outcome(dialled, own_nodes) == _outcome(f" {dialled}", own_nodes)


def _outcome(dialled: str, own_nodes: frozenset[str]) -> Alias | str:
    try:
        return parse_alias(dialled, own_nodes)
    except RequestError as exc:
        return str(exc)


@given(DIALLED, st.booleans())
def test_any_text_is_an_alias_or_a_request_error(dialled: str, own: bool) -> None:  # noqa: FBT001  drawn
    """No text makes reading fail in any other way."""
    try:
        alias = parse_alias(dialled, NODES if own else ())
    except RequestError as exc:
        assert exc.parameter == "alias"  # noqa: PT017  either way is right
        return

    assert len(alias.text) in range(1, MAX_CHARACTERS + 1)


@given(DIALLED)
def test_the_one_spelling_is_spelled_like_itself(dialled: str) -> None:
    """Reading what has been read changes nothing, unless it holds a percent sign to decode."""
    try:
        once = parse_alias(dialled)
    except RequestError:
        return
    if "%" in once.text:
        return

    twice = parse_alias(once.text)

    assert (twice.user, twice.host, twice.kind) == (once.user, once.host, once.kind)
    assert twice.text == once.text
