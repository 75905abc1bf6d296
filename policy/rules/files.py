"""Reads a folder of rule files into a table; every problem of every file at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import re2

from policy.documents import read_file
from policy.errors import DocumentError, Problem, RulesError
from policy.rules.syntax import PlacedRule, parse_rules
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from policy.platform_names import PlatformNames


def load_rules(folder: Path, platform: PlatformNames | None = None) -> RuleTable:
    """Read all `*.yaml` files of a folder by name; raises RulesError with every problem.

    Names of platform objects are held against `platform`.
    """
    if not folder.is_dir():
        raise RulesError([Problem(str(folder), 0, 0, "no such folder, see rules.folder")])
    placed: list[PlacedRule] = []
    problems = [
        Problem(str(path), 0, 0, "is not read: the name of a rule file ends with .yaml")
        for path in sorted(folder.glob("*.yml"))
    ]
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        try:
            text = read_file(path)
            digest.update(text.encode())
            placed += parse_rules(text, str(path), platform)
        except DocumentError as exc:
            problems += exc.problems
    problems += _doubles(placed)
    if problems:
        raise RulesError(problems)
    try:
        return RuleTable([each.rule for each in placed], version=digest.hexdigest()[:12])
    except re2.error as exc:
        text = "all regexes together are too large: repeat fewer characters"
        raise RulesError([Problem(str(folder), 0, 0, text)]) from exc


def _doubles(placed: Iterable[PlacedRule]) -> list[Problem]:
    """Find names that stand twice: traces and metrics could not tell those rules apart."""
    first: dict[str, PlacedRule] = {}
    problems: list[Problem] = []
    for each in placed:
        earlier = first.setdefault(each.rule.name, each)
        if earlier is not each:
            where = f"{earlier.place.source}:{earlier.place.line}"
            text = f"rule {each.rule.name!r}: this name is taken in {where}, choose another"
            problems.append(each.place.problem(text))
    return problems
