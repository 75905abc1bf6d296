"""The database's clock, kept between readings: what a server's own clock says does not matter."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# By this much two crystals drift apart, generously: 100 millionths.
DRIFT: Final = 1e-4


@dataclass(frozen=True, slots=True)
class _Reading:
    """At `at_s` of our monotonic clock it was `told`, give or take `doubt_s`."""

    told: datetime
    at_s: float
    doubt_s: float


class DatabaseClock:
    """Says what time it is in the database; before the first reading, by the system's clock."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        system: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._monotonic = monotonic
        self._system = system
        self._best: _Reading | None = None
        self._zero = 0.0  # the database's time at 0 of our clock, in seconds since 1970

    def now(self) -> datetime:
        """Give the time of the database, in UTC."""
        if self._best is None:
            return self._system()
        # Every call asks for it, and to add a timedelta takes three times as long.
        return datetime.fromtimestamp(self._zero + self._monotonic(), UTC)

    def learn(self, told: datetime, asked_s: float, answered_s: float) -> None:
        """Take a reading that was asked for and answered at these monotonic times.

        The quickest answer says most. It is given up when another one is as good by now, or when
        the two cannot both be right: then the database's clock was set.
        """
        new = _Reading(told, (asked_s + answered_s) / 2, (answered_s - asked_s) / 2)
        old = self._best
        if old is not None:
            old_doubt_s = old.doubt_s + DRIFT * (new.at_s - old.at_s)
            apart_s = abs((told - _expect(old, new.at_s)).total_seconds())
            if new.doubt_s > old_doubt_s >= apart_s - new.doubt_s:
                return
        self._best = new
        self._zero = new.told.timestamp() - new.at_s

    def forget(self) -> None:
        """Believe the next reading: it is of another node."""
        if self._best is not None:
            self._best = _Reading(self._best.told, self._best.at_s, float("inf"))


def _expect(reading: _Reading, at_s: float) -> datetime:
    return reading.told.astimezone(UTC) + timedelta(seconds=at_s - reading.at_s)
