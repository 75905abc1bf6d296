"""Scripts read aliases as the server does, or say that they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import RequestError
from policy.rules.local.aliases import alias_lines
from policy.wire.alias import AliasKind, parse_alias
from tests.rules.local.running import value_of

if TYPE_CHECKING:
    from policy.wire.alias import Alias

_NODES = ["203.0.113.10", "2001:db8::10"]
_LINES = f"{{% set vdx_nodes = {_NODES} %}}\n{alias_lines('a', 'local_alias', at_own_nodes=True)}"
_PARTS = "[a_ok, a_text, a_user, a_host, a_scheme, a_digits]"
_PIECES = st.sampled_from(
    [
        "sip:",
        "SIPS: ",
        "h323:",
        "tel:",
        "ward7",
        "Bjørn",
        "@",
        "example.org",
        "Example.ORG.",
        ":5060",
        "203.0.113.10",
        "[2001:db8::10]",
        "192.0.2.1",
        "##",
        "00",
        "45",
        "+",
        " ",
        "(",
        ")",
        "-",
        ".",
        ";transport=tls",
        "?x=y",
        "<",
        ">",
        "%40",
        "%C3%B8",
        "%00",
        "*12",
        "#3",
        '"',
        "\n",
        "ğ",
        "ß",
        ";gruu",
        ";opaque=app:conf",
        "none",
        "İ",
        "é",
        "é",
        "x" * 120,
    ]
)


def _server(text: str) -> Alias | None:
    try:
        return parse_alias(text, frozenset(_NODES))
    except RequestError:
        return None


@given(st.lists(_PIECES, max_size=7).map("".join))
def test_an_alias_is_read_alike_or_not_at_all(text: str) -> None:
    """Whatever is dialled, a script that takes it takes it as the server does."""
    is_ok, *parts = cast("list[object]", value_of(_LINES, _PARTS, local_alias=text))

    alias = _server(text.strip(" "))
    if is_ok:
        assert alias is not None
        assert alias.kind is AliasKind.ADDRESS
        assert parts == [alias.text, alias.user, alias.host, alias.scheme, alias.digits]


@pytest.mark.parametrize(
    "text",
    [
        "sip:Ward7@Example.ORG:5061;transport=tls",
        "0045 70 12-34-56*1234",
        "203.0.113.10##5512",
        "bjørn.ærø@example.org",
        "sip%3Award7%40example.org",
        "<sip:7@example.org>;tag=1",
    ],
)
def test_what_people_dial_is_taken(text: str) -> None:
    """The common spellings are not left to the platform."""
    assert value_of(_LINES, "a_ok and true", local_alias=text) is True


@pytest.mark.parametrize(
    "text", ["", "a@b@c", "x" * 251, "ward7@[2001:db8::1]", "İ", "203.0.113.10"]
)
def test_what_cannot_be_read_says_so(text: str) -> None:
    """No rule then speaks in a script."""
    assert not value_of(_LINES, "a_ok", local_alias=text)
