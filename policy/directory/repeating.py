"""Does something at regular times, and never half of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Repeating:
    """Owns the task that does some work again and again; `close()` lets it finish a turn."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self, *, every_s: float) -> None:
        """Begin, with a pause first."""
        self._task = asyncio.create_task(self._repeat(every_s))

    async def close(self) -> None:
        """Stop; a turn that is under way is not cut short, as nobody could say what is done."""
        self._stopping.set()
        if self._task is not None:
            task, self._task = self._task, None
            await task

    async def _repeat(self, every_s: float) -> None:
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(every_s):
                    await self._stopping.wait()
            except TimeoutError:
                await self._work()
