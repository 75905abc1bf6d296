"""Alive, ready, metrics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import prometheus_client
from aiohttp import web

from policy.directory.records import AddressKey
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from policy.directory.lookup import Directory
    from policy.rules.table import RuleTable

# Asked for past the cache; whether somebody owns it does not matter.
_PROBE: Final = AddressKey("health", "")


class HealthHandler:
    """Tells load balancers and Prometheus how the service is."""

    def __init__(self, directory: Directory, table: RuleTable) -> None:
        self._directory = directory
        self._table = table

    async def live(self, _request: web.Request) -> web.Response:
        """Say that the process answers."""
        return web.json_response({"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """Say whether the directory answers and which rules are in force; 503 when it does not."""
        try:
            await self._directory.find(_PROBE)
            directory = "ok"
        except DirectoryError as exc:
            directory = str(exc)
        ready = directory == "ok"
        rules = {"version": self._table.version, "in_force": self._table.size}
        return web.json_response(
            {"status": "ready" if ready else "not ready", "directory": directory, "rules": rules},
            status=200 if ready else 503,
        )

    async def metrics(self, _request: web.Request) -> web.Response:
        """Give all metrics in Prometheus' text form; made in a thread, it takes milliseconds."""
        body = await asyncio.to_thread(prometheus_client.generate_latest)
        return web.Response(
            body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST}
        )
