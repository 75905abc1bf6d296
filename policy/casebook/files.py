"""Reads the test files of a folder; the one module of this package that opens files."""

from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

from policy.casebook.cases import Casebook, CaseCompiler, Rows, texts_in
from policy.casebook.runner import problems_of, run_cases
from policy.casebook.text import CaseFile
from policy.decide.grounds import Plan
from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.documents import load, read_file, read_tree, validate
from policy.errors import DocumentError
from policy.rules.files import TEST_SUFFIX

if TYPE_CHECKING:
    from policy.documents import Marks
    from policy.errors import Problem
    from policy.rules.files import RuleSet

# Directories that have been read, by their paths; None for one that has been complained of.
Shelf = dict[Path, Rows | None]


def check_folder(folder: Path, rule_set: RuleSet, plan: Plan | None = None) -> list[Problem]:
    """Run the tests of a folder of rules; give what is wrong with them and what differs.

    `plan` is that of the settings. Nothing that is personal or secret is repeated.
    """
    try:
        casebooks = load_casebooks(folder)
    except DocumentError as exc:
        return list(exc.problems)
    if not casebooks:
        return []
    table = rule_set.table()
    return [
        problem
        for casebook in casebooks
        for result in run_cases(casebook, table, plan or Plan(), noting_matches=False)
        for problem in problems_of(result)
    ]


def casebook_files(folder: Path) -> list[Path]:
    """Give the test files of a folder in their order; they stand beside the rules."""
    return sorted(folder.glob(f"*{TEST_SUFFIX}"))


def load_casebooks(folder: Path) -> list[Casebook]:
    """Read every test file of a folder; raises DocumentError with every problem."""
    shelf: Shelf = {}
    problems: list[Problem] = []
    found = []
    for path in casebook_files(folder):
        try:
            found.append(load_casebook(path, shelf))
        except DocumentError as exc:
            problems += exc.problems
    if problems:
        raise DocumentError(problems)
    return found


def load_casebook(path: Path, shelf: Shelf | None = None) -> Casebook:
    """Read one test file and the directories it names; raises DocumentError."""
    tree = read_tree(read_file(path), str(path))
    parsed = validate(tree, CaseFile)
    problems: list[Problem] = []
    rows = _named_rows(path, parsed.value, parsed.marks, {} if shelf is None else shelf, problems)
    compiler = CaseCompiler(parsed.value, parsed.marks, rows, problems)
    cases = compiler.cases()
    if problems:
        raise DocumentError(sorted(problems, key=lambda each: (each.source, each.line)))
    return Casebook(parsed.value, parsed.marks, cases, frozenset(texts_in(tree.value)))


def _named_rows(
    path: Path, file: CaseFile, marks: Marks, shelf: Shelf, problems: list[Problem]
) -> dict[str, Rows]:
    """Read the directories that a file names, each once for all files that share the shelf."""
    written: list[tuple[object, tuple[int | str, ...]]] = [(file.directory, ("directory",))]
    written += [(each.directory, ("cases", n, "directory")) for n, each in enumerate(file.cases)]
    named: dict[str, Rows] = {}
    for name, loc in written:
        if not isinstance(name, str):
            continue
        found = Path(normpath(path.parent / name))
        if not found.is_file():
            problems.append(marks.problem(loc, f"directory: there is no file {found}"))
            continue
        if found not in shelf:
            shelf[found] = _read_rows(found, problems)
        rows = shelf[found]
        if rows is not None:
            named[name] = rows
    return named


def _read_rows(path: Path, problems: list[Problem]) -> Rows | None:
    try:
        parsed = load(path, DirectoryFile)
        check_directory(parsed)
    except DocumentError as exc:
        problems += exc.problems
        return None
    return Rows.of(parsed.value)
