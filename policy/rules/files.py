"""Reads a folder of rule files and lists; every problem of every file at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from policy.documents import read_file
from policy.errors import DocumentError, Problem, RulesError
from policy.rules.lists import Lists, ListText
from policy.rules.linking import check_together
from policy.rules.syntax import PlacedRule, parse_rules
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from pathlib import Path

    from policy.rules.model import Rule
    from policy.rules.syntax import Surroundings

TEST_SUFFIX = ".test.yaml"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The enabled rules of a folder; `version` names their text and that of their lists."""

    rules: tuple[Rule, ...]
    version: str
    warnings: tuple[Problem, ...] = ()

    def table(self) -> RuleTable:
        """Index the rules."""
        return RuleTable(self.rules, version=self.version)


def load_rule_set(folder: Path, around: Surroundings | None = None) -> RuleSet:
    """Read all `*.yaml` and, as lists, all `*.txt` files; raises RulesError with every problem.

    Rule files stand in the folder itself and are read by name; lists may stand below it. Test
    files are not read here. Names are held against `around`.
    """
    if not folder.is_dir():
        raise RulesError([Problem(str(folder), 0, 0, "no such folder, see rules.folder")])
    digest = hashlib.sha256()
    problems = [
        Problem(str(path), 0, 0, "is not read: the name of a rule file ends with .yaml")
        for path in sorted(folder.glob("*.yml"))
    ]
    lists = _read_lists(folder, digest, problems)
    placed = _read_rules(folder, around, lists, digest, problems)
    problems += lists.problems
    linked = check_together(placed)
    problems += linked.problems
    if problems:
        raise RulesError(problems)
    rules = tuple(each.rule for each in placed)
    try:
        RuleTable(rules)
    except re2.error as exc:
        text = "all regexes together are too large: repeat fewer characters"
        raise RulesError([Problem(str(folder), 0, 0, text)]) from exc
    return RuleSet(rules, digest.hexdigest()[:12], tuple(linked.warnings))


def rule_files(folder: Path) -> list[Path]:
    """Give the rule files of a folder in their order."""
    return [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(TEST_SUFFIX)]


def _read_lists(folder: Path, digest: hashlib._Hash, problems: list[Problem]) -> Lists:
    texts: dict[str, ListText] = {}
    for path in sorted(folder.rglob("*.txt")):
        name = path.relative_to(folder).as_posix()
        try:
            text = read_file(path)
        except DocumentError as exc:
            problems += exc.problems
            text = ""  # the rules that use it have no problem of their own
        digest.update(f"{name}\0{text}\0".encode())
        texts[name] = ListText(str(path), text)
    return Lists(texts)


def _read_rules(
    folder: Path,
    around: Surroundings | None,
    lists: Lists,
    digest: hashlib._Hash,
    problems: list[Problem],
) -> list[PlacedRule]:
    placed: list[PlacedRule] = []
    for path in rule_files(folder):
        try:
            text = read_file(path)
            digest.update(f"{path.name}\0{text}\0".encode())
            placed += parse_rules(text, str(path), around, lists)
        except DocumentError as exc:
            problems += exc.problems
    return placed
