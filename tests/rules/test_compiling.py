"""Conditions become clauses, the cheap ones first."""

from __future__ import annotations

from policy.rules.compiling import clauses_of, in_order
from policy.rules.conditions import When
from policy.rules.lists import Lists
from policy.rules.syntax import RuleText
from policy.wire.vocabulary import RequestType
from tests.rules.asking import clauses


def test_what_costs_nothing_comes_first() -> None:
    """Then groups, then look-ups, then scripts, wherever they stand in the file."""
    when = (
        "{expr: 'true', tag: a, any: [{protocol: sip}], not: {room_state: open}, "
        "all: [{vendor: x, subtree: b}], alias: {exact: a, regex: b}}"
    )

    keys = [each.key for each in clauses(when)]

    assert keys == ["direction", "alias", "alias", "vendor", "any", "tag", "subtree", "not", "expr"]


def test_a_list_of_subnets_is_a_condition() -> None:
    """A caller of no such subnet is left to other rules, before anything is looked up."""
    rule = RuleText.model_validate(
        {
            "name": "a",
            "for": "location",
            "when": {"expr": "true"},
            "then": {"location_by_subnet": {"10.0.0.0/8": {"location": "A"}}},
        }
    ).compiled()

    assert [each.key for each in rule.clauses] == ["direction", "subnet", "expr"]


def test_a_direction_is_said_for_whoever_says_none() -> None:
    """Registrations have none, and who speaks of it anywhere has spoken."""
    service, registration = frozenset({RequestType.SERVICE}), frozenset({RequestType.REGISTRATION})
    named = When.model_validate({"any": [{"not": {"direction": "non_dial"}}]})

    assert [each.key for each in clauses_of(When(), "a", service, Lists())] == ["direction"]
    assert clauses_of(When(), "a", registration, Lists()) == ()
    assert [each.key for each in clauses_of(named, "a", service, Lists())] == ["any"]
    assert in_order(()) == ()


def test_a_share_is_that_of_its_rule() -> None:
    """Two rules draw other callers, unless they name one share."""
    (_, own) = clauses("{share: 10%}")
    (_, named) = clauses("{share: {percent: 10%, name: roll-out}}")

    assert (own.wanted(), named.wanted()) == ("below 10 % of r", "below 10 % of roll-out")
