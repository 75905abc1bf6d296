"""Commands on the tests' database, which holds two organisations, one after the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.documents import Marks, Parsed
from policy.errors import PolicyError
from tests.database import KEY
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.database import Database

    Say = Callable[..., Awaitable[str]]


@pytest.fixture
async def site(database: Database, tmp_path: Path) -> Say:
    """Run `vdx-policy`; gives what it says, or how it refuses."""
    key_file = tmp_path / "secret.key"
    key_file.write_text(KEY)
    template: dict[str, object] = {"name": "consultation", "service": {"enable_chat": "no"}}
    await database.load(Parsed(file_of(templates=[template]), Marks("directory.yaml")))

    async def say(*words: str, typed: str = "") -> str:
        done = await asyncio.to_thread(
            CliRunner().invoke,
            cli,
            words,
            input=typed,
            env={
                "VDX_POLICY_DATABASE_URL": database.dsn,
                "VDX_POLICY_SECRETS_KEY_FILE": str(key_file),
            },
        )
        if isinstance(done.exception, PolicyError):
            return f"refused: {done.exception}\n"
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    return say
