"""What is wrong with settings, rules and seed, without starting anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import EXAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


def test_the_example_is_in_order(run: Run) -> None:
    """The example says how many rules and rows there are, and ends with code 0."""
    done = run("check", "--config", EXAMPLE / "vdx-policy.yaml")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.match("rules: [0-9]+ in [0-9]+ files, version [0-9a-f]{12}\n", done.stdout)
    assert re.search("seed: [0-9]+ rooms, 3 bookings", done.stdout)
    assert done.stdout.endswith("settings: ok\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server: {prot: 1}", ":1:10: unknown key 'prot', did you mean 'port'?"),
        ("server: {port: high}", ":1:16: port: "),
        ("server: {port: 70000}", ":1:16: port: "),
        ("server: {host: 0.0.0.0}", "server.host '0.0.0.0' is open to others"),
        ("server: [", "not valid YAML"),
        ("access: {credentials: [{username: u, password_hash: word}]}", "not a hash made by"),
        ("database: {url: mysql://u:an-odd-word@example.org}", ":1:17: "),
        ("cache: {owned_s: 0}", ":1:18: owned_s: "),
        ("server: {fallback: hang_up}", "fallback: 'hang_up' is not allowed"),
        ("\0", "not valid YAML"),
    ],
)
def test_wrong_settings_are_code_2(run: Run, tmp_path: Path, text: str, said: str) -> None:
    """One line with file, line and column; no trace, and no password."""
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")

    done = run("check", "--config", path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(str(path))
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "an-odd-word" not in done.stderr


def test_every_problem_is_told_at_once(run: Run, tmp_path: Path) -> None:
    """Whoever mends a file wants to see all of it, not one problem after the other."""
    path = tmp_path / "policy.yaml"
    path.write_text("server: {port: a}\ncache: {entries: 0}\nlog: {level: loud}\n")

    done = run("check", "--config", path)

    places = [line.removeprefix(f"{path}:").partition(":")[0] for line in done.stderr.splitlines()]
    assert (done.returncode, places) == (2, ["1", "2", "3"])


def test_wrong_rules_are_code_2(run: Run, rules: Path) -> None:
    """A rule that could never work is told with its place, before any call meets it."""
    wrong = rules / "10-wrong.yaml"
    wrong.write_text("rules: [{name: a, when: {alais: {exact: b}}, then: continue}]")
    (rules / "20-right.yaml").write_text("rules: []")

    done = run("check")

    assert (done.returncode, done.stdout) == (2, "")
    assert "10-wrong.yaml:1:" in done.stderr
    assert "did you mean 'alias'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_folder_of_rules_is_code_2(run: Run, tmp_path: Path) -> None:
    """A mistyped folder is no empty one."""
    done = run("check", rules_folder="ruels")

    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path / 'ruels'}: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("rules")
def test_a_wrong_seed_is_code_2(run: Run, tmp_path: Path) -> None:
    """The rows are held against the wire too, and a PIN is not repeated."""
    seed = tmp_path / "seed.yaml"
    seed.write_text("rooms: [{organisation: n, aliases: [a], pin: 94-82}]")

    done = run("check", database_seed=seed)

    assert done.returncode == 2
    assert f"{seed}:1:46: " in done.stderr
    assert "94-82" not in done.stderr


@pytest.mark.usefixtures("rules")
def test_a_seed_whose_picture_is_missing_is_code_2(run: Run, tmp_path: Path) -> None:
    """The server would not start with it either."""
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "organisations: [{code: n, name: N}]\n"
        "rooms: [{organisation: n, aliases: [a], picture: a.png}]"
    )

    done = run("check", database_seed=seed)

    assert done.returncode == 2
    assert f"{seed}:2:50: picture: {tmp_path}/a.png: no such file" in done.stderr


RULES = """rules:
  - {name: a, when: {alias: {exact: a}}, then: {room: ward7@example.org}}
  - {name: b, when: {alias: {exact: b}}, then: {room: ward8@example.org}}
  - name: c
    for: [service, participant, location]
    when: {alias: {exact: c}}
    then: {rewrite: ward9@example.org}
"""
ROWS = """organisations: [{code: n, name: N}]
domains: [{domain: example.org, organisation: n}]
rooms: [{organisation: n, aliases: [ward7@example.org]}]
"""


def test_a_folder_is_checked_by_itself(run: Run, tmp_path: Path) -> None:
    """Rules and their tests, without settings, and every file although one is wrong."""
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "10.yaml").write_text(RULES)
    right = run("check", folder)
    (folder / "20.yaml").write_text("rules: [{name: x, then: {rejct: y}}]")
    (folder / "30.yaml").write_text("rules: [{name: x, the: continue}]")
    (folder / "a.test.yaml").write_text("cases: [{nam: a}]")
    wrong = run("check", folder)

    assert right.stdout.startswith("rules: 3 in 1 file, version ")
    assert (right.returncode, right.stderr, wrong.returncode) == (0, "", 2)
    for name in ("20.yaml:1:", "30.yaml:1:", "a.test.yaml:1:"):
        assert f"{folder}/{name}" in wrong.stderr


def test_the_tests_of_a_folder_must_hold(run: Run, rules: Path) -> None:
    """A rule that does not do what its case says keeps the folder from being put in force."""
    (rules / "10.yaml").write_text("rules: [{name: a, then: {reject: no}}]")
    case = "{name: one, call: {local_alias: a}, want: {action: continue}}"
    (rules / "10.test.yaml").write_text(f"cases: [{case}]")

    done = run("check")

    assert done.returncode == 2
    assert f"{rules.name}/10.test.yaml:1:" in done.stderr


def test_one_file_is_checked_alone(run: Run, tmp_path: Path) -> None:
    """With the lists that stand beside it, but not with its neighbours."""
    (tmp_path / "one.yaml").write_text("rules: [{name: x, then: {forward: {to: old}}}]")
    (tmp_path / "other.yaml").write_text("rules: [{name: x, then: {rejct: y}}]")

    assert run("check", tmp_path / "one.yaml").returncode == 0
    assert run("check", tmp_path / "other.yaml").returncode == 2
    tests = tmp_path / "one.test.yaml"
    tests.write_text("cases: []")
    assert "check its folder" in run("check", tests).stderr


def test_rooms_that_nobody_has_are_found(run: Run, tmp_path: Path, rules: Path) -> None:
    """A fixed room must be in the directory that is given; other rules may answer a rewriting."""
    (rules / "10.yaml").write_text(RULES)
    rows = tmp_path / "rows.yaml"
    rows.write_text(ROWS)

    given = run("check", "--directory", rows)
    seeded = run("check", database_seed=rows)

    problem = "10.yaml:3:55: room: nobody owns 'ward8@example.org' in the directory"
    warning = "10.yaml:7:21: warning: rewrite: nobody owns 'ward9@example.org' in the directory"
    assert given.returncode == 2
    assert [each.rpartition("rules/")[2] for each in given.stderr.splitlines()] == [
        problem,
        warning,
    ]
    assert seeded.returncode == 0
    assert seeded.stderr.count(": warning: ") == 2
    assert run("check", "--directory", rows, "--database").returncode == 2


def test_warnings_fail_a_strict_check(run: Run, rules: Path) -> None:
    """A rule that is never reached does no harm, but is no work of a careful person."""
    (rules / "10.yaml").write_text("rules: [{name: a, then: continue}, {name: b, then: not_found}]")

    usual, strict = run("check"), run("check", "--strict")

    assert (usual.returncode, strict.returncode) == (0, 2)
    assert "warning: rule 'b': is never reached" in usual.stderr
    assert "rules: 2 in 1 file" in usual.stdout


@pytest.mark.parametrize(
    ("form", "begin"),
    [("json", '[\n  {\n    "level": "error",'), ("github", "::error file=")],
)
def test_programs_are_told_on_standard_output(run: Run, rules: Path, form: str, begin: str) -> None:
    """The exit code is the same in every form."""
    (rules / "10.yaml").write_text("rules: [{name: a, then: {rejct: b}}]")

    done = run("check", "--format", form)

    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith(begin)


def test_wrong_settings_are_told_in_every_form(run: Run, tmp_path: Path) -> None:
    """Also by a check that a machine reads."""
    path = tmp_path / "policy.yaml"
    path.write_text("server: {port: a}\n")

    done = run("check", "--config", path, "--format", "github")

    assert done.returncode == 2
    assert done.stdout.startswith(f"::error file={path},line=1,col=16::port: ")
