"""`vdx-policy test`: the cases beside the rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import EXAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

RULES = """rules:
  - {name: no-a, when: {alias: {user: a}}, then: {reject: no}}
  - {name: no-b, when: {alias: {user: b}}, then: {reject: no}}
"""
GOOD = (
    "  - {name: a is refused, call: {local_alias: a, call_direction: dial_in}, want: {rule: no-a}}"
)
BAD = "  - {name: a is let in, call: {local_alias: a, call_direction: dial_in}, want: {rule: no-c}}"


def _write(folder: Path, *cases: str) -> None:
    (folder / "10.yaml").write_text(RULES, encoding="utf-8")
    (folder / "10.test.yaml").write_text("\n".join(["cases:", *cases]), encoding="utf-8")


def test_the_example_has_a_case_for_each_rule(run: Run) -> None:
    """Whoever begins with the example begins with tests."""
    done = run("test", EXAMPLE / "rules", "--require-coverage", "100")

    assert (done.returncode, done.stderr) == (0, "")
    cases, coverage = done.stdout.splitlines()
    assert cases.endswith("files: all passed")
    assert coverage.endswith("rules have a case, 100 %")


def test_the_folder_of_the_settings_is_the_usual_one(run: Run) -> None:
    """The same settings file leads the server and the tests."""
    done = run("test", "--config", EXAMPLE / "vdx-policy.yaml")

    assert done.returncode == 0
    assert done.stdout == run("test", EXAMPLE / "rules").stdout


def test_a_failing_case_is_code_1(run: Run, rules: Path) -> None:
    """What was wanted and what came, one below the other; rules without a case at the end."""
    _write(rules, GOOD, BAD)

    done = run("test")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "FAIL rules/10.test.yaml:3 a is let in\n"
        '  - rule: "no-c"\n'
        '  + rule: "no-a"\n'
        "    no rule in force has the name 'no-c', did you mean 'no-b'?\n"
        "2 cases in 1 file: 1 failed\n"
        "coverage: 1 of 2 rules have a case, 50 %\n"
        "  rules/10.yaml:3: rule 'no-b' has no case\n"
    )


def test_too_little_coverage_is_code_1(run: Run, rules: Path) -> None:
    """A CI can insist on a case for each rule."""
    _write(rules, GOOD)

    assert run("test", "--require-coverage", "50").returncode == 0
    assert run("test", "--require-coverage", "51").returncode == 1


def test_wrong_files_are_code_2(run: Run, rules: Path) -> None:
    """A test file that cannot be read is told as a rule file is, and nothing is run."""
    _write(rules, GOOD, "  - {name: b}")

    done = run("test")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "rules/10.test.yaml:3:5: key 'want' is missing\n"


def test_no_tests_are_no_failure(run: Run, rules: Path) -> None:
    """Who has none is told how to begin; a wanted coverage is missed all the same."""
    _write(rules)
    (rules / "10.test.yaml").unlink()

    done = run("test")
    missed = run("test", "--require-coverage", "1")

    assert done.returncode == 0
    assert done.stdout.startswith("coverage: 0 of 2 rules have a case, 0 %\n")
    assert done.stderr.startswith("no *.test.yaml file in rules: write one with cases: ")
    assert missed.returncode == 1


def test_some_cases_can_be_run_alone(run: Run, rules: Path) -> None:
    """By a part of their names or of their file's; coverage would say nothing then."""
    _write(rules, GOOD, BAD)

    by_name = run("test", "-k", "REFUSED")
    by_file = run("test", "-k", "10.test")
    none = run("test", "-k", "zzz")
    unfit = run("test", "-k", "a", "--require-coverage", "1")

    assert (by_name.returncode, by_name.stdout) == (0, "1 case in 1 file: all passed\n")
    assert "2 cases in 1 file: 1 failed" in by_file.stdout
    assert (none.returncode, none.stdout) == (0, "")
    assert none.stderr == "no case in rules has 'zzz' in its name or file\n"
    assert unfit.returncode == 2


def test_the_plan_of_the_settings_counts(run: Run, rules: Path) -> None:
    """What a bare alias means is said by the settings, unless the test file says it."""
    (rules / "10.yaml").write_text("rules: []")
    (rules / "10.test.yaml").write_text("""
directory:
  organisations: [{code: r, name: R}]
  domains: [{domain: example.org, organisation: r}]
  rooms: [{organisation: r, aliases: [a@example.org]}]
cases: [{name: x, call: {local_alias: a, call_direction: dial_in}, want: {reason: OK}}]
""")

    assert run("test").returncode == 1
    assert run("test", dialling_default_domain="example.org").returncode == 0


def test_programs_get_json(run: Run, rules: Path) -> None:
    """Everything that people are told, as one document."""
    _write(rules, BAD)

    done = run("test", "--format", "json")

    document = json.loads(done.stdout)
    assert (done.returncode, document["failed"], document["coverage"]["percent"]) == (1, 1, 50)


@pytest.mark.usefixtures("rules")
def test_a_folder_that_is_not_there_is_code_2(run: Run) -> None:
    """A mistyped folder is no empty one."""
    done = run("test", "ruels")

    assert (done.returncode, done.stdout) == (2, "")
    assert "'ruels' does not exist" in done.stderr


def test_one_file_is_run_by_its_path(run: Run, rules: Path) -> None:
    """With the rules beside it, and without a word on coverage."""
    _write(rules, GOOD)
    (rules / "20.test.yaml").write_text(f"cases:\n{BAD}\n", encoding="utf-8")

    done = run("test", rules / "10.test.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 case in 1 file: all passed\n"
