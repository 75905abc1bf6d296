"""Placeholders in scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.local.sheet import Sheet
from policy.rules.local.texts import filled
from policy.rules.local.writing import UnfitError
from policy.rules.templates import placeholders
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import rules_of, value_of

_RULE = rules_of(
    {"when": {"alias": {"regex": r"(ward)(?P<no>\d+)@.*|(other)"}}, "then": "continue"}
)[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("${1}-${no}", "ward-7"),
        (
            "a ${user} at ${domain}: ${alias} (${scheme})",
            "a ward7 at example.org: ward7@example.org (sip)",
        ),
        ("from ${remote_user}", "from boardroom"),
        ("$${user} is ${user}", "${user} is ward7"),
        ("by ${protocol} from ${remote_address}", "by sip from 10.44.151.5"),
        ("${direction} ${vendor}", "dial_in TANDBERG/529 (ce11.40.1.1) Cisco-RoomKitMini"),
    ],
)
def test_a_text_is_filled_as_on_the_server(text: str, wanted: str) -> None:
    """Captures, parts of both aliases, and what the request says."""
    sheet = Sheet(RequestType.SERVICE)
    found = filled(text, _RULE, sheet)

    assert value_of(sheet.text(), found.text) == wanted


def test_a_text_needs_its_values() -> None:
    """An empty group stops the rule, as on the server."""
    sheet = Sheet(RequestType.SERVICE)
    found = filled("${3}", _RULE, sheet)

    assert value_of(sheet.text(), f"{found.needs[0]} or 'nothing'") == "nothing"


@pytest.mark.parametrize("name", ["organisation", "fact.x", "idp.groups", "bandwidth", "device"])
def test_what_a_script_does_not_know_is_refused(name: str) -> None:
    """The rule is left out."""
    with pytest.raises(UnfitError, match=r"\$\{.*\} is for the server alone"):
        filled(f"${{{name}}}", _RULE, Sheet(RequestType.SERVICE))


@given(st.lists(st.sampled_from(["$", "{", "}", "${user}", "$${", "a", "}}"])).map("".join))
def test_placeholders_are_found_where_rules_have_them(text: str) -> None:
    """There is one way to write them."""
    sheet = Sheet(RequestType.SERVICE)
    names = [each for each in placeholders(text) if each != "user"]
    if names:
        return

    assert len(filled(text, _RULE, sheet).needs) == sum(1 for _ in placeholders(text))
