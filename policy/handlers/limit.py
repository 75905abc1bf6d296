"""How long a request may take: one timer for all that wait.

`asyncio.timeout` makes and ends a timer for each, which takes longer than to read an answer of the
database.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable

OutcomeT = TypeVar("OutcomeT")


class Limit:
    """Ends whatever takes longer than so many seconds."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        # The tasks that wait and until when, by a monotonic clock; the first is due first.
        self._until: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def hold(self, outcome: Awaitable[OutcomeT]) -> OutcomeT:
        """Wait in a task for an outcome; raises TimeoutError when it does not come in time."""
        task = asyncio.current_task()
        assert task is not None, "whoever awaits is a task"  # noqa: S101
        cancelling = task.cancelling()
        self._until[task] = time.monotonic() + self._within_s
        if self._timer is None:
            self._look_in(self._within_s)
        try:
            return await outcome
        except asyncio.CancelledError as exc:
            # Somebody else may have given it up at the same moment, which counts for more.
            if task in self._late and task.uncancel() <= cancelling:
                raise TimeoutError from exc
            raise
        finally:
            self._until.pop(task, None)
            self._late.discard(task)

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """End what is late, and look again when the next may be."""
        self._timer = None
        now = time.monotonic()
        while self._until:
            task, until = next(iter(self._until.items()))
            if until > now:
                self._look_in(until - now)
                break
            del self._until[task]
            self._late.add(task)
            task.cancel()
