"""A trace says of every rule why it does not match, or what it did, and asks nobody for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.errors import OutcomeError
from policy.rules.known import Dialling, Known, NeedsEntry
from policy.rules.question import Moment, Question
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.rules.trace import Step, Trace
from policy.wire.alias import parse_alias
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import CallDirection, RequestType
from tests.running import NOON


def _question(query: str) -> Question:
    parameters = Parameters(query)
    return Question(
        RequestType.SERVICE,
        parse_alias(parameters.text("local_alias")),
        parameters,
        Known(),
        Dialling(),
        Moment(NOON, "token"),
        CallDirection.DIAL_IN,
    )


def _traced(rules: str, query: str) -> tuple[Trace, list[str]]:
    """Walk through rules to their end; gives the trace, and the rules that spoke."""
    table = RuleTable([each.rule for each in parse_rules(f"rules: [{rules}]", "a.yaml")])
    trace, spoke = Trace(), []
    walk = table.walk(_question(query), trace)
    while (rule := walk.next_rule()) is not None:
        spoke.append(rule.name)
    return trace, spoke


def test_every_rule_is_noted_in_order() -> None:
    """Rules that the index skips are noted too, each with the first condition that fails."""
    trace, spoke = _traced(
        "{name: a, when: {alias: {exact: x@example.org}, protocol: sip}, then: continue},"
        "{name: b, when: {protocol: h323}, then: continue},"
        "{name: c, then: continue},"
        "{name: d, when: {alias: {domain: example.com}}, then: continue}",
        "local_alias=y@example.org&protocol=sip",
    )

    assert spoke == ["c"]
    assert [(step.rule, step.failed) for step in trace.steps] == [
        ("a", "alias: wanted x@example.org, got y@example.org"),
        ("b", "protocol: wanted h323, got sip"),
        ("c", ""),
        ("d", "alias.domain: wanted example.com, got example.org"),
    ]
    assert trace.steps[1].place == "a.yaml:1"


def test_nobody_is_asked_for_the_sake_of_a_trace() -> None:
    """A condition on the directory does not matter where another one fails anyway."""
    rules = "{name: a, when: {alias: {regex: 'x.*'}, tag: ward}, then: continue}"

    trace, _ = _traced(rules, "local_alias=y")

    assert [step.condition for step in trace.steps] == ["alias"]


def test_a_condition_in_front_that_lacks_a_fact_is_passed() -> None:
    """Of a rule that is skipped the condition is told that fails for sure."""
    rules = parse_rules("rules: [{name: a, when: {tag: w, protocol: sip}, then: continue}]", "a")
    rule = replace(rules[0].rule, clauses=rules[0].rule.clauses[::-1])
    trace = Trace()

    trace.skipped([rule], _question("local_alias=y&protocol=h323"))

    assert [(step.condition, step.got) for step in trace.steps] == [("protocol", "h323")]


def test_a_fault_in_a_rule_that_is_skipped_is_none() -> None:
    """The way is that of a call: a rule that cannot match is never evaluated."""
    rules = "{name: a, when: {alias: {exact: x}, expr: '1 // 0 == 1'}, then: continue}"
    skipped, _ = _traced(rules, "local_alias=y")
    reached, _ = _traced(rules, "local_alias=x")

    assert skipped.steps[0].condition == "alias"
    assert reached.steps[0].failed.startswith("a condition cannot be evaluated: script line 1:")


def test_a_lacking_fact_ends_the_trace() -> None:
    """Where the directory must be asked, the rule that asks is the last one noted."""
    table = RuleTable(
        [
            each.rule
            for each in parse_rules("rules: [{name: a, when: {tag: w}, then: continue}]", "a")
        ]
    )
    trace = Trace()

    with pytest.raises(NeedsEntry):
        table.walk(_question("local_alias=y"), trace).next_rule()

    assert [step.failed for step in trace.steps] == ["a condition lacks a fact"]


def test_what_a_rule_changed_is_noted() -> None:
    """Facts and alias as they were and as they are; a fact that stays is no change."""
    trace, _ = _traced(
        "{name: a, then: {set: {site: north}}},"
        "{name: b, then: {set: {site: south}, rewrite: z@example.org, override: {locked: true}}},"
        "{name: c, then: {set: {site: south}}}",
        "local_alias=y",
    )

    assert [step.did for step in trace.steps] == [
        ("sets site: nothing → 'north'",),
        (
            "sets site: 'north' → 'south'",
            "rewrites the alias: y → z@example.org",
            "overrides locked of the service that is answered",
        ),
        (),
    ]
    assert trace.question is not None
    assert trace.question.alias.text == "z@example.org"


def test_what_a_script_logs_is_noted() -> None:
    """An operator who asks why sees what the script was told to say."""
    trace, _ = _traced(
        """{name: a, then: {expr: "{{ pex_debug_log('seen ' + call_info.local_alias) }}"}}""",
        "local_alias=y",
    )

    assert trace.steps[0].log == ("seen y",)


def test_a_trace_begins_again() -> None:
    """Deciding begins again with each fact; nothing of the way before stays."""
    trace = Trace([Step("old", "a.yaml:1", is_shadow=False)])

    trace.begin(_question("local_alias=y"))

    assert trace.steps == []


def test_a_fault_is_told_with_the_rule() -> None:
    """Whoever carries out a rule and cannot says so in its step."""
    table = RuleTable(
        [each.rule for each in parse_rules("rules: [{name: a, then: continue}]", "a")]
    )
    trace = Trace()
    walk = table.walk(_question("local_alias=y"), trace)
    rule = walk.next_rule()
    assert rule is not None

    walk.fault(rule, OutcomeError("no value"))

    assert trace.steps == [
        replace(trace.steps[0], rule="a", did=("cannot be carried out: no value",))
    ]
