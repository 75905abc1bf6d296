"""How long a request may take: one timer for all that wait.

`asyncio.timeout` makes and ends a timer for each, which takes longer than to read an answer of the
database.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


class Limit:
    """Ends whatever takes longer than so many seconds."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        # What is waited for and until when, by a monotonic clock; the first is due first.
        self._until: dict[asyncio.Future[Any], float] = {}
        self._late: set[asyncio.Future[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, outcome: asyncio.Future[Any]) -> None:
        """Cancel an outcome that does not come in time; `release()` it when it is there."""
        self._until[outcome] = time.monotonic() + self._within_s
        if self._timer is None:
            self._look_in(outcome.get_loop(), self._within_s)

    def release(self, outcome: asyncio.Future[Any]) -> bool:
        """Say whether an outcome was late; what has its end now is not looked at any more."""
        if self._until.pop(outcome, None) is not None:
            return False
        is_late = outcome in self._late
        self._late.discard(outcome)
        return is_late

    def _look_in(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._timer = loop.call_later(seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is late, and look again when the next may be."""
        self._timer = None
        now = time.monotonic()
        while self._until:
            outcome, until = next(iter(self._until.items()))
            if until > now:
                self._look_in(loop, until - now)
                break
            del self._until[outcome]
            if outcome.cancel():
                self._late.add(outcome)
