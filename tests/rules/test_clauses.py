"""Clauses: which surely hold wherever others do, and what a person is told."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policy.errors import OutcomeError
from policy.rules.clauses import AnyGroup, all_cover, failing, may_fail, parts_of
from policy.rules.known import NeedsEntry
from tests.rules.asking import asked, clauses, learn, rows
from tests.rules.drawing import WHENS, compiled, questions

if TYPE_CHECKING:
    from policy.rules.clauses import Clause
    from policy.rules.question import Question


def _clauses(when: object) -> tuple[Clause, ...]:
    (rule,) = compiled([{"when": when, "then": "continue"}])
    return rule.clauses


def _holds(clause: Clause, question: Question) -> bool:
    while True:
        try:
            return clause.holds(question)
        except NeedsEntry as needs:
            learn(question, needs.key, rows())


@given(WHENS.map(_clauses), WHENS.map(_clauses), st.lists(questions(), min_size=1, max_size=5))
def test_what_covers_holds_wherever_the_other_does(
    ones: tuple[Clause, ...], others: tuple[Clause, ...], asked_for: list[Question]
) -> None:
    """`covers` is never wrong: on it rests which rules are called dead."""
    pairs = [(one, other) for one in ones for other in others if one.covers(other)]
    assume(pairs)

    for question in asked_for:
        question.facts = {"a": "1"}
        for one, other in pairs:
            try:
                is_other = _holds(other, question)
            except OutcomeError:
                continue
            assert not is_other or _holds(one, question), (one, other)


@given(WHENS.map(_clauses), questions())
def test_a_person_is_told_what_was_wanted_and_what_came(
    written: tuple[Clause, ...], question: Question
) -> None:
    """Whatever fails has something to say for itself, and a copy says the same."""
    copies = pickle.loads(pickle.dumps(written))  # noqa: S301  our own
    for clause, copy in zip(written, copies, strict=True):
        assert clause.covers(copy)
        try:
            is_held = _holds(clause, question)
        except OutcomeError:
            assert may_fail(clause)
            continue
        assert clause.wanted()
        assert copy.wanted() == clause.wanted()
        if not is_held:  # nobody asks of one that holds
            assert clause.got(question)
            assert copy.got(question) == clause.got(question)


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        ("{protocol: [sip, h323]}", "{protocol: sip}", True),
        ("{protocol: sip}", "{protocol: [sip, h323]}", False),
        (
            "{alias: {domain: example.org}}",
            "{alias: {exact: [a@example.org, b@example.org]}}",
            True,
        ),
        ("{alias: {domain: ward7}}", "{alias: {exact: ward7}}", False),
        ("{remote_alias: {domain: a.org}}", "{remote_alias: {exact: x@a.org}}", True),
        ("{alias: {domain: a.org}}", "{remote_alias: {exact: x@a.org}}", False),
        ("{alias: {regex: 'ward.*'}}", "{alias: {exact: [ward7, ward8@a.org]}}", True),
        ("{alias: {regex: 'ward.*'}}", "{alias: {regex: 'ward.*'}}", True),
        ("{vendor: {regex: '.*'}}", "{vendor: ''}", False),
        ("{vendor: {prefix: [a, b]}}", "{vendor: {prefix: a}}", True),
        ("{vendor: {prefix: a}}", "{vendor: [abc, ab]}", True),
        ("{tag: {suffix: c}}", "{tag: [abc, c]}", True),
        ("{tag: [a, b]}", "{tag: a}", True),
        ("{subnet: 10.0.0.0/8}", "{subnet: [10.1.0.0/16, 10.2.3.4]}", True),
        ("{subnet: 10.1.0.0/16}", "{subnet: 10.0.0.0/8}", False),
        ("{subnet: 0.0.0.0/0}", "{subnet: '::1'}", False),
        ("{bandwidth: {at_least: 5}}", "{bandwidth: {at_least: 6, at_most: 9}}", True),
        ("{bandwidth: {at_most: 8}}", "{bandwidth: {at_least: 6, at_most: 9}}", False),
        ("{share: {percent: 20%, name: a}}", "{share: {percent: 10%, name: a}}", True),
        ("{share: {percent: 20%, name: a}}", "{share: {percent: 10%, name: b}}", False),
        ("{share: 20%}", "{share: 20%}", True),
        ("{time: {days: mon-fri}}", "{time: {days: tue, from: 08:00}}", True),
        ("{time: [{days: mon}, {days: tue}]}", "{time: {days: tue}}", True),
        ("{any: [{protocol: sip}, {vendor: a}]}", "{protocol: sip}", True),
        ("{protocol: [sip, h323]}", "{any: [{protocol: sip, vendor: a}, {protocol: h323}]}", True),
        ("{any: [{protocol: sip}, {vendor: a}]}", "{any: [{vendor: a, location: b}]}", True),
        ("{any: [{expr: '1/0 == 1'}, {protocol: sip}]}", "{protocol: sip}", False),
        ("{not: {protocol: sip}}", "{not: {protocol: sip}}", True),
        ("{not: {protocol: sip}}", "{protocol: h323}", False),
        ("{expr: call_info.vendor == 'a'}", "{expr: call_info.vendor == 'a'}", True),
        ("{}", "{direction: dial_in}", True),
        ("{}", "{direction: [dial_in, non_dial]}", False),
    ],
)
def test_what_is_wider_covers(
    one: str,
    other: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """The usual ways in which one rule hides another are seen."""
    narrow = clauses(other)
    assert all_cover(clauses(one), narrow) is want


def test_a_list_covers_itself_at_once() -> None:
    """Rules share the entries of a list."""
    lists = {"a.txt": "\n".join(f"a{n}" for n in range(100_000))}
    (_, one) = clauses("{alias: {list: a.txt}}", lists=lists)

    assert one.covers(one)
    assert one.wanted() == "one of 100000 in a.txt"


def test_a_share_is_stable_and_near_its_part() -> None:
    """A tenth of 10,000 callers is drawn, the same each time, and others for another name."""
    (_, tenth) = clauses("{share: 10%}")
    (_, other) = clauses("{share: {percent: 10%, name: other}}")
    (_, all_of_them) = clauses("{share: 100%}")
    callers = [asked(remote_alias=f"{n}@example.org") for n in range(10_000)]

    drawn = {n for n, caller in enumerate(callers) if tenth.holds(caller)}

    assert {n for n, caller in enumerate(callers) if tenth.holds(caller)} == drawn
    assert 900 < len(drawn) < 1_100
    assert len(drawn & {n for n, caller in enumerate(callers) if other.holds(caller)}) < 200
    assert all(all_of_them.holds(caller) for caller in callers)


def test_a_caller_without_an_alias_is_drawn_by_its_address() -> None:
    """A caller who says no name is still the same caller."""
    (_, half) = clauses("{share: 50%}")

    got = [half.holds(asked(remote_address=f"10.0.0.{n}")) for n in range(256)]

    assert 90 < sum(got) < 166


def test_the_first_clause_that_fails_is_told() -> None:
    """What comes behind it is not looked at."""
    written = clauses("{protocol: sip, location: Aarhus, vendor: a}")

    clause = failing(written, asked(protocol="sip", location="Odense"))

    assert clause is not None
    assert (clause.key, clause.wanted()) == ("location", "aarhus")
    assert clause.got(asked(location="Odense")) == "odense"
    assert failing((), asked()) is None


@pytest.mark.parametrize(
    ("when", "wanted", "got"),
    [
        ("{vendor: {prefix: [a, b]}}", "prefix a or b", "nothing"),
        ("{bandwidth: {at_least: 5}}", "at least 5", "nothing"),
        ("{version_id: {at_least: '35', at_most: '36.1'}}", "at least 35 at most 36.1", "nothing"),
        ("{subnet: [10.0.0.0/8, 192.0.2.1]}", "10.0.0.0/8 or 192.0.2.1/32", "nothing"),
        ("{share: 0.5%}", "below 0.5 % of r", "43.41 %"),
        ("{not: {protocol: sip}}", "not (protocol: sip)", "protocol: nothing"),
        (
            "{any: [{protocol: sip}, {vendor: a, location: b}]}",
            "protocol: sip or location: b and vendor: a",
            "protocol: nothing and location: nothing",
        ),
        ("{time: {days: sat}}", "sat Europe/Copenhagen", "mon 2026-05-04 12:00 Europe/Copenhagen"),
        ("{expr: call_info.vendor == 'a'}", "call_info.vendor == 'a'", "false"),
        ("{device: cisco}", "cisco", "unknown"),
        ("{registered: true}", "true", "false"),
        ("{alias: {regex: 'x.*'}}", "regex x.*", "ward7@example.org"),
        ("{direction: non_dial}", "non_dial", "dial_in"),
        ("{third_party_passcode: a}", "a", "nothing"),
    ],
)
def test_a_clause_says_what_it_wanted_and_what_it_got(when: str, wanted: str, got: str) -> None:
    """Whoever explains a decision shows both."""
    clause = clauses(when)[-1]

    assert (clause.wanted(), clause.got(asked())) == (wanted, got)


def test_a_passcode_is_shown_to_nobody() -> None:
    """What opens a meeting is for comparing only."""
    clause = clauses("{third_party_passcode: {regex: '9.*'}}")[-1]

    assert clause.got(asked(third_party_passcode="48213")) == "a secret value"


def test_all_parts_of_a_clause_are_given() -> None:
    """Groups may stand in groups."""
    (_, group) = clauses("{any: [{protocol: sip}, {not: {expr: 'true', vendor: a}}]}")

    assert isinstance(group, AnyGroup)
    assert [each.key for each in parts_of(group)] == ["any", "protocol", "not", "vendor", "expr"]
    assert may_fail(group)
