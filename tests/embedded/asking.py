"""Questions to a running cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from policy.embedded.cluster import Cluster

IDENTIFIER = "SELECT system_identifier FROM pg_control_system()"


async def ask(cluster: Cluster, query: str) -> object:
    """Return one value over a connection of its own."""
    connection = await asyncpg.connect(cluster.dsn)
    try:
        answer: object = await connection.fetchval(query)
    finally:
        await connection.close()
    return answer


def server_pid(cluster: Cluster) -> int:
    """Return the process that serves the cluster."""
    return int((cluster.data_directory / "postmaster.pid").read_text().split()[0])
