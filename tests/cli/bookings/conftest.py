"""Commands for meetings on the tests' database, one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.directory.sealing import create_key_file
from policy.errors import PolicyError
from tests.directory.writing.meetings import build_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.database import Database

    Say = Callable[..., Awaitable[str]]


@pytest.fixture
async def say(database: Database, tmp_path: Path) -> Say:
    """Run `vdx-policy` where organisations book meetings; gives what it says, or its refusal."""
    await build_world(database)
    key = tmp_path / "secret.key"
    create_key_file(key)

    async def say(*words: str) -> str:
        done = await asyncio.to_thread(
            CliRunner().invoke,
            cli,
            words,
            env={
                "VDX_POLICY_DATABASE_URL": database.dsn,
                "VDX_POLICY_SECRETS_KEY_FILE": str(key),
                "VDX_POLICY_DIALLING_DEFAULT_DOMAIN": "rooms.example.org",
            },
        )
        if isinstance(done.exception, PolicyError):
            return f"refused: {done.exception}"
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    return say
