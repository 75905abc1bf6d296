"""A cluster that another process runs is found by its files, and only while it answers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import asyncpg

from policy.embedded.home import LINK, SOCKET
from policy.embedded.running import find_running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policy.embedded.cluster import Cluster


async def test_a_running_cluster_is_found(
    reachable: Path, cluster_at: Callable[..., Cluster]
) -> None:
    """The address is the one that its owner has; once it is closed there is none."""
    cluster = cluster_at(reachable / "home")
    assert find_running(reachable / "home") is None
    await cluster.open()

    dsn = find_running(reachable / "home")

    assert dsn is not None
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT current_database()") == "policy"
    await connection.close()
    await cluster.close()
    assert find_running(reachable / "home") is None


def test_a_cluster_that_lives_elsewhere_is_found(tmp_path: Path) -> None:
    """The link in the directory that was asked for leads to it."""
    place = tmp_path / "elsewhere"
    _leave_files(place)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / LINK).symlink_to(place)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place / "run" / SOCKET))
        server.listen()

        assert find_running(tmp_path / "home") is not None


def test_what_a_killed_server_left_is_no_server(tmp_path: Path) -> None:
    """Its files are there, and nobody answers; or they are not even whole."""
    _leave_files(tmp_path)
    assert find_running(tmp_path) is None

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "run" / SOCKET))
    assert find_running(tmp_path) is None

    (tmp_path / "data" / "postmaster.pid").write_text("12345\n")
    assert find_running(tmp_path) is None


def _leave_files(home: Path) -> None:
    for name in ("data", "run"):
        (home / name).mkdir(parents=True)
    lines = ("12345", str(home / "data"), "1700000000", "5432", str(home / "run"), "")
    (home / "data" / "postmaster.pid").write_text("\n".join(lines))
