"""Looks at all nodes now and then, beside the reading: a node that hangs delays nobody."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

from policy.directory.feed.endless import repeat
from policy.directory.feed.hosts import look, primary_of
from policy.directory.feed.lag import SILENCE_S
from policy.directory.flights import Flights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.directory.feed.hosts import Host, Node

# One that came back, or was promoted unnoticed, is found this late.
LOOK_S: Final = 10.0


class Lookout:
    """Knows what each node was when last looked at; `open()` before use, `close()` after.

    `looked_s` is when that was, by the monotonic clock. A former primary that came back is none of
    them, even while the one is away that was promoted after it: what it knows may have been lost.
    After `silence_s` it is believed, since all nodes may have been restored from a backup.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        *,
        timeout_s: float,
        every_s: float = LOOK_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.hosts = hosts
        self.nodes: Sequence[Node] = ()
        self.looked_s = float("-inf")
        self.has_seen_primary = False
        self._timeout_s = timeout_s
        self._every_s = every_s
        self._silence_s = silence_s
        self._time_line = ""  # of the primary that was promoted last
        self._seen_s = float("-inf")
        self._asked = asyncio.Event()
        self._flights: Flights[None, Sequence[Node]] = Flights()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin; one node alone is looked at when somebody asks only."""
        if len(self.hosts) > 1:
            self._task = asyncio.create_task(repeat(self._watch, pause_s=self._timeout_s))

    async def close(self) -> None:
        """Stop, whatever the nodes do."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._flights.close()

    async def look(self) -> Sequence[Node]:
        """Look at all nodes; who asks meanwhile gets the same answer."""
        return await self._flights.join(None, self._look)

    def ask(self) -> None:
        """Have them looked at soon."""
        self._asked.set()

    async def _watch(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._every_s):
                await self._asked.wait()
        self._asked.clear()
        await self.look()

    async def _look(self) -> Sequence[Node]:
        began_s = time.monotonic()
        found = await look(self.hosts, timeout_s=self._timeout_s)
        self.nodes = self._without_former(found, began_s)
        self.looked_s = began_s
        self.has_seen_primary = self.has_seen_primary or primary_of(self.nodes) is not None
        return self.nodes

    def _without_former(self, found: Sequence[Node], at_s: float) -> Sequence[Node]:
        if len(self.hosts) == 1:
            return found
        primary = primary_of(found)
        if primary is not None and (
            primary.time_line >= self._time_line or at_s - self._seen_s > self._silence_s
        ):
            self._time_line, self._seen_s = primary.time_line, at_s
        return [node for node in found if node.in_recovery or node.time_line >= self._time_line]
