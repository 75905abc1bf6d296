"""Keeps calls from waiting for a server that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FAILURES: Final = 5
# A restart takes about as long; until then no call pays for another look but one.
PAUSE_S: Final = 10.0


class Breaker:
    """Opens after some failures in a row; then one request per pause tries its luck."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._failures = 0
        self._next_try_s = float("-inf")

    def lets_through(self) -> bool:
        """Say whether this request may ask; whoever is told so while it is open is the one."""
        if self._failures < MAX_FAILURES:
            return True
        now_s = self._clock_s()
        if now_s < self._next_try_s:
            return False
        self._next_try_s = now_s + PAUSE_S
        return True

    def succeeded(self) -> None:
        """Close it: an answer came."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure; one that others were waiting out begins the pause anew."""
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._next_try_s = self._clock_s() + PAUSE_S
