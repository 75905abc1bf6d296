"""One way through the rules: with or without a trace, the same rules speak in the same order."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from policy.rules.known import Dialling, Known
from policy.rules.question import Moment, Question
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.rules.trace import Trace
from policy.wire.alias import parse_alias
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import CallDirection, RequestType
from tests.running import NOON

WHENS: Final = (
    "",
    "when: {alias: {exact: a@example.org}}, ",
    "when: {alias: {domain: example.org}}, ",
    "when: {alias: {regex: 'b.*'}}, ",
    "when: {subnet: 192.0.2.0/24}, ",
    "when: {fact: {site: north}}, ",
    "when: {protocol: sip, expr: '1 // 0 == 1'}, ",
    "when: {any: [{protocol: h323}, {alias: {user: b}}]}, ",
)
THENS: Final = (
    "continue",
    "{set: {site: north}}",
    "{rewrite: b@example.org}",
    "{rewrite: '${idp.none}'}",
    "{set: {site: south}, rewrite: a@example.org, reject: no}",
)
QUERIES: Final = (
    "local_alias=a@example.org&protocol=sip",
    "local_alias=b&protocol=h323&remote_address=192.0.2.7",
    "local_alias=b@example.com&remote_address=198.51.100.7",
)
Spoke = tuple[list[str], list[str], list[tuple[str, str]], str]


def _spoken(table: RuleTable, query: str, trace: Trace | None) -> Spoke:
    """Go through all rules; gives who spoke, shadows, faults, and the alias at the end."""
    parameters = Parameters.parse(query)
    question = Question(
        RequestType.SERVICE,
        parse_alias(parameters.text("local_alias")),
        parameters,
        Known(),
        Dialling(),
        Moment(NOON, "token"),
        CallDirection.DIAL_IN,
    )
    walk, spoke = table.walk(question, trace), []
    while (rule := walk.next_rule()) is not None:
        spoke.append(rule.name)
    return spoke, walk.shadows, walk.faults, question.alias.text


@st.composite
def tables(draw: st.DrawFn) -> RuleTable:
    """Draw rules that change things, fail, are shadows, or end the search."""
    lines = ["rules:"]
    for number in range(draw(st.integers(1, 8))):
        mode = draw(st.sampled_from(["", "", "mode: shadow, "]))
        when, then = draw(st.sampled_from(WHENS)), draw(st.sampled_from(THENS))
        lines.append(f"  - {{name: r{number}, {mode}{when}then: {then}}}")
    return RuleTable([each.rule for each in parse_rules("\n".join(lines), "a.yaml")])


@given(tables(), st.sampled_from(QUERIES))
def test_watching_changes_nothing(table: RuleTable, query: str) -> None:
    """Who speaks, shadows, faults and rewritten aliases are the same with a trace."""
    assert _spoken(table, query, Trace()) == _spoken(table, query, None)


@given(tables(), st.sampled_from(QUERIES))
def test_a_trace_holds_every_rule_once_and_in_order(table: RuleTable, query: str) -> None:
    """Rules that the index skips too, and the index never skips one that matches."""
    trace = Trace()

    _spoken(table, query, trace)

    assert [step.rule for step in trace.steps] == [rule.name for rule in table.rules]
