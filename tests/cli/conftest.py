"""The command as a process in an empty folder, and as a function on the tests' database."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.errors import PolicyError
from tests.directory.conftest import bare
from tests.e2e.program import environment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.database import Database

    Say = Callable[..., Awaitable[str]]
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


@pytest.fixture
def say(database: Database) -> Say:
    """Run `vdx-policy organisations`; gives what it says, or how it refuses."""

    async def say(*words: str | Path) -> str:
        done = await asyncio.to_thread(
            CliRunner().invoke,
            cli,
            ["organisations", *map(str, words)],
            env={"VDX_POLICY_DATABASE_URL": database.dsn},
        )
        if isinstance(done.exception, PolicyError):
            return f"refused: {done.exception}"
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    return say
