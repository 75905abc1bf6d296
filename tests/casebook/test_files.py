"""The test files of a folder."""

from __future__ import annotations

import pickle
from functools import partial
from typing import TYPE_CHECKING

import pytest

from policy.casebook.files import casebook_files, check_folder, load_casebooks
from policy.decide.grounds import Plan
from policy.errors import DocumentError
from policy.rules.files import load_rule_set
from policy.rules.known import Dialling
from tests.casebook.books import PIN, written

if TYPE_CHECKING:
    from pathlib import Path

RULES = "rules: [{name: no-a, when: {alias: {user: a}}, then: {reject: 'not ${user}'}}]"
CASE = "{name: x, call: {local_alias: a@example.org, call_direction: dial_in}, want: {%s}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one rule."""
    (tmp_path / "10.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def test_tests_stand_beside_the_rules(folder: Path) -> None:
    """They are read in the order of their names, and those of folders below are not."""
    (folder / "below").mkdir()
    for name in ("b.test.yaml", "a.test.yaml", "below/c.test.yaml", "d.tests.yaml"):
        (folder / name).write_text("")

    assert [path.name for path in casebook_files(folder)] == ["a.test.yaml", "b.test.yaml"]


def test_rules_that_keep_their_word_have_no_problem(folder: Path) -> None:
    """Without tests there is nothing to say either."""
    rule_set = load_rule_set(folder)

    before = check_folder(folder, rule_set)
    written(folder, f"cases: [{CASE % 'rule: no-a'}]")

    assert (before, check_folder(folder, rule_set)) == ([], [])


def test_a_test_that_does_not_hold_is_a_problem(folder: Path) -> None:
    """It stands where the test file wants something, and says what differs."""
    path = written(folder, f"cases:\n  - {CASE % 'rule: no-b, action: reject'}")

    problems = check_folder(folder, load_rule_set(folder))

    assert [str(each) for each in problems] == [
        (
            f"{path}:2:89: case 'x': rule: wanted 'no-b', got 'no-a'; "
            "no rule in force has the name 'no-b', did you mean 'no-a'?"
        )
    ]


def test_a_wrong_test_file_is_a_problem(folder: Path) -> None:
    """Every file is looked at before any case is run."""
    written(folder, "cases: 5", "a.test.yaml")
    written(folder, "cases: 6", "b.test.yaml")

    problems = check_folder(folder, load_rule_set(folder))

    assert [each.source for each in problems] == [str(folder / f"{n}.test.yaml") for n in "ab"]


def test_a_log_gets_neither_pins_nor_names(folder: Path) -> None:
    """Problems of a reload are logged: secrets and what the caller said do not stand in them."""
    name = "Karin Holm"
    written(
        folder,
        f"""
directory: directory.rows
cases:
  - name: x
    call: {{local_alias: 721834@rooms.example.org, call_direction: dial_in}}
    want: {{result: {{pin: "9999", view: five}}}}
  - name: y
    call: {{local_alias: a@example.org, remote_display_name: {name}, call_direction: dial_in}}
    want: {{text: not {name}}}
""",
    )

    problems = [each.text for each in check_folder(folder, load_rule_set(folder))]

    assert problems == [
        "case 'x': result.pin: wanted '****', got '****'",
        "case 'x': result.view: wanted 'five', got 'one_main_zero_pips'",
        "case 'y': text: wanted 'not ****', got 'not a'",
    ]
    assert PIN not in "".join(problems)


def test_the_plan_of_the_settings_counts(folder: Path) -> None:
    """A folder is checked with the dialling plan of the server that is to use it."""
    (folder / "10.yaml").write_text(
        "rules: [{name: n, when: {alias: {exact: '1'}}, then: {room: 721834@rooms.example.org}}]"
    )
    written(
        folder,
        "directory: directory.rows\ncases: [{name: x, want: {reason: OK},"
        " call: {local_alias: '721834', call_direction: dial_in}}]",
    )
    rule_set = load_rule_set(folder)

    plan = Plan(Dialling("rooms.example.org"))

    assert check_folder(folder, rule_set, plan) == []
    assert [each.text for each in check_folder(folder, rule_set)] == [
        "case 'x': reason: wanted 'OK', got 'UNKNOWN_ALIAS'"
    ]


def test_another_process_can_do_it(folder: Path) -> None:
    """A reload sends what is to be checked to the process that builds the rules."""
    written = pickle.dumps(partial(check_folder, folder, plan=Plan()))

    check = pickle.loads(written)  # noqa: S301  our own

    assert check(load_rule_set(folder)) == []


def test_a_directory_is_read_once(folder: Path) -> None:
    """Files that name the same directory share its rows."""
    for name in ("a.test.yaml", "b.test.yaml"):
        written(folder, f"directory: ./directory.rows\ncases: [{CASE % 'rule: x'}]", name)

    first, second = load_casebooks(folder)

    assert first.cases[0].rows is second.cases[0].rows


def test_a_wrong_directory_is_told_once(folder: Path) -> None:
    """Its problems are those of its own file, however many tests name it."""
    for name in ("a.test.yaml", "b.test.yaml"):
        written(folder, f"directory: directory.rows\ncases: [{CASE % 'rule: x'}]", name)
    (folder / "directory.rows").write_text("rooms: [{organisation: r, aliases: [a]}]")

    with pytest.raises(DocumentError) as caught:
        load_casebooks(folder)

    (problem,) = caught.value.problems
    assert problem.source == str(folder / "directory.rows")
