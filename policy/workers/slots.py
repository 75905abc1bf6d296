"""One place of a worker: who serves there, who comes next, and when a dead one is replaced."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policy.workers.child import Child

# Whoever dies sooner than this after its start is likely to do so again.
SOUND_S: Final = 10.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 10.0


@dataclass(slots=True)
class Patience:
    """When to start a process again that has died; longer and longer while it keeps dying."""

    due_s: float | None = 0.0  # the first start is due at once; None while one runs
    _pause_s: float = 0.0

    def started(self) -> None:
        """Note that one runs."""
        self.due_s = None

    def died(self, child: Child) -> float:
        """Note that it has died; gives the seconds until the next one."""
        now_s = time.monotonic()
        since_s = child.serving_since_s
        is_sound = since_s is not None and now_s - since_s >= SOUND_S
        self._pause_s = (
            0.0 if is_sound else min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        )
        self.due_s = now_s + self._pause_s
        return self._pause_s


@dataclass(slots=True)
class Slot:
    """A socket of its own, and at times nobody or two to serve it."""

    number: int
    patience: Patience
    child: Child | None = None
    successor: Child | None = None  # until it serves
    cover: Child | None = None  # who accepts here while nobody serves

    @property
    def is_served(self) -> bool:
        """Whether it has a worker of its own that answers."""
        return self.child is not None and self.child.is_serving
