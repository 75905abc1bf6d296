"""Conditions as scripts have them, and what becomes of those that they cannot have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.rules.local.conditions import MAX_LIST, all_of
from policy.rules.local.sheet import Sheet
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import rules_of, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.rules.local.conditions import Said


def _said(when: Mapping[str, object], sheet: Sheet | None = None) -> Said:
    rule = rules_of({"when": {"direction": "dial_in", **when}, "then": "continue"})[0]
    return all_of(rule.clauses, sheet or Sheet(RequestType.SERVICE))


@pytest.mark.parametrize(
    ("when", "sent", "holds"),
    [
        ({"location": "LONDON"}, {}, True),
        ({"location": {"contains": ["x", "ondo"]}}, {}, True),
        ({"vendor": {"suffix": ["a", "mini"]}}, {}, True),
        ({"vendor": {"regex": ".*"}}, {"vendor": ""}, False),  # of nothing there is no match
        ({"registered": False}, {}, True),
        ({"bandwidth": {"at_most": 10}}, {"bandwidth": "0"}, True),
        ({"display_count": {"at_least": 0}}, {"display_count": ""}, False),
        ({"display_count": 2}, {"display_count": "2"}, True),
        ({"remote_address": "10.44.0.0/16"}, {"remote_address": "::ffff:10.44.0.1"}, True),
        ({"remote_address": "10.44.0.0/16"}, {"remote_address": ""}, False),
        ({"subnet": "10.1.0.0/16"}, {"ms-subnet": "10.1.2.0"}, True),
        ({"p_asserted_identity": {"prefix": "sip:"}}, {"p_Asserted-Identity": "SIP:a@b"}, True),
        ({"p_asserted_identity": {"prefix": "sip:"}}, {}, False),
        ({"alias": {"kind": "reception"}}, {}, False),
        ({"alias": {"domain": "example.org", "scheme": "sip"}}, {}, True),
        ({"remote_alias": {"digits": {"regex": ".*"}}}, {"remote_alias": ""}, False),
        ({"remote_alias": {"digits": {"regex": ".*"}}}, {"remote_alias": "x"}, True),
        ({"any": [{"location": "oslo"}, {"protocol": "sip"}]}, {}, True),
        ({"not": {"location": "london", "protocol": "h323"}}, {}, True),
        ({"expr": "call_info.location == 'London' and 1 in [1]"}, {}, True),
    ],
)
def test_a_condition_is_the_same_in_a_script(
    when: Mapping[str, object],
    sent: Mapping[str, str | Sequence[str]],
    holds: bool,  # noqa: FBT001  one of a table
) -> None:
    """Every kind of comparison, with what is absent in all its forms."""
    sheet = Sheet(RequestType.SERVICE)
    said = _said(when, sheet)

    assert said.lacks == ()
    assert value_of(sheet.text(), f"true if {said.text} else false", sent=sent) is holds


@pytest.mark.parametrize(
    ("when", "lack"),
    [
        ({"room_kind": "booking"}, "room_kind is for the server alone"),
        ({"tag": "x"}, "tag is for the server alone"),
        ({"fact": {"seen": "x"}}, "fact is for the server alone"),
        ({"share": "10%"}, "share is for the server alone"),
        ({"encryption": "on"}, "encryption is not told to scripts for service requests"),
        ({"version_id": "30"}, "version_id is for the server alone"),
        ({"alias": {"regex": "(a+)+"}}, "regex: repeats within repeats"),
        (
            {"location": [str(each) for each in range(MAX_LIST + 1)]},
            "a list of 501 entries, 500 are the most",
        ),
    ],
)
def test_what_is_missing_is_told(when: Mapping[str, object], lack: str) -> None:
    """Such a condition holds for every call that the others let through."""
    said = _said({"protocol": "sip", **when})

    assert said.lacks[0].startswith(lack)
    assert "vdx_protocol" in said.text


def test_what_is_missing_in_a_group_widens_it() -> None:
    """One branch that may hold makes them all hold, and so does the denial of what may not."""
    assert _said({"any": [{"protocol": "sip"}, {"tag": "x"}]}).text.count(" and ") == 0
    assert _said({"not": {"protocol": "sip", "tag": "x"}}).text.count(" and ") == 0
    narrowed = _said({"any": [{"protocol": "sip", "tag": "x"}, {"protocol": "h323"}]})
    assert '"sip"' in narrowed.text
    assert narrowed.lacks == ("tag is for the server alone",)
