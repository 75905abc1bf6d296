"""Test files of operators, as tests write and run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.casebook.files import load_casebook
from policy.casebook.runner import run_cases
from policy.decide.grounds import Plan
from policy.rules.files import load_rule_set

if TYPE_CHECKING:
    from pathlib import Path

    from policy.casebook.cases import Casebook
    from policy.casebook.runner import CaseResult

# A PIN that stands in no test file.
PIN = "480193"
ROWS = f"""
organisations: [{{code: region-north, name: Region North}}]
domains: [{{domain: rooms.example.org, organisation: region-north}}]
rooms:
  - organisation: region-north
    aliases: [721834@rooms.example.org]
    pin: "{PIN}"
    view: one_main_zero_pips
devices:
  - {{organisation: region-north, alias: ward7@rooms.example.org, picture: ward7.png}}
"""


def written(folder: Path, text: str, name: str = "a.test.yaml") -> Path:
    """Write a test file, with a directory beside it."""
    (folder / "directory.rows").write_text(ROWS, encoding="utf-8")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def book(folder: Path, text: str) -> Casebook:
    """Give the casebook of a text."""
    return load_casebook(written(folder, text))


def one(folder: Path, case: str, rules: str = "[]", *, plan: Plan | None = None) -> CaseResult:
    """Run one case, written without its name, with these rules."""
    (folder / "10.yaml").write_text(f"rules: {rules}", encoding="utf-8")
    text = f"directory: directory.rows\ncases:\n  - {{name: x, {case}}}"
    (result,) = run_cases(book(folder, text), load_rule_set(folder).table(), plan or Plan())
    return result


def told(result: CaseResult) -> list[tuple[str, object, object]]:
    """Give what differs as plain values."""
    return [(each.key, each.wanted, each.got) for each in result.differences]
