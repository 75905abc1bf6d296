"""Reads a folder of rule files and lists; every problem of every file at once."""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from policy.documents import in_file_order, read_file
from policy.errors import DocumentError, Problem, RulesError
from policy.rules.linking import check_together, doubled_names
from policy.rules.lists import Lists, ListText
from policy.rules.syntax import read_rules
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from policy.rules.job import Surroundings
    from policy.rules.model import Rule
    from policy.rules.rule_checks import NamedRoom
    from policy.rules.syntax import PlacedRule

TEST_SUFFIX = ".test.yaml"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The enabled rules of a folder; `version` names their text and that of their lists.

    `rooms` are the aliases that rules lead to, for whoever has a directory at hand.
    """

    rules: tuple[Rule, ...]
    version: str
    warnings: tuple[Problem, ...] = ()
    rooms: tuple[NamedRoom, ...] = ()
    files: int = 0

    def table(self) -> RuleTable:
        """Index the rules."""
        return RuleTable(self.rules, version=self.version)


def load_rule_set(folder: Path, around: Surroundings | None = None) -> RuleSet:
    """Read all `*.yaml` and, as lists, all `*.txt` files; raises RulesError with every problem.

    Rule files stand in the folder itself and are read by name; lists may stand below it. Test
    files are not read here, nor what is hidden. Names are held against `around`.
    """
    if not folder.is_dir():
        text = "no such folder: give its path, or the settings by --config (rules.folder)"
        raise RulesError([Problem(str(folder), 0, 0, text)])
    misnamed = [
        Problem(str(path), 0, 0, "is not read: the name of a rule file ends with .yaml")
        for path in sorted(folder.glob("*.yml"))
        if not path.name.startswith(".")
    ]
    with _not_collecting():
        return _load(folder, rule_files(folder), around, misnamed)


def load_rule_file(path: Path, around: Surroundings | None = None) -> RuleSet:
    """Read one rule file as if it stood alone in its folder; raises RulesError."""
    if not path.is_file():
        raise RulesError([Problem(str(path), 0, 0, "no such file")])
    with _not_collecting():
        return _load(path.parent, [path], around, [])


def rule_files(folder: Path) -> list[Path]:
    """Give the rule files of a folder in their order."""
    return [
        path
        for path in sorted(folder.glob("*.yaml"))
        if not path.name.endswith(TEST_SUFFIX) and not path.name.startswith(".")
    ]


def _load(
    folder: Path, paths: list[Path], around: Surroundings | None, problems: list[Problem]
) -> RuleSet:
    digest = hashlib.sha256()
    lists = _read_lists(folder, digest, problems)
    placed = _read_rules(paths, around, lists, digest, problems)
    problems += lists.problems
    if problems:  # what is wrong between rules may come from those that could not be read
        raise RulesError(in_file_order([*problems, *doubled_names(placed)]))
    rules = tuple(each.rule for each in placed)
    try:
        RuleTable(rules)
    except re2.error as exc:
        text = "all regexes together are too large: repeat fewer characters"
        raise RulesError([Problem(str(folder), 0, 0, text)]) from exc
    linked = check_together(placed)
    if linked.problems:
        raise RulesError(in_file_order(linked.problems))
    is_whole = paths == rule_files(folder)
    return RuleSet(
        rules,
        digest.hexdigest()[:12],
        (*linked.warnings, *(lists.unused() if is_whole else ())),
        tuple(room for each in placed for room in each.rooms),
        len(paths),
    )


def _read_lists(folder: Path, digest: hashlib._Hash, problems: list[Problem]) -> Lists:
    texts: dict[str, ListText] = {}
    for path in sorted(folder.rglob("*.txt")):
        below = path.relative_to(folder)
        # Kubernetes keeps the files of a ConfigMap in hidden folders of changing names.
        if any(part.startswith(".") for part in below.parts):
            continue
        try:
            text = read_file(path)
        except DocumentError as exc:
            problems += exc.problems
            text = ""  # the rules that use it have no problem of their own
        digest.update(f"{below.as_posix()}\0{text}\0".encode())
        texts[below.as_posix()] = ListText(str(path), text)
    return Lists(texts)


def _read_rules(
    paths: list[Path],
    around: Surroundings | None,
    lists: Lists,
    digest: hashlib._Hash,
    problems: list[Problem],
) -> list[PlacedRule]:
    placed: list[PlacedRule] = []
    for path in paths:
        try:
            text = read_file(path)
        except DocumentError as exc:
            problems += exc.problems
            continue
        digest.update(f"{path.name}\0{text}\0".encode())
        parsed = read_rules(text, str(path), around, lists)
        placed += parsed.placed
        problems += parsed.problems
    return placed


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Hold off the collector, which finds no garbage among rules and doubles the time of a load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
