"""Every message that a person can get from a folder of rules, held against what it is for.

A case is one rule file, or a folder with several and their lists; beside it stand the problems, or
the warnings of rules that may be put in force. `.settings` holds what names are held against.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from pydantic import TypeAdapter

from policy.documents import read_file, read_tree
from policy.errors import RulesError
from policy.platform_names import PlatformNames
from policy.rules.files import load_rule_set
from policy.rules.job import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.errors import Problem

BAD_RULES: Final = Path(__file__).parent.parent / "bad_rules"
SUFFIXES: Final = {".problems", ".warnings", ".settings"}
CASES: Final = sorted(path for path in BAD_RULES.iterdir() if path.suffix not in SUFFIXES)


def told(path: Path, folder: Path) -> tuple[str, list[Problem]]:
    """Load one case in a folder of its own; gives how it ends, and all that is said."""
    if path.is_dir():
        shutil.copytree(path, folder, dirs_exist_ok=True)
    else:
        shutil.copy(path, folder)
    try:
        warnings = load_rule_set(folder, _around(path.with_suffix(".settings"))).warnings
    except RulesError as exc:
        return ".problems", list(exc.problems)
    return ".warnings", list(warnings)


def _around(path: Path) -> Surroundings | None:
    if not path.exists():
        return None
    written = TypeAdapter(dict[str, object]).validate_python(
        read_tree(read_file(path), str(path)).value
    )
    upstreams = TypeAdapter(frozenset[str]).validate_python(written.get("upstreams", ()))
    platform = PlatformNames.model_validate(written.get("platform", {}))
    return Surroundings(platform, upstreams)


def shown(path: Path, problems: Sequence[Problem], folder: Path) -> list[str]:
    """Give what is said without the folder, and of a single file without its name."""
    start = f"{folder}/" if path.is_dir() else f"{folder / path.name}:"
    return [
        str(each).removeprefix(start).replace(f"{folder}/", "").replace(str(folder), "")
        for each in problems
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_wrong_rule_is_told_what_is_wrong(path: Path, tmp_path: Path) -> None:
    """Every problem is told, in order, with its line, its column and no secret."""
    suffix, problems = told(path, tmp_path)

    wanted = path.with_suffix(suffix).read_text(encoding="utf-8").splitlines()
    assert shown(path, problems, tmp_path) == wanted
    assert wanted


def test_every_expectation_has_its_rules() -> None:
    """No expectation is left behind when a case goes."""
    expected = {path.stem for path in BAD_RULES.iterdir() if path.suffix in SUFFIXES}

    assert expected <= {path.stem for path in CASES}
