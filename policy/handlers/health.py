"""Alive, ready, rules, metrics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import prometheus_client
from aiohttp import web

from policy.directory.records import AddressKey
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from policy.directory.lookup import Directory
    from policy.errors import Problem
    from policy.handlers.entrance import Page
    from policy.rules.reload import LiveRules

    # Gives the metrics of the whole service in Prometheus' text form.
    ReadMetrics = Callable[[], Awaitable[bytes]]

# Asked for past the cache; whether somebody owns it does not matter.
_PROBE: Final = AddressKey("health", "")


@dataclass(frozen=True, slots=True)
class DirectoryHealth:
    """Whoever can say how the directory is: `origin` asks it past the cache."""

    origin: Directory
    state: Callable[[], Mapping[str, object]] = dict


async def read_own_metrics() -> bytes:
    """Give the metrics of this process; made in a thread, it takes milliseconds."""
    return await asyncio.to_thread(prometheus_client.generate_latest)


class HealthHandler:
    """Tells load balancers and Prometheus how the service is."""

    def __init__(
        self,
        directory: DirectoryHealth,
        live: LiveRules,
        read_metrics: ReadMetrics = read_own_metrics,
    ) -> None:
        self._directory = directory
        self._live = live
        self._read_metrics = read_metrics

    def pages(self) -> Mapping[str, Page]:
        """Give the paths that say how the service is."""
        return {
            "/health/live": self.live,
            "/health/ready": self.ready,
            "/health/rules": self.rules,
            "/metrics": self.metrics,
        }

    async def live(self, _request: web.BaseRequest) -> web.Response:
        """Say that the process answers."""
        return web.json_response({"status": "alive"})

    async def ready(self, _request: web.BaseRequest) -> web.Response:
        """Say whether the directory answers and which rules are in force; 503 when it does not."""
        try:
            await self._directory.origin.find(_PROBE)
            directory = "ok"
        except DirectoryError as exc:
            directory = str(exc)
        ready = directory == "ok"
        state = self._live.state
        rules = {"version": state.version, "in_force": state.in_force}
        return web.json_response(
            {
                "status": "ready" if ready else "not ready",
                "directory": directory,
                **self._directory.state(),
                "rules": rules,
            },
            status=200 if ready else 503,
        )

    async def rules(self, _request: web.BaseRequest) -> web.Response:
        """Say which rules are in force and what keeps those of the folder out.

        Always 200: rules that are kept out are no reason to send calls elsewhere.
        """
        state = self._live.state
        return web.json_response(
            {
                "state": "current" if state.is_current else "kept_out",
                "since": _iso(state.since),
                "version": state.version,
                "in_force": state.in_force,
                "loaded_at": _iso(state.loaded_at),
                "attempts": state.attempts,
                "last": state.last,
                "problem_count": state.problem_count,
                "problems": [_shown(problem) for problem in state.problems],
                "warnings": [_shown(warning) for warning in state.warnings],
            }
        )

    async def metrics(self, _request: web.BaseRequest) -> web.Response:
        """Give all metrics of the service in Prometheus' text form."""
        return web.Response(
            body=await self._read_metrics(),
            headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST},
        )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _shown(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.source,
        "line": problem.line,
        "column": problem.column,
        "text": problem.text,
    }
