"""The command as a process, in an empty folder."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.directory.conftest import bare
from tests.e2e.program import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

__all__ = ["bare"]  # a fixture that is used here too


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `vdx-policy` to its end; keywords are settings that go in by environment."""

    def run(
        *arguments: str | Path, typed: str = "", **settings: object
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "policy", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(settings),
            input=typed,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Make an empty folder of rules where the command looks for one."""
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder
