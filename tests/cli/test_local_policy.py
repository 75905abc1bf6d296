"""Scripts of local policy, in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from policy.rules.files import load_rule_set
from tests.fakes.local_policy import run_locally
from tests.fakes.local_scripts import CALLS, SERVICE_SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run

SCRIPT = SERVICE_SCRIPTS["subnets"]
DIRECTORY = {
    "organisations": [{"code": "elmby", "name": "Elmby", "state": "active"}],
    "domains": [{"domain": "example.org", "organisation": "elmby"}],
    "rooms": [
        {
            "aliases": ["ward7@example.org"],
            "organisation": "elmby",
            "state": "active",
            "type": "conference",
            "service_name": "Ward 7",
        },
        {
            "aliases": ["secret@example.org"],
            "organisation": "elmby",
            "state": "active",
            "type": "conference",
            "service_name": "Secret",
            "pin": "482193",
        },
    ],
}


def _write(path: Path, *rules: object) -> None:
    path.write_text(json.dumps({"rules": rules}), encoding="utf-8")


def test_a_script_becomes_a_rule_file(run: Run, tmp_path: Path, rules: Path) -> None:
    """Named after its file, and fit to be read by the server."""
    (tmp_path / "old.j2").write_text(SCRIPT, encoding="utf-8")

    done = run("import-local-policy", "old.j2", "-o", rules / "10-old.yaml")

    assert (done.returncode, done.stdout) == (0, "")
    assert "taken for a script of service requests" in done.stderr
    assert [rule.name for rule in load_rule_set(rules).rules] == ["old"]


def test_a_script_is_read_from_a_pipe(run: Run) -> None:
    """And its rule file written to one."""
    done = run("import-local-policy", "-", "--name", "mine", "--type", "service", typed=SCRIPT)

    assert done.returncode == 0
    assert '- name: "mine"' in done.stdout
    assert "Imported from stdin" in done.stdout


def test_a_wrong_script_is_told_with_its_places(run: Run, tmp_path: Path) -> None:
    """All problems, in the form of editors."""
    (tmp_path / "old.j2").write_text("{{ call_info.vendor|pex_hash }}\n{{ x }}", encoding="utf-8")
    (tmp_path / "latin.j2").write_bytes(b"\xe6")

    done = run("import-local-policy", "old.j2")
    latin = run("import-local-policy", "latin.j2")

    assert (done.returncode, done.stdout) == (2, "")
    assert [line[:11] for line in done.stderr.splitlines()] == ["old.j2:1:21", "old.j2:2:4:"]
    assert (latin.returncode, latin.stderr) == (2, "latin.j2: is not UTF-8 text\n")


def test_rules_become_a_script(run: Run, tmp_path: Path, rules: Path) -> None:
    """What does not fit is told on stderr, with its place."""
    _write(
        rules / "a.yaml",
        {"name": "tags", "when": {"tag": "x", "protocol": "h323"}, "then": {"reject": "x"}},
        {"name": "all", "then": {"reject": "x"}},
    )

    done = run("export-local-policy", "-o", tmp_path / "out.j2")

    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "rules/a.yaml:1: rule 'tags' is left out: tag is for the server alone",
        "service: 1 rules written, 1 left out",
    ]
    script = (tmp_path / "out.j2").read_text(encoding="utf-8")
    assert run_locally(script, CALLS[0]) == {"action": "reject", "result": {}}


def test_rooms_are_written_without_their_pins(run: Run, tmp_path: Path, rules: Path) -> None:
    """A room with a PIN is not there at all, unless it is asked for."""
    _write(rules / "a.yaml")
    (tmp_path / "directory.yaml").write_text(json.dumps(DIRECTORY), encoding="utf-8")
    call = {**CALLS[0], "local_alias": "secret@example.org"}
    options = ("export-local-policy", rules, "--rooms", "--directory", "directory.yaml")

    without, with_pins = run(*options), run(*options, "--with-pins")

    assert "482193" not in without.stdout
    assert run_locally(without.stdout, call) == {"action": "continue", "result": {}}
    ward = run_locally(without.stdout, CALLS[0])
    assert ward is not None
    assert "Ward 7" in str(ward["result"])
    assert "482193" in str(run_locally(with_pins.stdout, call))


def test_a_script_that_is_too_long_is_refused(run: Run, rules: Path) -> None:
    """By how much, and because of which rules."""
    names = [f"{'x' * 150}{number}@example.org" for number in range(450)]
    _write(
        rules / "a.yaml",
        {"name": "long", "when": {"alias": {"exact": names}}, "then": {"reject": "x"}},
    )

    done = run("export-local-policy")

    assert (done.returncode, done.stdout) == (2, "")
    assert "characters longer than the 49152 that a node takes" in done.stderr
    assert "the largest rules: long (" in done.stderr


def test_options_that_miss_each_other_are_told(run: Run, rules: Path) -> None:
    """And a file that cannot be written."""
    _write(rules / "a.yaml")

    assert "--rooms and --directory go together" in run("export-local-policy", "--rooms").stderr
    unwritable = run("export-local-policy", "-o", rules / "none" / "out.j2")
    assert (unwritable.returncode, unwritable.stderr.splitlines()[-1]) == (
        1,
        f"vdx-policy: {rules / 'none' / 'out.j2'}: no such file or directory",
    )


def test_location_scripts_come_with_a_warning(run: Run, rules: Path) -> None:
    """Nodes do not tell them whether the server has answered."""
    _write(rules / "a.yaml")

    assert "for the day only" in run("export-local-policy", "--type", "location").stderr


def test_no_file_is_overwritten(run: Run, tmp_path: Path, rules: Path) -> None:
    """A rule file that somebody has worked on stays as it is."""
    (tmp_path / "old.j2").write_text(SCRIPT, encoding="utf-8")
    _write(rules / "10-old.yaml")

    done = run("import-local-policy", "old.j2", "-o", rules / "10-old.yaml")

    assert done.returncode == 1
    assert "is there already, left as it is" in done.stderr
    assert (rules / "10-old.yaml").read_text(encoding="utf-8") == '{"rules": []}'
