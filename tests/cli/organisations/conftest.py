"""Commands for organisations on the tests' database, one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.database import Database

    Say = Callable[..., Awaitable[str]]


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
