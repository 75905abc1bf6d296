"""The index leaves out only rules that could not match, and changes nothing else."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from hypothesis import given

from policy.rules.clauses import failing
from policy.rules.table import RuleTable, Section, pattern_set
from policy.rules.trace import Trace
from tests.rules.asking import asked, decides, rules, table, walked, way
from tests.rules.drawing import RULES, questions

if TYPE_CHECKING:
    from policy.rules.model import Rule
    from policy.rules.question import Question


@given(RULES, questions())
def test_rules_that_the_index_skips_never_match(written: list[Rule], question: Question) -> None:
    """Of each of them a condition fails that costs nothing, before any that may lack a fact."""
    section = Section(written)
    skipped = set(range(len(written))) - set(section.candidates(question))

    for position in skipped:
        assert failing(written[position].clauses, question) is not None


@given(RULES, questions())
def test_a_trace_changes_nothing(written: list[Rule], question: Question) -> None:
    """Whoever explains comes to the same end on the same way."""
    indexed = RuleTable(written)

    walk, name = way(indexed, question)
    told, traced = way(indexed, question, trace=Trace())

    assert name == traced
    assert (walk.overrides, walk.shadows, walk.faults) == (
        told.overrides,
        told.shadows,
        told.faults,
    )
    assert (walk.question.alias, walk.question.facts) == (told.question.alias, told.question.facts)


@given(RULES, questions())
def test_a_table_can_be_made_in_another_process(written: list[Rule], question: Question) -> None:
    """Rules of every kind are pickled, equal what they were, and decide alike."""
    sent = pickle.loads(pickle.dumps(written))  # noqa: S301  our own

    assert [each.clauses for each in sent] == [each.clauses for each in written]
    assert way(RuleTable(sent), question)[1] == way(RuleTable(written), question)[1]


def test_the_order_counts_and_not_the_kind_of_condition() -> None:
    """A regular expression before an exact alias wins, and the other way round."""
    regex = "{name: regex, when: {alias: {regex: 'ward.*'}}, then: continue}"
    exact = "{name: exact, when: {alias: {exact: ward7}}, then: continue}"
    subnet = "{name: subnet, when: {subnet: 10.0.0.0/8}, then: continue}"
    always = "{name: always, then: continue}"

    got = [
        decides(table(*written), asked("ward7", remote_address="10.1.1.1"))
        for written in (
            [regex, exact, always],
            [exact, regex, always],
            [subnet, exact],
            [always, subnet],
        )
    ]

    assert got == ["regex", "exact", "subnet", "always"]


def test_an_empty_table_has_nothing_to_say() -> None:
    """Without rules there is no match."""
    assert RuleTable().size == 0
    assert decides(RuleTable(), asked()) == ""


def test_a_pattern_that_explodes_elsewhere_returns() -> None:
    """The time for a pattern grows with the text and not beyond it."""
    name = "{name: a, when: {remote_display_name: {regex: '(a+)+$'}}, then: continue}"

    assert decides(table(name), asked(remote_display_name="a" * 10_000 + "!")) == ""
    assert decides(table(name), asked(remote_display_name="a" * 10_000)) == "a"


def test_thousands_of_patterns_are_one_set() -> None:
    """A large rule set finds the last of its patterns too, and rules of one pattern all."""
    written = [
        f"{{name: r{n}, when: {{alias: {{regex: 'room-{n % 2_999}-[a-z]+@.*'}}}}, then: continue}}"
        for n in range(3_000)
    ]

    assert decides(table(*written), asked("room-2998-east@example.org")) == "r2998"
    assert decides(table(*written[1:]), asked("room-0-east@example.org")) == "r2999"


def test_a_large_list_is_no_entry_of_the_index_each() -> None:
    """A rule with a list of 100,000 aliases finds each of them."""
    lists = {"all.txt": "\n".join(f"a{n}@example.org" for n in range(100_000))}
    rule = "{name: listed, when: {alias: {list: all.txt}}, then: continue}"
    large = table(rule, lists=lists)

    got = [decides(large, asked(f"a{n}@example.org")) for n in (0, 99_999, 100_000)]

    assert got == ["listed", "listed", ""]


def test_the_first_rule_of_a_gateway_is_found_by_its_name() -> None:
    """The outgoing leg of a gateway call says only what its service is called."""
    service = "service_type: gateway, name: To, service_tag: '', local_alias: a, remote_alias: b"
    then = f"{{service: {{{service}, outgoing_protocol: sip}}}}"
    both = table(*(f"{{name: {name}, then: {then}}}" for name in "ab"))
    shadow = table(f"{{name: a, mode: shadow, then: {then}}}")

    found = both.gateway_named("To")

    assert found is not None
    assert found.name == "a"
    assert both.gateway_named("From") is None
    assert shadow.gateway_named("To") is None


def test_a_set_of_patterns_numbers_them() -> None:
    """All patterns that fit the whole text are told, without letter case."""
    together = pattern_set(["war", "ward[0-9]", ".*"])

    assert sorted(together.Match("WARD7") or ()) == [1, 2]


def test_rules_are_for_their_requests_alone() -> None:
    """A rule for participants says nothing of services."""
    written = rules("{name: a, for: participant, then: continue}")

    assert walked(RuleTable(written), asked()).next_rule() is None
