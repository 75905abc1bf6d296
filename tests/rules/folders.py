"""Folders of rules for tests of loading aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def rule(name: str, alias: str = "a@example.org", then: str = "continue") -> str:
    """Give the text of a file with one rule."""
    return f"rules:\n  - name: {name}\n    when: {{alias: {{exact: {alias}}}}}\n    then: {then}\n"


def many(count: int) -> str:
    """Give the text of a file with many rules."""
    lines = [
        f"  - {{name: r{n}, when: {{alias: {{exact: a{n}@example.org}}}}, then: continue}}"
        for n in range(count)
    ]
    return "\n".join(("rules:", *lines, ""))


def folder_with(where: Path, **files: str) -> Path:
    """Make a folder of rule files, named without their ending."""
    where.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (where / f"{name}.yaml").write_text(text, encoding="utf-8")
    return where
