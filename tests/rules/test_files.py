"""A folder of rule files becomes one table, or one list of everything that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from policy.errors import RulesError
from policy.rules.files import load_rules
from policy.rules.table import Question
from policy.wire.alias import parse_alias
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = "rules:\n  - {name: closed, then: {reject: closed today}}\n"
OPEN = "rules:\n  - {name: open, then: continue}\n"


def _first(folder: Path) -> str:
    question = Question(parse_alias("ward7"), None, None)
    rule = load_rules(folder).first_match(RequestType.SERVICE, question)
    return rule.name if rule is not None else ""


def _said(folder: Path) -> list[str]:
    with pytest.raises(RulesError) as caught:
        load_rules(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_files_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    """The rules of `10.yaml` come before those of `20.yaml`, whichever was written first."""
    (tmp_path / "20-closed.yaml").write_text(CLOSED)
    (tmp_path / "10-open.yaml").write_text(OPEN)

    table = load_rules(tmp_path)

    assert (table.size, _first(tmp_path)) == (2, "open")


def test_only_yaml_files_of_the_folder_itself_are_read(tmp_path: Path) -> None:
    """Other files and folders below are nobody's business."""
    (tmp_path / "10-open.yaml").write_text(OPEN)
    (tmp_path / "20-closed.yaml.orig").write_text("not: [yaml")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "closed.yaml").write_text("not: [yaml")

    table = load_rules(tmp_path)

    assert table.size == 1


def test_a_folder_without_rules_is_an_empty_table(tmp_path: Path) -> None:
    """No file, an empty file and an empty list of rules all say nothing."""
    before = load_rules(tmp_path).size
    (tmp_path / "10.yaml").write_text("")
    (tmp_path / "20.yaml").write_text("rules: []\n")
    (tmp_path / "30.yaml").write_text("# none yet\n")

    after = load_rules(tmp_path).size

    assert (before, after) == (0, 0)


def test_the_version_changes_with_the_text(tmp_path: Path) -> None:
    """The same text has the same version; any change of it has another."""
    path = tmp_path / "10.yaml"
    path.write_text(OPEN)
    first = load_rules(tmp_path).version
    again = load_rules(tmp_path).version
    path.write_text(f"{OPEN}# a remark\n")

    changed = load_rules(tmp_path).version

    assert first == again
    assert changed != first


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that is not there, or is a file, is one problem."""
    file = tmp_path / "rules.yaml"
    file.write_text(OPEN)

    assert _said(tmp_path / "rules") == [f"{tmp_path / 'rules'}: no such folder, see rules.folder"]
    assert _said(file) == [f"{file}: no such folder, see rules.folder"]


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One wrong file does not hide what is wrong with another, in order of the files."""
    (tmp_path / "10.yaml").write_text("rules:\n  - {name: closed}\n")
    (tmp_path / "20.yaml").write_bytes(b"rules: # m\xf8de\n")
    (tmp_path / "30.yaml").mkdir()
    (tmp_path / "40.yaml").write_text("rules: a: b\n")
    (tmp_path / "50.yaml").write_text(OPEN)

    said = _said(tmp_path)

    assert said == [
        "10.yaml:2:5: key 'then' is missing",
        "20.yaml: is not UTF-8 text",
        "30.yaml: is a directory",
        "40.yaml:1:9: not valid YAML: mapping values are not allowed in this context",
    ]


def test_a_name_is_taken_in_all_files(tmp_path: Path) -> None:
    """Traces and metrics tell rules apart by name, so that a name stands once in the folder."""
    (tmp_path / "10.yaml").write_text(CLOSED)
    (tmp_path / "20.yaml").write_text(f"# other\n{CLOSED}")

    said = _said(tmp_path)

    text = "this name is taken in 10.yaml:2, choose another"
    assert said == [f"20.yaml:3:12: rule 'closed': {text}"]


def test_a_disabled_rule_keeps_no_name(tmp_path: Path) -> None:
    """A rule that is switched off neither counts nor stands in another's way."""
    (tmp_path / "10.yaml").write_text(
        "rules:\n  - {name: closed, enabled: false, then: continue}\n"
    )
    (tmp_path / "20.yaml").write_text(CLOSED)

    table = load_rules(tmp_path)

    assert table.size == 1


def test_regexes_that_are_too_large_together_are_told(tmp_path: Path) -> None:
    """Each of them would do alone."""
    rules = [
        {"name": f"r{n}", "when": {"alias": {"regex": f"1[^@]{{1000}}|x{n}.{{1000}}|\\pL{{200}}"}}}
        for n in range(20)
    ]
    text = yaml.safe_dump({"rules": [rule | {"then": "continue"} for rule in rules]})
    (tmp_path / "large.yaml").write_text(text)

    with pytest.raises(RulesError, match="all regexes together are too large"):
        load_rules(tmp_path)
