"""Cases run through the code that answers nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.casebook.differences import Unsaid
from policy.casebook.runner import as_words, problems_of, run_cases
from policy.decide.grounds import Plan
from policy.rules.files import load_rule_set
from tests.casebook.books import book, one, told

if TYPE_CHECKING:
    from pathlib import Path

ROOM = "call: {local_alias: 721834@rooms.example.org, call_direction: dial_in}"
FORWARD = (
    "[{name: old-rooms, when: {alias: {domain: rooms.example.org}}, then: {forward: {to: old}}}]"
)


def test_a_case_that_holds(tmp_path: Path) -> None:
    """Rule, directory and clock lead to the answer that a node would get."""
    result = one(tmp_path, f"{ROOM}, want: {{reason: OK, result: {{view: one_main_zero_pips}}}}")

    assert (result.is_passed, result.matched) == (True, frozenset())


def test_a_difference_stands_where_it_is_wanted(tmp_path: Path) -> None:
    """An editor jumps to the line that is to be changed."""
    result = one(tmp_path, f"{ROOM}, want: {{result: {{view: five}}}}")

    (difference,) = result.differences
    assert not result.is_passed
    assert (difference.place.line, difference.place.column) == (3, 109)
    assert told(result) == [("result.view", "five", "one_main_zero_pips")]


def test_the_clock_is_the_cases_own(tmp_path: Path) -> None:
    """A rule for office hours is tried out in the evening, whatever the time is."""
    rules = (
        "[{name: late, when: {time: {zone: Europe/Copenhagen, from: '18:00', to: '23:00'}}, "
        "then: {reject: closed}}]"
    )
    evening = one(tmp_path, f"{ROOM}, at: 2026-05-04T19:00:00+02:00, want: {{rule: late}}", rules)
    noon = one(tmp_path, f"{ROOM}, at: 2026-05-04T12:00:00+02:00, want: {{rule: ''}}", rules)

    assert (told(evening), told(noon)) == ([], [])


def test_rules_that_change_and_shadow_rules_match_too(tmp_path: Path) -> None:
    """Coverage counts what a case has made speak, not only what has decided."""
    rules = """[
      {name: tells, then: {set: {a: b}}},
      {name: tries, mode: shadow, then: {reject: x}},
      {name: other, when: {protocol: sip}, then: continue},
      {name: decides, when: {fact: {a: b}}, then: continue}]"""

    result = one(tmp_path, f"{ROOM}, want: {{rule: decides, shadows: [tries]}}", rules)

    assert told(result) == []
    assert result.matched == {"tells", "tries", "decides"}


@pytest.mark.parametrize(
    ("answers", "want"),
    [
        ("{old: failed}", "{reason: FORWARD_FAILED, action: reject}"),
        ("{old: not_found}", "{reason: FORWARDED, action: not_found}"),
        ("{old: reject}", "{reason: FORWARDED, action: reject}"),
        (
            "{old: {result: {service_type: conference, name: A, service_tag: t}}}",
            "{action: continue, result: {name: A}}",
        ),
    ],
)
def test_a_test_answers_for_other_policy_servers(tmp_path: Path, answers: str, want: str) -> None:
    """Nothing is asked over the network; the case says what would come."""
    rules = FORWARD.replace("to: old", "to: old, on_failure: reject")

    result = one(tmp_path, f"{ROOM}, answers: {answers}, want: {want}", rules)

    assert (told(result), result.stopped) == ([], "")


def test_a_case_without_the_answer_that_a_rule_needs_fails(tmp_path: Path) -> None:
    """It says what to write, and where the case is."""
    result = one(tmp_path, f"{ROOM}, want: {{rule: old-rooms}}", FORWARD)

    (problem,) = problems_of(result)
    assert not result.is_passed
    assert problem.line == 3
    assert problem.text == (
        "case 'x': a rule asks the policy server 'old', for which the test has no answer: "
        "write answers: {old: failed}, or what it says"
    )


def test_an_answer_for_all_cases_must_fit_the_one_that_asks(tmp_path: Path) -> None:
    """What no node would hear of another server is no answer in a test either."""
    (tmp_path / "10.yaml").write_text(
        "rules: [{name: a, for: location, then: {forward: {to: old}}}]"
    )
    casebook = book(
        tmp_path,
        "answers: {old: {result: {place: Aarhus}}}\n"
        "cases: [{name: x, request: location, call: {local_alias: a}, want: {rule: a}}]",
    )

    (result,) = run_cases(casebook, load_rule_set(tmp_path).table(), Plan())

    assert result.stopped.startswith("answers: 'old': result.location: ")


def test_a_rule_that_cannot_be_carried_out_is_told(tmp_path: Path) -> None:
    """Whoever wonders why the next rule has decided finds the reason."""
    rules = "[{name: a, then: {room: '${remote_user}'}}]"

    result = one(tmp_path, f"{ROOM}, want: {{rule: a}}", rules)

    assert told(result) == [("rule", "a", "")]
    assert [rule for rule, _ in result.faults] == ["a"]


def test_pictures_are_named_by_their_files(tmp_path: Path) -> None:
    """A device is shown with its picture, drawn as large as asked for."""
    asked = "request: avatar, alias: ward7@rooms.example.org, call: {width: 48, height: 64}"

    shown = one(tmp_path, f"{asked}, want: {{action: continue, image: {{file: ward7.png}}}}")
    other = one(tmp_path, f"{asked}, want: {{image: {{initials: KH, height: 65}}}}")

    assert told(shown) == []
    assert told(other) == [("image.initials", "KH", Unsaid.ABSENT), ("image.height", 65, 64)]


def test_initials_are_named_by_their_letters(tmp_path: Path) -> None:
    """Of the name nothing else is drawn."""
    asked = (
        "request: avatar, alias: nobody@rooms.example.org, "
        "call: {width: 48, height: 48, remote_display_name: Karin Holm}"
    )

    result = one(tmp_path, f"{asked}, want: {{image: {{initials: KH}}}}", plan=Plan(initials=True))

    assert told(result) == []


def test_a_phone_book_is_not_searched(tmp_path: Path) -> None:
    """Who may look around can be tested; what is found cannot."""
    asked = "request: phonebook, call: {q: ward, registration_alias: ward7@rooms.example.org}"
    plan = Plan(ignore_local=True)

    may = one(tmp_path, f"{asked}, want: {{reason: OK, ignore_local: true}}", plan=plan)
    found = one(tmp_path, f"{asked}, want: {{result: []}}", plan=plan)

    assert told(may) == []
    assert told(found) == [("result", [], Unsaid.SEARCHED)]


def test_without_notes_a_case_comes_to_the_same(tmp_path: Path) -> None:
    """What a reload runs is what `vdx-policy test` shows, shadow rules included."""
    (tmp_path / "10.yaml").write_text("rules: [{name: s, mode: shadow, then: {reject: x}}]")
    casebook = book(
        tmp_path,
        f"cases:\n- {{name: x, {ROOM}, want: {{shadows: [s]}}}}\n"
        f"- {{name: y, {ROOM}, want: {{action: reject}}}}",
    )
    table = load_rule_set(tmp_path).table()

    noted = list(run_cases(casebook, table, Plan()))
    quick = list(run_cases(casebook, table, Plan(), noting_matches=False))

    assert [each.is_passed for each in noted] == [True, False]
    assert [each.differences for each in noted] == [each.differences for each in quick]


def test_a_gateway_has_the_same_name_in_each_run(tmp_path: Path) -> None:
    """What makes the name unique for each call is not drawn by lot here."""
    rules = """[{name: g, then: {service: {service_type: gateway, name: Teams, service_tag: t,
      local_alias: a, remote_alias: 'sip:b@example.com', outgoing_protocol: sip}}}]"""

    exact = one(tmp_path, f"{ROOM}, want: {{result: {{name: 'Teams:*'}}}}", rules)
    wrong = [told(one(tmp_path, f"{ROOM}, want: {{result: {{name: x}}}}", rules)) for _ in "ab"]

    assert told(exact) == []
    assert wrong[0] == wrong[1] != []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", "'a'"),
        (None, "null"),
        (["a"], '["a"]'),
        (Unsaid.ABSENT, "nothing"),
        ("a" * 300, f"'{'a' * 199}…"),
    ],
)
def test_a_value_is_told_on_one_line(value: object, words: str) -> None:
    """A log line of a whole service would be read by nobody."""
    assert as_words(value) == words
