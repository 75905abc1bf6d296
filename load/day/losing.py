"""A database of the run's own, which can be killed and brought back."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from load.cores import on
from load.processes import tree_of, usage_of
from policy.directory.connection import connect
from policy.directory.sealing import seal_of_embedded
from policy.embedded.cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path

    from load.processes import Usage
    from policy.directory.connection import Connection
    from policy.directory.sealing import Seal


class Database:
    """Runs the PostgreSQL of a filled directory on these cores."""

    def __init__(self, home: Path, cores: frozenset[int]) -> None:
        self.home = home
        self.seal: Seal = seal_of_embedded(None, home)
        self._cores = cores
        self._cluster = Cluster(home)

    @property
    def dsn(self) -> str:
        """Give its address, which stays."""
        return self._cluster.dsn

    async def open(self) -> None:
        """Start it."""
        with on(self._cores):
            await self._cluster.open()

    async def close(self) -> None:
        """Stop it."""
        await self._cluster.close()

    async def connect(self) -> Connection:
        """Connect to it."""
        return await connect(self.dsn, timeout_s=10)

    async def away(self, seconds: float) -> None:
        """Kill it, as a power cut would, and bring it back after so long."""
        os.kill(self._pid(), signal.SIGKILL)
        await self._cluster.close()
        await asyncio.sleep(seconds)
        self._cluster = Cluster(self.home)
        await self.open()

    def usage(self) -> Usage:
        """Give what its processes have used so far."""
        tree = tree_of(self._pid())
        return usage_of([*tree.server, *tree.database])

    def _pid(self) -> int:
        path = self._cluster.data_directory / "postmaster.pid"
        return int(path.read_text(encoding="utf-8").partition("\n")[0])
