"""What is wrong with settings, rules and seed, without starting anything."""

from __future__ import annotations

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
    assert done.stdout.startswith("rules: 5 in force, version ")
    assert "seed: 5 rooms, 3 bookings" in done.stdout
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
