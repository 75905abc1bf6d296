"""What does not go together within one rule; tests/bad_rules has every message."""

from __future__ import annotations

import pytest

from policy.errors import DocumentError
from policy.platform_names import PlatformNames
from policy.rules.job import Surroundings
from policy.rules.syntax import parse_rules

AROUND = Surroundings(PlatformNames(locations=frozenset({"Aarhus", "Odense"})), frozenset({"old"}))


@pytest.mark.parametrize(
    "rule",
    [
        (
            "{name: a, when: {location: [aarhus, ''], proxy_node_location: {prefix: X}}, "
            "then: continue}"
        ),
        "{name: a, for: location, then: {location: {location: Aarhus, overflow: [Odense]}}}",
        "{name: a, when: {alias: {regex: '(?P<n>.)(.)'}}, then: {room: '${1}${2}${n}'}}",
        "{name: a, then: {reject: '$${user} costs $5'}}",
        "{name: a, then: {expr: \"{% set x = '${' %}{}\"}}",
        "{name: a, for: [service, participant], then: {set: {x: y}, rewrite: a@example.org}}",
        "{name: a, then: {forward: {to: old}}}",
    ],
)
def test_what_goes_together_is_taken(rule: str) -> None:
    """Names that exist and placeholders that something fills are no problem."""
    assert parse_rules(f"rules: [{rule}]", "r.yaml", AROUND)


@pytest.mark.parametrize(
    ("rule", "want"),
    [
        ("{name: a, for: avatar, then: {reject: x}}", "1:39: outcome 'reject' is not for avatar"),
        (
            "{name: a, when: {not: {role: chair}}, then: continue}",
            "1:32: condition 'role' is not for",
        ),
        ("{name: a, for: location, then: {location: {location: '${user}'}}}", "1:62: placeholders"),
        (
            "{name: a, when: {any: [{location: oslo}]}, then: continue}",
            "1:43: location: 'oslo' is not",
        ),
        ("{name: a, when: {alias: {user: {regex: '(.)'}}}, then: {room: '${1}'}}", "has no groups"),
        (
            "{name: a, for: phonebook, then: {rewrite: a}}",
            "'rewrite' is not for phonebook requests",
        ),
    ],
)
def test_what_does_not_go_together_is_told_where_it_stands(rule: str, want: str) -> None:
    """The place is that of the key or the text, deep inside groups too."""
    with pytest.raises(DocumentError) as caught:
        parse_rules(f"rules: [{rule}]", "r.yaml", AROUND)

    assert want in str(caught.value)
