"""What every process but the supervisor does beside its own work: hears orders, says how it is."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import uvloop

from policy.errors import DocumentError, PolicyError
from policy.merging import state
from policy.workers.line import Line
from policy.workers.messages import Failed, GiveState, State, Stop

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    from policy.workers.messages import Report


class Duty:
    """A process's work under orders; `orders` are those that are not the same for all."""

    def __init__(self, line: Line, orders: Callable[[object], None]) -> None:
        self._line = line
        self._orders = orders
        self._stop = asyncio.Event()
        self._is_up = False
        self._work: asyncio.Task[None] | None = None
        self.all_stop = False

    def say(self, report: Report) -> None:
        """Tell the supervisor."""
        self._line.say(report)

    async def until_told(self) -> None:
        """Wait until this process is to end; from here on an order to do so no longer cancels."""
        self._is_up = True
        await self._stop.wait()

    def stop(self) -> None:
        """End: in good order, or at once while it is still starting."""
        self._stop.set()
        if not self._is_up and self._work is not None:
            self._work.cancel()

    async def do(self, work: Coroutine[None, None, None]) -> int:
        """Do the work while orders are heard; gives the exit code."""
        self._work = asyncio.ensure_future(work)
        hearing = asyncio.create_task(self._hear())
        code = 0
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
        except PolicyError as exc:
            problems = exc.problems if isinstance(exc, DocumentError) else ()
            self.say(Failed(str(exc), problems))
            code = 1
        self.say(State(state()))
        await self._line.close()
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        return code

    async def _hear(self) -> None:
        async for order in self._line.hear():
            match order:
                case GiveState():
                    self.say(State(state(), order.ticket))
                case Stop():
                    self.all_stop = order.all_stop
                    self.stop()
                case _:
                    self._orders(order)
        self.all_stop = True  # the supervisor is gone: nobody comes after
        self.stop()


def run(attend: Callable[[Line], Coroutine[None, None, int]], end: socket.socket) -> int:
    """Run a process on a loop of its own; gives the exit code."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the supervisor tells when it is time

    async def attended() -> int:
        return await attend(await Line.open(end))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(attended())
