"""What is wrong between rules; tests/bad_rules has the places and the texts."""

from __future__ import annotations

import pytest

from policy.rules.linking import check_together
from policy.rules.syntax import parse_rules


def _said(*written: str) -> tuple[list[str], list[str]]:
    text = "rules:\n" + "".join(f"  - {each}\n" for each in written)
    linked = check_together(parse_rules(text, "r.yaml"))
    return [each.text for each in linked.problems], [each.text for each in linked.warnings]


@pytest.mark.parametrize(
    "written",
    [
        (
            "{name: a, then: {set: {x: y}}}",
            "{name: b, when: {direction: dial_in, fact: {x: y}}, then: {reject: '${fact.x}'}}",
        ),
        (
            "{name: a, for: [location, service], then: {set: {x: y}}}",
            "{name: b, when: {fact: {x: y}}, then: continue}",
        ),
        ("{name: a, when: {alias: {exact: a@b.org, domain: [b.org, c.org]}}, then: continue}",),
        ("{name: a, when: {alias: {exact: ['1', x], regex: '[0-9]'}}, then: continue}",),
    ],
)
def test_rules_that_go_together_are_left_alone(written: tuple[str, ...]) -> None:
    """What can be is neither a problem nor a warning."""
    assert _said(*written) == ([], [])


def test_a_reader_of_a_fact_stands_behind_its_setter() -> None:
    """A fact that is set later, or in shadow, is not set."""
    reader = "{name: b, when: {fact: {x: y}}, then: continue}"

    late = _said(reader, "{name: a, then: {set: {x: y}}}")
    shadow = _said("{name: a, mode: shadow, then: {set: {x: y}}}", reader)
    other = _said("{name: a, for: location, then: {set: {x: y}}}", reader)

    assert late == (["rule 'b': no rule in front sets the fact 'x', nor any other"], [])
    assert shadow[1] == ["rule 'b': the fact 'x' is set by rule 'a' alone, which is in shadow"]
    assert other[0] == ["rule 'b': no rule in front sets the fact 'x' for service requests"]


def test_a_rule_that_is_never_reached_is_a_warning() -> None:
    """It does no harm, so that it keeps nothing out."""
    problems, warnings = _said("{name: a, then: continue}", "{name: b, then: continue}")

    assert problems == []
    said = "rule 'b': is never reached: rule 'a' in r.yaml:2 decides wherever this one matches"
    assert warnings == [said]


def test_two_conditions_that_exclude_each_other_are_told() -> None:
    """An alias that has another domain, or does not fit a pattern, matches nothing."""
    (_, warnings) = _said(
        "{name: a, when: {alias: {exact: a@b.org, domain: c.org}}, then: continue}",
        "{name: b, when: {alias: {exact: a@b.org, regex: '[0-9]+'}}, then: continue}",
        "{name: c, when: {location: a, all: [{location: b}]}, then: continue}",
    )

    assert [each.partition(":")[0] for each in warnings] == ["rule 'a'", "rule 'b'", "rule 'c'"]
