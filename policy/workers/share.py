"""Spreads connections that are kept evenly over the workers, few ones too.

The kernel deals connections out by chance: of eight, one of four workers may get none and another
five. So each worker says how many it has, in memory that all see, and lets go of a new one behind
its first answer while another has fewer; whoever comes back is dealt out anew.
"""

from __future__ import annotations

import mmap
from typing import Final

NOBODY: Final = -1
_CELL_BYTES: Final = 8
# A slot's worker and its successor.
_GENERATIONS: Final = 2


class Board:
    """Where all workers of a service write their numbers; made before they are forked."""

    def __init__(self, slots: int) -> None:
        self._memory = mmap.mmap(-1, slots * _GENERATIONS * _CELL_BYTES)
        self._counts = memoryview(self._memory).cast("q")
        for cell in range(len(self._counts)):
            self._counts[cell] = NOBODY

    def share(self, slot: int) -> Share:
        """Give a new worker of a slot a place of its own, for the one before has another."""
        first = slot * _GENERATIONS
        cells = range(first, first + _GENERATIONS)
        return Share(self._counts, next((c for c in cells if self._counts[c] == NOBODY), first))


class Share:
    """What one worker has of all connections."""

    def __init__(self, counts: memoryview[int], cell: int) -> None:
        self._counts = counts
        self._cell = cell
        self._own = 0
        self._is_open = False

    def open(self) -> None:
        """Take part."""
        self._is_open = True
        self._show()

    def close(self) -> None:
        """Take part no longer; also for a worker that cannot say so itself any more."""
        self._is_open = False
        self._counts[self._cell] = NOBODY

    def come(self) -> bool:
        """Count a connection; says whether it would be better off elsewhere."""
        self._own += 1
        self._show()
        if not self._is_open:
            return False
        fewest = min(each for each in self._counts if each != NOBODY)
        return self._own > fewest + 1 + fewest // 8

    def go(self) -> None:
        """Count one that is gone."""
        self._own -= 1
        self._show()

    def _show(self) -> None:
        if self._is_open:
            self._counts[self._cell] = self._own
