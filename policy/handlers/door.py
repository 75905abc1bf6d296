"""The HTTP server of one port: listens, answers, and leaves without losing a request."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiohttp.http_exceptions import HttpProcessingError

from policy.handlers.hall import Hall
from policy.handlers.listening import BACKLOG
from policy.handlers.safety import LOG_INTERVAL_S

if TYPE_CHECKING:
    import socket
    import ssl

    from policy.handlers.connection import Prompt
    from policy.handlers.hall import Handler, Share

# Nodes send some 2 kB; an alias of 10,000 characters is still to get a clean answer.
MAX_REQUEST_LINE_BYTES: Final = 64 << 10
# Who has been accepted in the last moment has hardly had the time to ask.
LINGER_S: Final = 0.3
# A connection that has been silent for so long is not about to ask.
SILENT_S: Final = 1.0
_TICK_S: Final = 0.02
# To aiohttp, 0 means to wait for ever.
_AT_ONCE_S: Final = 0.001

# aiohttp's own messages, without what a broken request said.
http_log = logging.getLogger("policy.http")


class _WithoutRequest(logging.Filter):
    """Drops the traceback of a request that is no HTTP: it repeats the request's bytes.

    Anybody can send such a request, so one line for many of them is enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self._logged_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what is not about a broken request, and some of what is."""
        if not record.exc_info or not isinstance(record.exc_info[1], HttpProcessingError):
            return True
        record.exc_info = None
        now = time.monotonic()
        if now - self._logged_at < LOG_INTERVAL_S:
            return False
        self._logged_at = now
        return True


class Door:
    """Serves one application on any number of listening sockets, which stay the caller's.

    `handle` answers every request, `prompt` plain ones faster. With `max_age_s` a connection that
    is older is closed behind its next answer.
    """

    def __init__(
        self, handle: Handler, prompt: Prompt | None = None, *, max_age_s: float | None = None
    ) -> None:
        self._handle = handle
        self._prompt = prompt
        self.max_age_s = max_age_s
        self.share: Share | None = None  # of the connections of several processes
        self._hall: Hall | None = None
        self._listening: dict[socket.socket, asyncio.Server] = {}

    async def open(self, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Accept connections; may be called for several listeners."""
        if self._hall is None:
            http_log.filters = [_WithoutRequest()]
            self._hall = Hall(
                self._handle,
                self._prompt,
                limits=_LIMITS,
                max_age_s=self.max_age_s,
                share=self.share,
            )
        # A copy: what asyncio is given, it closes.
        self._listening[listener] = await asyncio.get_running_loop().create_server(
            self._hall, sock=listener.dup(), backlog=BACKLOG, ssl=tls
        )

    async def leave(self, listener: socket.socket) -> None:
        """Accept no more from one listener; whoever has come that way stays."""
        self._listening.pop(listener).close()

    async def admit(self, connected: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Take in who was accepted elsewhere; who then fails to shake hands is let go."""
        if self._hall is None:
            connected.close()
            return
        with suppress(OSError):  # SSLError too
            await asyncio.get_running_loop().connect_accepted_socket(self._hall, connected, ssl=tls)

    async def drain(self, within_s: float) -> None:
        """Accept no more, answer what still comes, and return when nobody is left.

        Every answer says that it is the last. Whoever is silent for a second is closed, and who is
        still there after `within_s` seconds is cut off.
        """
        for listener in tuple(self._listening):
            await self.leave(listener)
        hall = self._hall
        if hall is None:
            return
        hall.is_leaving = True
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + within_s:
            for connection in hall.connected():
                if not connection.is_busy and loop.time() >= connection.heard_at + SILENT_S:
                    connection.force_close()
            if not hall.connected() and loop.time() >= began + LINGER_S:
                return
            await asyncio.sleep(_TICK_S)

    async def close(self) -> None:
        """Accept no more and cut off whoever is left."""
        for listener in tuple(self._listening):
            await self.leave(listener)
        if self._hall is not None:
            await self._hall.shutdown(timeout=_AT_ONCE_S)


_LIMITS: Final = {
    "logger": http_log,
    "access_log": None,  # it would write raw URLs, which carry names and aliases of people
    "max_line_size": MAX_REQUEST_LINE_BYTES,
    "max_field_size": MAX_REQUEST_LINE_BYTES,
}
