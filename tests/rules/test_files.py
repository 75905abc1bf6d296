"""A folder of rule files becomes one set of rules, or one list of everything that is wrong."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import pytest

from policy.errors import RulesError
from policy.rules.files import load_rule_file, load_rule_set, rule_files

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = "rules:\n  - {name: closed, when: {direction: dial_in}, then: {reject: closed today}}\n"
OPEN = "rules:\n  - {name: open, when: {protocol: sip}, then: continue}\n"


def _said(folder: Path) -> list[str]:
    with pytest.raises(RulesError) as caught:
        load_rule_set(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_files_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    """The rules of `10.yaml` come before those of `20.yaml`, whichever was written first."""
    (tmp_path / "20-closed.yaml").write_text(CLOSED)
    (tmp_path / "10-open.yaml").write_text(OPEN)

    rule_set = load_rule_set(tmp_path)

    assert [each.name for each in rule_set.rules] == ["open", "closed"]
    assert (rule_set.files, rule_set.table().version) == (2, rule_set.version)


def test_only_visible_yaml_files_of_the_folder_itself_are_read(tmp_path: Path) -> None:
    """Backups, tests, what editors leave behind, and folders below are nobody's business."""
    (tmp_path / "10-open.yaml").write_text(OPEN)
    for name in ("20-closed.yaml.orig", "10-open.test.yaml", ".10-open.yaml.swp", ".hidden.yaml"):
        (tmp_path / name).write_text("not: [yaml")
    (tmp_path / ".#10-open.yaml").symlink_to("nobody@nowhere.1:2")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "closed.yaml").write_text("not: [yaml")

    assert len(load_rule_set(tmp_path).rules) == 1
    assert rule_files(tmp_path) == [tmp_path / "10-open.yaml"]


def test_a_folder_as_kubernetes_mounts_it_is_read_once(tmp_path: Path) -> None:
    """The hidden folders behind the links change with every update, and are no part of the set."""
    versions = []
    for stamp in ("..2026_05_04", "..2026_05_05"):
        folder = tmp_path / stamp[2:]
        (folder / stamp).mkdir(parents=True)
        (folder / stamp / "10.yaml").write_text(
            "rules: [{name: a, when: {alias: {list: list.txt}}, then: continue}]"
        )
        (folder / stamp / "list.txt").write_text("ward7@example.org\n")
        (folder / "..data").symlink_to(stamp)
        for name in ("10.yaml", "list.txt"):
            (folder / name).symlink_to(f"..data/{name}")
        rule_set = load_rule_set(folder)
        versions.append(rule_set.version)
        assert (len(rule_set.rules), rule_set.warnings) == (1, ())

    assert versions[0] == versions[1]


def test_a_folder_without_rules_is_an_empty_set(tmp_path: Path) -> None:
    """No file, an empty file and an empty list of rules all say nothing."""
    before = load_rule_set(tmp_path).rules
    (tmp_path / "10.yaml").write_text("")
    (tmp_path / "20.yaml").write_text("rules: []\n")
    (tmp_path / "30.yaml").write_text("# none yet\n")

    assert before == load_rule_set(tmp_path).rules == ()


def test_the_version_changes_with_the_text(tmp_path: Path) -> None:
    """The same text has the same version; any change of a rule or of a list has another."""
    path, entries = tmp_path / "10.yaml", tmp_path / "lists" / "a.txt"
    entries.parent.mkdir()
    versions = []
    for text, listed in ((OPEN, "a"), (OPEN, "a"), (f"{OPEN}# a remark\n", "a"), (OPEN, "b")):
        path.write_text(text)
        entries.write_text(listed)
        versions.append(load_rule_set(tmp_path).version)

    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that is not there, or is a file, is one problem."""
    file = tmp_path / "rules.yaml"
    file.write_text(OPEN)

    said = "no such folder: give its path, or the settings by --config (rules.folder)"
    assert _said(tmp_path / "rules") == [f"{tmp_path / 'rules'}: {said}"]
    assert _said(file) == [f"{file}: {said}"]


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """One wrong file does not hide what is wrong with another, in order of the files."""
    (tmp_path / "10.yaml").write_text("rules:\n  - {name: closed}\n")
    (tmp_path / "20.yaml").write_bytes(b"rules: # m\xf8de\n")
    (tmp_path / "30.yaml").mkdir()
    (tmp_path / "40.yaml").write_text("rules: a: b\n")
    (tmp_path / "50.yaml").write_text(OPEN)
    (tmp_path / "60.yaml").write_text(OPEN)

    said = _said(tmp_path)

    assert [each.partition(": ")[0] for each in said] == [
        "10.yaml:2:5",
        "20.yaml",
        "30.yaml",
        "40.yaml:1:9",
        "60.yaml:2:12",
    ]


def test_one_file_is_read_by_itself(tmp_path: Path) -> None:
    """A rule file is checked with the lists of its folder, and without its neighbours."""
    (tmp_path / "10.yaml").write_text(CLOSED)
    (tmp_path / "20.yaml").write_text(CLOSED)
    (tmp_path / "a.txt").write_text("a\n")

    rule_set = load_rule_file(tmp_path / "20.yaml")

    assert (len(rule_set.rules), rule_set.files, rule_set.warnings) == (1, 1, ())
    with pytest.raises(RulesError, match="no such file"):
        load_rule_file(tmp_path / "30.yaml")


def test_a_disabled_rule_keeps_no_name(tmp_path: Path) -> None:
    """A rule that is switched off neither counts nor stands in another's way."""
    (tmp_path / "10.yaml").write_text(
        "rules:\n  - {name: closed, enabled: false, then: continue}\n"
    )
    (tmp_path / "20.yaml").write_text(CLOSED)

    assert len(load_rule_set(tmp_path).rules) == 1


def test_ten_thousand_rules_are_loaded_in_time(tmp_path: Path) -> None:
    """Mixed rules with all checks; the limit is that of a slow machine, most take a third."""
    whens = (
        "{alias: {exact: ward%d@example.org}}",
        "{alias: {domain: d%d.example.org}, protocol: [sip, h323]}",
        "{alias: {regex: 'room-%d-[a-z]+@.*'}}",
        "{subnet: 10.%d.0.0/16}",
        "{any: [{alias: {exact: x%d}}, {remote_alias: {domain: r.org}, vendor: {prefix: C}}]}",
    )
    lines = [
        f"  - {{name: r{n}, when: {whens[n % 5].replace('%d', str(n % 250 if n % 5 == 3 else n))},"
        f" then: {{reject: closed {n}}}}}"
        for n in range(10_000)
    ]
    (tmp_path / "10.yaml").write_text("rules:\n" + "\n".join(lines))

    begun = time.process_time()
    rule_set = load_rule_set(tmp_path)

    assert time.process_time() - begun < 5
    assert len(rule_set.rules) == 10_000
    assert gc.isenabled()
