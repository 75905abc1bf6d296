"""What all connections of one port have in common: limits, the head of answers, and leaving."""

from __future__ import annotations

import asyncio
import random
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiohttp import web

from policy.handlers.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp.web_protocol import RequestHandler

    from policy.handlers.connection import Prompt
    from policy.handlers.replies import Reply

    Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

SERVER: Final = "vdx-policy"


class Share(Protocol):
    """Whoever counts the connections of several processes."""

    def come(self) -> bool:
        """Count a connection; says whether it would be better off elsewhere."""
        ...

    def go(self) -> None:
        """Count one that is gone."""
        ...


class Hall(web.Server):
    """aiohttp's low-level server, whose connections answer plain requests themselves.

    `max_age_s` is how long a connection may be kept, None for ever: nodes that come back are spread
    anew over all processes. With a `share` one that is too many is closed behind its first answer.
    """

    def __init__(
        self,
        handle: Handler,
        prompt: Prompt | None,
        *,
        limits: Mapping[str, Any],
        max_age_s: float | None = None,
        share: Share | None = None,
    ) -> None:
        super().__init__(self._see)
        self.loop = asyncio.get_running_loop()
        self.limits = dict(limits)
        self.is_leaving = False
        self._handle = handle
        self._prompt = prompt
        self._max_age_s = max_age_s
        self._share = share
        self._heads: dict[tuple[int, str, bool], tuple[bytes, bytes]] = {}
        self._heads_until = 0.0
        self._post: list[tuple[asyncio.WriteTransport, bytes]] = []

    def __call__(self) -> Connection:
        """Make a connection."""
        return Connection(self, self._prompt)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Count a connection, which may be one too many here."""
        super().connection_made(handler, transport)
        if self._share is not None and self._share.come() and isinstance(handler, Connection):
            handler.leave_soon()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Count one that is gone."""
        super().connection_lost(handler, exc)
        if self._share is not None:
            self._share.go()

    def connected(self) -> list[Connection]:
        """Give the connections that are open."""
        return [each for each in self.connections if isinstance(each, Connection)]

    def leaving_time(self, now: float) -> float:
        """Say when a connection has to go, at a time of its own, so that they do not go at once."""
        if self._max_age_s is None:
            return float("inf")
        return now + self._max_age_s * random.uniform(0.75, 1.25)  # noqa: S311  no secret

    def bytes_of(self, reply: Reply, now: float, *, closes: bool) -> bytes:
        """Give an answer as it goes out; `now` is the loop's time."""
        status, content_type, body = reply
        if now >= self._heads_until:  # the date is another
            self._heads.clear()
            self._heads_until = now + 1 - time.time() % 1
        key = (status, content_type, closes)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = _head(*key)
        before, behind = head
        return b"%b%d%b%b" % (before, len(body), behind, body)

    def post(self, transport: asyncio.WriteTransport, answer: bytes) -> None:
        """Send an answer, together with those to all who are heard in the same turn of the loop.

        To send wakes up whoever waits for it, which takes longer than to decide; while somebody is
        up, the next answer wakes nobody.
        """
        if not self._post:
            self.loop.call_soon(self._deliver)
        self._post.append((transport, answer))

    def _deliver(self) -> None:
        post, self._post = self._post, []
        for transport, answer in post:
            if not transport.is_closing():  # uvloop raises, and the others would get nothing
                transport.write(answer)

    async def _see(self, request: web.BaseRequest) -> web.StreamResponse:
        response = await self._handle(request)
        response.headers["Server"] = SERVER
        connection = request.protocol
        if isinstance(connection, Connection) and connection.must_leave():
            response.force_close()
        return response


def _head(status: int, content_type: str, closes: bool) -> tuple[bytes, bytes]:  # noqa: FBT001  a key
    """Give what stands before and behind the length, in the order of aiohttp."""
    before = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *([f"Content-Type: {content_type}"] if content_type else []),
        f"Server: {SERVER}",
        "Content-Length: ",
    ]
    behind = ["", f"Date: {formatdate(usegmt=True)}"]
    behind += ["Connection: close"] if closes else []
    return "\r\n".join(before).encode("ascii"), "\r\n".join([*behind, "", ""]).encode("ascii")
