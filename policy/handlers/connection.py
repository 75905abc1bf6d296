"""One connection: plain requests are answered from their bytes, all others the way of aiohttp.

aiohttp makes a task and some objects for each request, which cost more than a whole decision. Most
requests need none of it: one line, and the same header lines as before. As soon as anything is odd
aiohttp sees the very same bytes, and all that follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from aiohttp.web_protocol import RequestHandler

from policy.handlers.plain import END, Head, may_become_plain, target_of
from policy.handlers.replies import Reply

if TYPE_CHECKING:
    import asyncio

    from policy.handlers.hall import Hall

# As much of a request as is waited for before aiohttp reads it, or says that it is too long.
MAX_HELD_BYTES: Final = 64 << 10


class Prompt(Protocol):
    """Whoever answers plain requests."""

    def admits(self, head: Head, remote: str | None) -> bool:
        """Say whether these header lines are known to be let in from there."""
        ...

    def answer(self, target: str, hops: str) -> Reply | asyncio.Future[Reply] | None:
        """Answer, at once or later; None for what is not asked here. Never raises."""
        ...


class Connection(RequestHandler):
    """aiohttp's connection, which is asked only when a request is not plain."""

    __slots__ = (
        "_block",
        "_hall",
        "_head",
        "_held",
        "_is_odd",
        "_later",
        "_leaves_at",
        "_prompt",
        "heard_at",
    )

    def __init__(self, hall: Hall, prompt: Prompt | None) -> None:
        super().__init__(hall, loop=hall.loop, **hall.limits)
        self._hall = hall
        self._prompt = prompt
        self._is_odd = prompt is None  # aiohttp reads all that comes
        self._held = b""  # of a request that has not come whole
        self._block = b""  # the header lines that are let in, and what they say
        self._head: Head | None = None
        self._later: asyncio.Future[Reply] | None = None  # an answer that has to be waited for
        self.heard_at = hall.loop.time()
        self._leaves_at = hall.leaving_time(self.heard_at)

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer here."""
        return self._later is not None or not self._is_at_rest()

    def leave_soon(self) -> None:
        """Let the next answer be the last one."""
        self._leaves_at = self.heard_at

    def must_leave(self) -> bool:
        """Say whether the next answer is the last one."""
        return self.heard_at >= self._leaves_at or self._hall.is_leaving

    def force_close(self) -> None:
        """Close the connection; what still comes, as it may over TLS, is not read."""
        self._is_odd, self._held = True, b""
        super().force_close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109  aiohttp's
        """Give up an answer that is waited for, and close the connection."""
        if self._later is not None:
            self._later.cancel()
        await super().shutdown(timeout)

    def data_received(self, data: bytes) -> None:
        """Answer a plain request, or hand over to aiohttp."""
        self.heard_at = self._loop.time()
        if self._is_odd:
            super().data_received(data)
            return
        if self._held:
            data, self._held = self._held + data, b""
        if self._later is not None:
            self._hold(data)
        elif len(data) > MAX_HELD_BYTES:
            self._hand_over(data)
        elif data.endswith(END):
            self._read(data)
        elif may_become_plain(data):
            self._held = data
        else:
            self._hand_over(data)

    def _read(self, data: bytes) -> None:
        """Read one whole request; more than one at once is odd."""
        end = data.find(b"\r\n")
        block = data[end:]
        if block != self._block:
            self._meet(block)
        head, target = self._head, target_of(data[:end])
        if (
            head is None
            or target is None
            or self._paused
            or (self._request_count and not self._is_at_rest())
        ):
            self._hand_over(data)
            return
        # Only a block that is let in is kept.
        reply = self._prompt.answer(target, head.hops) if self._block and self._prompt else None
        if isinstance(reply, Reply):
            self._send(reply, closes=head.closes)
        elif reply is None:
            super().data_received(data)  # a whole request: what comes next may be answered here
        else:
            self._later = reply
            reply.add_done_callback(self._send_late)

    def _meet(self, block: bytes) -> None:
        """Read header lines that are new here, and keep them when they are known to be let in."""
        self._head, self._block = Head.read(block), b""
        remote = self.peername[0] if isinstance(self.peername, tuple) else None
        if self._head is not None and self._prompt and self._prompt.admits(self._head, remote):
            self._block = block

    def _send(self, reply: Reply, *, closes: bool) -> None:
        transport = self.transport
        if transport is None:  # nobody waits any more
            return
        self._next_keepalive_close_time = self.heard_at + self._keepalive_timeout
        closes = closes or self.must_leave()
        self._hall.post(transport, self._hall.bytes_of(reply, self.heard_at, closes=closes))
        if closes:
            # Nothing else is answered, not even what has been read already.
            self._held, self._is_odd, self._close = b"", True, True
            self._loop.call_soon(self.force_close)  # behind the post

    def _send_late(self, answered: asyncio.Future[Reply]) -> None:
        self._later = None
        if answered.cancelled() or self._head is None:
            self.force_close()
            return
        self._send(answered.result(), closes=self._head.closes)
        if self._held:
            self.data_received(b"")

    def _hold(self, data: bytes) -> None:
        """Keep what comes before the answer is out; nodes wait for it."""
        if len(data) > MAX_HELD_BYTES:
            self.force_close()
        else:
            self._held = data

    def _hand_over(self, data: bytes) -> None:
        self._is_odd = True
        super().data_received(data)

    def _is_at_rest(self) -> bool:
        """Say whether aiohttp has answered all that it was handed over, and waits for more."""
        if not self._request_count:  # it has not been handed any, and may not even wait yet
            return True
        waiter = self._waiter
        return waiter is not None and not waiter.done() and not self._messages
