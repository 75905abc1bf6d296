"""Rules that look at what the decision log hides are named."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from policy.replaying.hidden import HIDDEN_PARAMETERS, looking_at_hidden
from policy.rules.parameters import PARAMETERS, Kind
from policy.rules.syntax import parse_rules
from policy.wire.asked import Asked
from policy.wire.redaction import redacted
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Sequence


def _named(rule: str) -> Sequence[str]:
    placed = parse_rules(f"rules:\n  - {{name: a, {rule}}}\n", "10.yaml")
    return looking_at_hidden(each.rule for each in placed)


@pytest.mark.parametrize(
    "rule",
    [
        "when: {remote_alias: {user: alice}}, then: continue",
        "when: {remote_display_name: Alice}, then: continue",
        "when: {idp_attribute: {groups: hosts}}, then: continue, for: participant",
        "when: {device_owner: region-north}, then: continue",
        "when: {share: 10 %}, then: continue",
        "when: {any: [{protocol: sip}, {not: {call_tag: kiosk}}]}, then: continue",
        "when: {expr: 'call_info.remote_alias == 1'}, then: continue",
        "then: {expr: '{{ call_info.remote_display_name }}'}",
        "when: {organisation: region-north}, then: not_found, for: avatar",
        "when: {alias: {user: alice}}, then: not_found, for: avatar",
    ],
)
def test_a_rule_that_looks_at_who_calls_is_named(rule: str) -> None:
    """With a log it meets a pseudonym or a mask, with a real call somebody."""
    assert _named(rule) == ["a"]


@pytest.mark.parametrize(
    "rule",
    [
        "when: {alias: {exact: b@example.org}, protocol: sip}, then: continue",
        "when: {remote_alias: {domain: example.org}}, then: continue",
        "when: {organisation: region-north, subnet: 10.0.0.0/8}, then: continue",
        "when: {expr: 'call_info.location == 1'}, then: continue",
        "when: {alias: {domain: example.org}}, then: not_found, for: avatar",
    ],
)
def test_a_rule_that_looks_at_what_stays_is_not(rule: str) -> None:
    """What was dialled, the caller's domain and addresses are in the log as they were."""
    assert _named(rule) == []


def test_the_list_is_that_of_the_log() -> None:
    """What redaction replaces is listed, aliases and attributes aside."""
    hidden = set()
    for name, parameter in PARAMETERS.items():
        field = urlencode({parameter.wire or name: "Karin Holm"})
        kept = redacted(Asked(RequestType.SERVICE, "", field), b"an invented key.").query
        if parameter.kind in {Kind.TEXT, Kind.TEXTS} and kept != field:
            hidden.add(name)

    assert hidden == HIDDEN_PARAMETERS
