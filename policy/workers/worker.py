"""A process that answers: the same server as alone, on ports and a database that it was given."""

from __future__ import annotations

import asyncio
import signal
from itertools import count
from typing import TYPE_CHECKING, Final

from policy.handlers.health import read_own_metrics
from policy.merging import merged
from policy.metrics import GAUGES
from policy.server import PolicyServer
from policy.workers.duty import Duty
from policy.workers.messages import (
    AskStates,
    Cover,
    Leaving,
    Reload,
    Serving,
    States,
    Uncover,
)

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from policy.server import Footing
    from policy.settings import Settings
    from policy.workers.line import Line
    from policy.workers.post import Post

# The supervisor answers within half a second; then the worker's own are better than none.
METRICS_WITHIN_S: Final = 2.0


class Worker:
    """Serves until it is told to stop, and carries out what it is told meanwhile."""

    def __init__(self, post: Post, line: Line) -> None:
        self._post = post
        self._duty = Duty(line, self._order)
        self._server: PolicyServer | None = None
        self._is_reload_asked = False
        self._tickets = count(1)
        self._waiting: dict[int, asyncio.Future[tuple[bytes, ...]]] = {}
        self._moves: asyncio.Queue[Cover | Uncover] = asyncio.Queue()

    @classmethod
    async def attend(cls, post: Post, line: Line) -> int:
        """Be a worker to the end; gives the exit code."""
        worker = cls(post, line)
        return await worker._duty.do(worker._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._duty.say, Leaving())
        async with PolicyServer(self._post.settings, stand=self._stand) as server:
            self._server = server
            moving = asyncio.create_task(self._move(server))
            if self._is_reload_asked:
                server.reload()
            self._post.share.open()
            self._duty.say(Serving())
            await self._duty.until_told()
            self._post.share.close()
            moving.cancel()
            await asyncio.gather(moving, return_exceptions=True)
            server.has_successor = not self._duty.all_stop
            if self._duty.all_stop:
                self._let_go()

    def _let_go(self) -> None:
        """Leave the sockets of others to them: one is closed when nobody holds it any more."""
        for slot, port in enumerate(self._post.ports.nodes):
            if slot != self._post.slot:
                port.listener.close()

    async def _stand(self, _settings: Settings, _parts: AsyncExitStack) -> Footing:
        return await self._post.footing(self._read_metrics)

    def _order(self, order: object) -> None:
        match order:
            case Reload():
                self._reload()
            case Cover() | Uncover():
                self._moves.put_nowait(order)
            case States():
                waiting = self._waiting.pop(order.ticket, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(order.states)
            case _:
                pass

    def _reload(self) -> None:
        if self._server is None:
            self._is_reload_asked = True
        else:
            self._server.reload()

    async def _move(self, server: PolicyServer) -> None:
        """Begin and end to accept for others, in the order in which it was said."""
        while True:
            order = await self._moves.get()
            port = self._post.ports.nodes[order.slot]
            if isinstance(order, Cover):
                await server.listen(port)
            else:
                await server.leave(port)

    async def _read_metrics(self) -> bytes:
        """Give the metrics of all processes; one's own when the supervisor does not answer."""
        ticket = next(self._tickets)
        waiting = self._waiting[ticket] = asyncio.get_running_loop().create_future()
        self._duty.say(AskStates(ticket))
        try:
            async with asyncio.timeout(METRICS_WITHIN_S):
                states = await waiting
        except TimeoutError:
            return await read_own_metrics()
        finally:
            self._waiting.pop(ticket, None)
        return await asyncio.to_thread(merged, states, GAUGES)
