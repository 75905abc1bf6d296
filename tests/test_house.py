"""The house keeps its own plan: files, layers, lock files, the image."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = sorted(
    path for folder in ("policy", "tests", "load", "docs") for path in (ROOT / folder).rglob("*.py")
)
# Modules that hold no decision of their own: what uses them tests them.
TESTED_BY_ITS_USERS: Final[Mapping[str, str]] = {
    "__main__.py": "tests/cli run it as a process",
    "scribe/__main__.py": "tests/scribe run it as a process",
    "wire/vocabulary.py": "closed sets of words",
    "rules/model.py": "frozen values",
    "directory/schema/env.py": "Alembic's entry, run by every migration",
    "cli/serving.py": "tests/cli/test_serve.py and tests/e2e run it as a process",
    "rules/job.py": "frozen values, sent by test_workshop.py and taken in by test_building.py",
    "decide/grounds.py": "frozen values, used by every decision",
}


def _is_tested(module: Path) -> bool:
    relative = module.relative_to(ROOT / "policy")
    if "versions" in relative.parts or "queries" in relative.parts:  # SQL: what uses it tests it
        return True
    if str(relative) in TESTED_BY_ITS_USERS:
        return True
    return (ROOT / "tests" / relative.parent / f"test_{relative.name}").exists()


def test_every_module_has_its_tests() -> None:
    """`policy/x/y.py` is tested in `tests/x/test_y.py`."""
    modules = (ROOT / "policy").rglob("*.py")
    missing = [
        str(path.relative_to(ROOT))
        for path in modules
        if path.name != "__init__.py" and not _is_tested(path)
    ]
    assert missing == []


def test_no_file_is_long() -> None:
    """A file that grows past 400 lines has two jobs."""
    long = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if len(path.read_text(encoding="utf-8").splitlines()) > 400
    ]
    assert long == []


def test_a_package_only_states_its_rule() -> None:
    """An `__init__.py` holds a docstring and no code."""
    with_code = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name == "__init__.py" and len(ast.parse(path.read_text(encoding="utf-8")).body) > 1
    ]
    assert with_code == []


def test_every_error_is_drawn_in_the_tree() -> None:
    """Whoever reads the docstring of errors.py knows every error."""
    defined = [name for name, each in vars(errors).items() if _is_error(each)]
    assert [name for name in defined if name not in str(errors.__doc__)] == []


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, errors.PolicyError)


@pytest.mark.parametrize("name", ["service", "run", "dev"])
def test_requirements_are_pinned_hashed_and_from_nowhere(name: str) -> None:
    """Every requirement has one version and hashes; no file names a registry."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")

    entry = r"^[^\s#-][^\\\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}.*\n)+"
    packages = re.findall(entry, text, re.MULTILINE)

    assert len(packages) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    assert all("==" in package for package in packages)
    assert re.search(r"https?:|--index|--find-links|file:", text) is None


def test_requirements_hold_every_dependency() -> None:
    """Whoever adds a dependency is told to run `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = (ROOT / "requirements" / "service.txt").read_text(encoding="utf-8")
    names = [re.split(r"[\[<>=;]", each)[0] for each in project["dependencies"]]
    assert [name for name in names if not re.search(rf"^{name}==", locked, re.MULTILINE)] == []


def test_the_image_runs_without_root_and_without_a_shell() -> None:
    """Two stages, a numeric user, a health check, and commands in exec form."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    orders = [line for line in lines if re.match(r"(CMD|ENTRYPOINT|HEALTHCHECK)", line)]

    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert "USER 10001:10001" in lines
    assert len(orders) == 3
    assert all(re.search(r'(CMD|ENTRYPOINT) \[".*"\]$', line) for line in orders)
