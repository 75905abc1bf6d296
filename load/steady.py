"""Calls at a steady pace, and how long each waited for its answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp


@dataclass(slots=True)
class Waited:
    """How long the answers of a phase took, in milliseconds, and how many there were not."""

    times_ms: list[float] = field(default_factory=list)
    failures: int = 0

    def row(self) -> dict[str, float]:
        """Give the figures of a result file."""
        cuts = quantiles(self.times_ms, n=1000)
        return {
            "calls": len(self.times_ms),
            "p50_ms": round(cuts[499], 3),
            "p99_ms": round(cuts[989], 3),
            "max_ms": round(max(self.times_ms), 3),
            "failures": self.failures,
        }


async def call(http: aiohttp.ClientSession, url: str, waited: Waited) -> None:
    """Call once and note how long it took."""
    started = time.perf_counter()
    async with http.get(url) as response:
        await response.read()
        if response.status != HTTPStatus.OK:
            waited.failures += 1
    waited.times_ms.append((time.perf_counter() - started) * 1000)


async def paced(
    http: aiohttp.ClientSession, urls: Iterator[str], *, per_s: float, seconds: float
) -> Waited:
    """Call one after the other at this pace, whether or not the ones before are answered."""
    waited = Waited()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(int(per_s * seconds)):
            await asyncio.sleep(begin + number / per_s - loop.time())
            group.create_task(call(http, next(urls), waited))
    return waited
