"""How the outcome of tests is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import pytest

from policy.casebook.coverage import coverage_of
from policy.casebook.differences import Unsaid
from policy.casebook.runner import run_cases
from policy.cli.case_reports import HIDDEN, Report, as_json, as_junit, as_text, shown
from policy.decide.grounds import Plan
from policy.rules.files import load_rule_set
from tests.casebook.books import PIN, book

if TYPE_CHECKING:
    from pathlib import Path

CASES = """directory: directory.rows
cases:
  - name: wants another PIN
    call: {local_alias: 721834@rooms.example.org, call_direction: dial_in}
    want: {result: {pin: "9999", view: five, theme: x}, without: [allow_guests]}
  - name: asks nobody
    call: {local_alias: b, call_direction: dial_in}
    want: {rule: b}
  - name: is as it should be & <well>
    call: {local_alias: a, call_direction: dial_in}
    want: {action: continue}
"""
RULES = """rules:
  - {name: a, when: {alias: {exact: a}}, then: continue}
  - {name: b, when: {alias: {exact: b}}, then: {forward: {to: old}}}
  - {name: c, when: {alias: {exact: c}}, then: continue}
"""


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Give what became of three cases, of which two fail."""
    (tmp_path / "10.yaml").write_text(RULES, encoding="utf-8")
    casebook = book(tmp_path, CASES)
    rule_set = load_rule_set(tmp_path)
    results = [(casebook, each) for each in run_cases(casebook, rule_set.table(), Plan())]
    return Report(results, coverage_of(rule_set.rules, (each for _, each in results)))


def test_people_read_what_differs(report: Report, tmp_path: Path) -> None:
    """Lines of what was wanted and what came; a PIN of another file is hidden."""
    lines = click.unstyle(as_text(report)).splitlines()

    assert lines == [
        f"FAIL {tmp_path}/a.test.yaml:3 wants another PIN",
        '  - result.pin: "9999"',
        f'  + result.pin: "{HIDDEN}"',
        '  - result.view: "five"',
        '  + result.view: "one_main_zero_pips"',
        '  - result.theme: "x"',
        "  + result.theme: nothing",
        f"FAIL {tmp_path}/a.test.yaml:6 asks nobody",
        (
            "  a rule asks the policy server 'old', for which the test has no answer: "
            "write answers: {old: failed}, or what it says"
        ),
        "3 cases in 1 file: 2 failed",
        "coverage: 2 of 3 rules have a case, 66 %",
        f"  {tmp_path}/10.yaml:4: rule 'c' has no case",
    ]


def test_programs_read_json(report: Report) -> None:
    """Each case with its place, what differs with the place of what is wanted."""
    document = json.loads(as_json(report))

    first, second, third = document["cases"]
    assert (document["passed"], document["failed"]) == (1, 2)
    assert first["differences"][1] == {
        "key": "result.view",
        "wanted": "five",
        "got": "one_main_zero_pips",
        "line": 5,
        "column": 40,
    }
    assert first["differences"][2]["got"] is None
    assert second["stopped"].startswith("a rule asks")
    assert third["passed"] is True
    assert [each["rule"] for each in document["coverage"]["without_case"]] == ["c"]


def test_ci_systems_read_junit(report: Report) -> None:
    """One suite for each file, one failure for each case that fails."""
    (suite,) = ET.fromstring(as_junit(report))  # noqa: S314  our own

    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert [each.get("name") for each in suite][2] == "is as it should be & <well>"
    failure = suite[0][0]
    assert failure.get("message") == '- result.pin: "9999"'


def test_no_form_tells_the_pin_of_another_file(report: Report) -> None:
    """The directory's PINs are nobody's business in the log of a CI."""
    assert all(PIN not in form(report) for form in (as_text, as_json, as_junit))


def test_what_stands_in_the_test_file_is_shown(report: Report) -> None:
    """Whoever reads the report has it before his eyes anyway."""
    casebook = report.results[0][0]

    assert shown({"pin": "9999", "x": [{"pin": PIN}]}, casebook) == {
        "pin": "9999",
        "x": [{"pin": HIDDEN}],
    }
    assert shown(Unsaid.ABSENT, casebook) is None
