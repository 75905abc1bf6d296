"""How far behind a standby is: the primary's positions over time, against what is replayed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

# After so long without a read the cursor is not worth keeping: entries of the log go after a day,
# and a database that was restored from a backup meanwhile is another one.
SILENCE_S: Final = 600.0

# At four a second, half a minute: who is further behind is behind, no matter how far.
MAX_POSITIONS: Final = 120


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the log is read without being woken, and how long one answer may take.

    After `silence_s` without a read whoever follows begins anew.
    """

    poll_s: float
    timeout_s: float
    silence_s: float = SILENCE_S

    @property
    def limit_s(self) -> float:
        """After so long without news something may be missing."""
        return self.poll_s + self.timeout_s

    @property
    def doubt_s(self) -> float:
        """After half of that another node is looked for, so that it is found within the limit."""
        return self.limit_s / 2


class Positions:
    """Where the primary's log ended, and when; times are monotonic."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque(maxlen=MAX_POSITIONS)

    def note(self, at_s: float, position: int) -> None:
        """Remember that at this time the log ended at or behind this position."""
        self._noted.append((at_s, position))

    def forget(self) -> None:
        """Begin again: another node is the primary, and its log is another one."""
        self._noted.clear()

    def as_of(self, replayed: int) -> float | None:
        """Give the last known time of which a node that has replayed this much misses nothing."""
        return max((at_s for at_s, position in self._noted if position <= replayed), default=None)

    def before(self, at_s: float) -> int:
        """Give the last known position from before a time, 0 when none is known."""
        return max((position for noted_s, position in self._noted if noted_s <= at_s), default=0)
