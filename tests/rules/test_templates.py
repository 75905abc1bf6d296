"""Placeholders: what fills them, and what a rule file is told of them."""

from __future__ import annotations

import pytest

from policy.errors import OutcomeError
from policy.rules.templates import (
    NAMES,
    Template,
    filled_with,
    is_template,
    is_unclosed,
    placeholders,
    rendered,
    unknown_placeholder,
)
from policy.wire.vocabulary import RequestType
from tests.rules.asking import asked, learn, rows


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("sip:${user}@${domain}", "sip:ward7@example.org"),
        (
            "${alias} by ${protocol} from ${remote_domain}",
            "ward7@example.org by sip from example.net",
        ),
        ("${remote_user}-${remote_address}", "ana-10.0.0.1"),
        ("${bandwidth} ${direction} ${device}", "512 dial_in cisco"),
        ("$${user} and $$", "${user} and $$"),
        ("${idp.Groups}", "staff"),
        ("${fact.partner}", "Partner A"),
        ("${1}${name}", "wardseven"),
        ("${organisation} ${room_kind}", "clinic permanent"),
        ("plain", "plain"),
    ],
)
def test_a_placeholder_is_filled(text: str, want: str) -> None:
    """Parts of aliases, parameters, attributes, facts, captures and the directory fill it."""
    question = asked(
        protocol="sip",
        remote_alias="ana@example.net",
        remote_address="10.0.0.1",
        bandwidth="512",
        vendor="Cisco",
        idp_attribute_groups=["staff", "all"],
    )
    question.facts = {"partner": "Partner A"}
    question.captures = {"1": "ward", "name": "seven"}
    for key in question.keys():  # noqa: SIM118  no mapping
        learn(question, key, rows())

    assert Template(text).render(question) == want


@pytest.mark.parametrize(
    "text", ["${remote_user}", "${fact.x}", "${1}", "${scheme}", "${idp.mail}"]
)
def test_a_placeholder_without_a_value_is_a_fault(text: str) -> None:
    """Half an alias would lead anywhere; the message repeats no value of the call."""
    question = asked()
    question.captures = {"1": ""}

    with pytest.raises(OutcomeError, match="has no value in this call"):
        Template(f"sip:{text}@example.org").render(question)


def test_every_text_of_a_document_is_filled() -> None:
    """Numbers and flags are left as they are."""
    document = {"name": "Ward ${user}", "list": ["${domain}", 7], "flag": True}

    want = {"name": "Ward ward7", "list": ["example.org", 7], "flag": True}
    assert rendered(document, asked()) == want
    assert list(placeholders(document)) == ["user", "domain"]


def test_every_name_can_be_filled() -> None:
    """A name that rule files may use never fails in another way than for want of a value."""
    question = asked(request=RequestType.PARTICIPANT)
    for key in question.keys():  # noqa: SIM118  no mapping
        learn(question, key, rows())
    for name in NAMES:
        try:
            assert Template(f"${{{name}}}").render(question)
        except OutcomeError as exc:
            assert str(exc) == f"${{{name}}} has no value in this call"  # noqa: PT017  either way is right


def test_what_nothing_fills_is_found() -> None:
    """Facts and attributes are open sets; secrets are for conditions only."""
    assert unknown_placeholder(["user", "fact.x", "idp.y", "1"], ["1"]) is None
    assert unknown_placeholder(["user", "usr"], []) == "usr"
    assert unknown_placeholder(["third_party_passcode"], []) == "third_party_passcode"


def test_a_placeholder_is_closed() -> None:
    """`${` for itself is written with one more `$`."""
    assert [is_unclosed(text) for text in ("${user", "${user}", "$${", "$${user}", "${a}${")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert [is_template(value) for value in ("${a}", "a", 7)] == [True, False, False]
    assert filled_with("1", "${a}@b") == "1@b"
