"""The embedded PostgreSQL as the server sees it: real processes, real rows."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.embedded import child
from policy.embedded.binaries import find_binaries, runnable_by
from policy.embedded.cluster import LOG_BYTES
from policy.errors import StartError
from tests.e2e.program import until
from tests.embedded.asking import IDENTIFIER, ask, server_pid

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.embedded.cluster import Cluster
    from policy.embedded.owner import Owner

    MakeCluster = Callable[..., Cluster]
    RunPython = Callable[..., subprocess.Popen[str]]

# The oldest version that is accepted, and one without the builtin locale.
DEBIAN_15 = Path("/usr/lib/postgresql/15")

HOLD_CLUSTER = """
import asyncio, sys
from pathlib import Path
import asyncpg, uvloop
from policy.embedded.cluster import Cluster

async def hold():
    cluster = Cluster(Path(sys.argv[1]))
    await cluster.open()
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    print((cluster.data_directory / "postmaster.pid").read_text().split()[0], flush=True)
    await asyncio.Event().wait()

{"asyncio": asyncio.run, "uvloop": uvloop.run}[sys.argv[2]](hold())
"""


@pytest.mark.parametrize(
    "installed",
    [
        None,
        pytest.param(
            DEBIAN_15,
            marks=pytest.mark.skipif(not DEBIAN_15.is_dir(), reason=f"there is no {DEBIAN_15}"),
        ),
    ],
)
async def test_the_first_open_makes_a_database(
    installed: Path | None, reachable: Path, cluster_at: MakeCluster
) -> None:
    """An absent directory becomes a running UTF-8 database in that very place."""
    cluster = cluster_at(reachable / "state" / "database", installed)

    await cluster.open()

    assert await ask(cluster, "SELECT current_user || ' ' || current_database()") == "policy policy"
    assert await ask(cluster, "SHOW server_encoding") == "UTF8"
    assert await ask(cluster, "SHOW timezone") == "UTC"
    assert await ask(cluster, "SHOW listen_addresses") == ""
    assert cluster.version == find_binaries(installed).version
    assert cluster.data_directory == (reachable / "state" / "database" / "data").resolve()
    assert cluster.location_note is None


async def test_the_next_open_keeps_everything(reachable: Path, cluster_at: MakeCluster) -> None:
    """Rows and the cluster itself outlive a close; nothing is made a second time."""
    first = cluster_at(reachable / "database")
    await first.open()
    await ask(first, "CREATE TABLE kept AS SELECT 7 AS n")
    identifier = await ask(first, IDENTIFIER)
    await first.close()

    second = cluster_at(reachable / "database")
    await second.open()

    assert await ask(second, "SELECT n FROM kept") == 7
    assert await ask(second, IDENTIFIER) == identifier


async def test_close_ends_the_process_and_may_be_called_again(
    reachable: Path, cluster_at: MakeCluster, has_ended: Callable[[int], bool]
) -> None:
    """Before an open, after it and twice: close leaves no process and no pid file."""
    cluster = cluster_at(reachable / "database")
    await cluster.close()
    await cluster.open()
    pid = server_pid(cluster)

    await cluster.close()
    await cluster.close()

    assert has_ended(pid)
    assert not (cluster.data_directory / "postmaster.pid").exists()


async def test_ctrl_c_in_a_terminal_does_not_reach_the_database(
    reachable: Path, cluster_at: MakeCluster
) -> None:
    """The database is in a session of its own, so the server can drain first."""
    cluster = cluster_at(reachable / "database")

    await cluster.open()

    assert os.getsid(server_pid(cluster)) == server_pid(cluster)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that we died")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_a_killed_server_leaves_no_database_behind(
    loop: str,
    reachable: Path,
    cluster_at: MakeCluster,
    run_python: RunPython,
    has_ended: Callable[[int], bool],
) -> None:
    """After `kill -9` PostgreSQL ends by itself and the next open has every committed row."""
    holder = run_python(HOLD_CLUSTER, reachable / "database", loop)
    assert holder.stdout is not None
    pid = int(await asyncio.to_thread(holder.stdout.readline))

    holder.kill()
    holder.wait()

    assert has_ended(pid)
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    assert await ask(cluster, "SELECT n FROM kept") == 7


async def test_a_killed_database_recovers(
    reachable: Path,
    cluster_at: MakeCluster,
    run_python: RunPython,
    has_ended: Callable[[int], bool],
) -> None:
    """With server and database killed at once, a stale pid file and lock do not stop an open."""
    holder = run_python(HOLD_CLUSTER, reachable / "database", "asyncio")
    assert holder.stdout is not None
    pid = int(await asyncio.to_thread(holder.stdout.readline))
    os.kill(pid, 9)
    holder.kill()
    holder.wait()
    assert has_ended(pid)

    cluster = cluster_at(reachable / "database")
    await cluster.open()

    assert await ask(cluster, "SELECT n FROM kept") == 7


async def test_a_database_that_ends_is_started_again(
    reachable: Path, cluster_at: MakeCluster
) -> None:
    """Whoever asked for it to be kept running finds every row under the same address."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    cluster.keep_running()
    await ask(cluster, "CREATE TABLE kept AS SELECT 7 AS n")

    os.kill(server_pid(cluster), 9)

    assert await until(lambda: _kept(cluster), lambda kept: kept is not None) == 7


async def _kept(cluster: Cluster) -> object:
    try:
        return await ask(cluster, "SELECT n FROM kept")
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
        return None


async def test_a_reused_process_number_is_no_server(
    reachable: Path, cluster_at: MakeCluster, owner: Owner
) -> None:
    """After a container's restart the number in a pid file is another program's: left alone."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    await cluster.close()
    stranger = child.start(["/bin/sleep", "600"], owner, 2)
    (cluster.data_directory / "postmaster.pid").write_text(
        f"{stranger.pid}\n{cluster.data_directory}\n"
    )

    await cluster.open()

    assert await ask(cluster, "SELECT 1") == 1
    assert stranger.poll() is None
    await child.stop(stranger)


async def test_an_orphan_is_stopped_first(
    reachable: Path, cluster_at: MakeCluster, owner: Owner
) -> None:
    """A PostgreSQL that nobody owns any more makes way for ours."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    await cluster.close()
    data = cluster.data_directory
    postgres = runnable_by(owner, find_binaries(None), reachable / "database").postgres
    orphan = subprocess.Popen(  # noqa: ASYNC220  # it must not be ours to wait for
        [postgres, "-D", data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={data}"],
        stderr=subprocess.PIPE,
        cwd="/",
        **owner.identity(),
    )
    assert orphan.stderr is not None
    with orphan.stderr:
        assert any(b"ready to accept" in line for line in orphan.stderr)
        await cluster.open()

    assert orphan.wait() == 0
    assert server_pid(cluster) != orphan.pid


async def test_a_second_server_is_refused(reachable: Path, cluster_at: MakeCluster) -> None:
    """One directory has one server; the text names the holder, who goes on undisturbed."""
    first = cluster_at(reachable / "database")
    await first.open()
    second = cluster_at(reachable / "database")

    with pytest.raises(StartError, match=rf"in use by another vdx-policy \(pid {os.getpid()}\)"):
        await second.open()

    assert await ask(first, "SELECT 1") == 1


async def test_a_failed_start_shows_the_log(reachable: Path, cluster_at: MakeCluster) -> None:
    """The error carries PostgreSQL's own words, and the directory is free again afterwards."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    await cluster.close()
    settings = cluster.data_directory / "postgresql.auto.conf"
    settings.write_text("shared_preload_libraries = 'missing_one'\n")

    with pytest.raises(StartError, match=r"does not start.*\n.*FATAL.*missing_one"):
        await cluster.open()

    settings.write_text("")
    await cluster.open()
    assert await ask(cluster, "SELECT 1") == 1


async def test_the_log_holds_no_values(reachable: Path, cluster_at: MakeCluster) -> None:
    """A failing statement is logged without its text, its parameters and its detail."""
    cluster = cluster_at(reachable / "database")
    await cluster.open()
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute(
        "CREATE TABLE rooms (pin text UNIQUE); INSERT INTO rooms VALUES ('4821')"
    )

    for query, values in (
        ("INSERT INTO rooms VALUES ('4821')", ()),
        ("INSERT INTO rooms VALUES ($1)", ("4821",)),
    ):
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(query, *values)
    await connection.close()
    await cluster.close()

    text = (reachable / "database" / "postgres.log").read_text()
    assert text.count("duplicate key value violates") == 2
    assert "4821" not in text
    assert "INSERT" not in text


async def test_a_large_log_is_moved_aside(reachable: Path, cluster_at: MakeCluster) -> None:
    """A log beyond its limit becomes `.1` at the next start, in place of the one before."""
    path = reachable / "database" / "postgres.log"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(LOG_BYTES + 1)

    await cluster_at(reachable / "database").open()

    assert path.stat().st_size < LOG_BYTES
    assert path.with_name("postgres.log.1").stat().st_size == LOG_BYTES + 1


async def test_a_deep_path_still_has_a_socket(reachable: Path, cluster_at: MakeCluster) -> None:
    """Where the path is too long for a socket, the socket lives elsewhere, and goes at the end."""
    cluster = cluster_at(reachable / ("d" * 60) / ("e" * 60))

    await cluster.open()

    assert await ask(cluster, "SELECT 1") == 1
    sockets = str(await ask(cluster, "SHOW unix_socket_directories"))
    assert not sockets.startswith(str(reachable))
    await cluster.close()
    assert not os.access(sockets, os.F_OK)
