"""A site with keys of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.database import KEY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.cli.conftest import Run
    from tests.database import Database

    RunHere = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
def at_site(run: Run, database: Database, tmp_path: Path) -> RunHere:
    """Run `vdx-policy directory` on the database of the test, with its keys."""
    keys = tmp_path / "secret.key"
    keys.write_text(KEY)

    async def run_here(*arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(
            run,
            "directory",
            *arguments,
            typed=typed,
            database_url=database.dsn,
            secrets_key_file=keys,
        )

    return run_here
