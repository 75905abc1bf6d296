"""One real PostgreSQL for the whole run, emptied for each test that asks for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import hypothesis
import pytest

from policy.directory.migrate import migrate
from tests.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

from policy.embedded.cluster import Cluster

# HYPOTHESIS_PROFILE=nightly looks twenty times as far.
hypothesis.settings.register_profile("ci", max_examples=500, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=10_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """Make a folder for this run that PostgreSQL's user can enter even when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="vdx-policy-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def cluster(state: Path) -> AsyncIterator[Cluster]:
    """Run an embedded PostgreSQL as long as the tests do."""
    cluster = Cluster(state / "postgres")
    await cluster.open()
    yield cluster
    await cluster.close()


@pytest.fixture(scope="session")
async def schema(cluster: Cluster) -> str:
    """Give the address of a database with the newest schema."""
    await migrate(cluster.dsn)
    return cluster.dsn


@pytest.fixture
async def database(schema: str) -> AsyncIterator[Database]:
    """Give an empty database with the newest schema."""
    connection = await asyncpg.connect(schema)
    database = Database(schema, connection)
    await database.empty()
    yield database
    await connection.close()
