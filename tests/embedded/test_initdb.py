"""A data directory is whole or absent, and belongs to one major version."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from policy.embedded.binaries import Binaries
from policy.embedded.home import Home
from policy.embedded.initdb import check_data, write_access
from policy.embedded.owner import server_user
from policy.errors import StartError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from policy.embedded.cluster import Cluster
    from policy.embedded.owner import Owner

    MakeCluster = Callable[..., Cluster]
    MakePrograms = Callable[[str, str], Path]

OPEN_CLUSTER = """
import asyncio, sys
from pathlib import Path
from policy.embedded.cluster import Cluster

asyncio.run(Cluster(Path(sys.argv[1]), Path(sys.argv[2])).open())
"""


def data_directories(path: Path) -> list[str]:
    """Name whatever a first start has made for data, finished or not."""
    return sorted(part.name for part in path.glob("data*"))


async def test_a_cancelled_first_start_leaves_nothing(
    reachable: Path,
    stuck_programs: tuple[Path, Callable[[], int]],
    cluster_at: MakeCluster,
    has_ended: Callable[[int], bool],
) -> None:
    """Cancelled inside initdb: no process, no half-made directory, and the next open works."""
    programs, started = stuck_programs
    opening = asyncio.create_task(cluster_at(reachable / "database", programs).open())
    pid = await asyncio.to_thread(started)

    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    assert has_ended(pid)
    assert data_directories(reachable / "database") == []
    await cluster_at(reachable / "database").open()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that we died")
async def test_a_killed_first_start_is_cleaned_up(
    reachable: Path,
    stuck_programs: tuple[Path, Callable[[], int]],
    cluster_at: MakeCluster,
    run_python: Callable[..., subprocess.Popen[str]],
    has_ended: Callable[[int], bool],
) -> None:
    """Killed inside initdb: its processes end, and the next open removes what was left."""
    programs, started = stuck_programs
    starter = run_python(OPEN_CLUSTER, reachable / "database", programs)
    pid = await asyncio.to_thread(started)

    starter.kill()
    starter.wait()

    assert has_ended(pid)
    await cluster_at(reachable / "database").open()
    assert data_directories(reachable / "database") == ["data"]


async def test_a_failing_initdb_is_quoted(
    reachable: Path, programs: MakePrograms, cluster_at: MakeCluster
) -> None:
    """The error carries initdb's own words and leaves nothing behind."""
    cluster = cluster_at(reachable / "database", programs("18.6", "echo disk is on fire; exit 3"))

    with pytest.raises(StartError, match=r"could not be made by .*/bin/initdb:\ndisk is on fire"):
        await cluster.open()

    assert data_directories(reachable / "database") == []


async def test_another_major_version_is_refused(
    reachable: Path, programs: MakePrograms, cluster_at: MakeCluster
) -> None:
    """A database made by one major version is not opened by another; the text says what to do."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    await cluster.close()
    major = cluster.version.partition(".")[0]

    with pytest.raises(StartError, match=rf"made by PostgreSQL {major}, but .* is 99\.1") as caught:
        await cluster_at(reachable / "database", programs("99.1", "exit 1")).open()

    assert f"set database.embedded.binaries to a PostgreSQL {major}" in str(caught.value)
    assert "dump" in str(caught.value)


def test_a_strange_directory_is_refused(tmp_path: Path, owner: Owner) -> None:
    """A `data` that holds no database is not written into."""
    home = Home(tmp_path, owner, None)
    home.data.mkdir()

    with pytest.raises(StartError, match="is no database"):
        check_data(home, Binaries(Path("/opt/pg"), "18.6"))


def test_only_our_own_user_may_connect(tmp_path: Path, owner: Owner) -> None:
    """The rules name one way in, and the map names this process's user alone."""
    rules, users = write_access(Home(tmp_path, owner, None))

    assert rules.read_text() == "local all policy peer map=policy\n"
    assert users.read_text() == f'policy "{server_user()}" policy\n'
