"""A process's line to its supervisor, on an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from policy.workers.messages import LENGTH, packed, unpacked

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from policy.workers.messages import Report


class Line:
    """Says and hears; when the supervisor is gone nothing is heard any more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Self:
        """Take over this end of a pair."""
        return cls(*await asyncio.open_connection(sock=end))

    def say(self, message: Report) -> None:
        """Send soon; nobody is told when the supervisor is gone."""
        self._writer.write(packed(message))

    async def hear(self) -> AsyncIterator[object]:
        """Give what the supervisor says, until it is gone."""
        try:
            while True:
                (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
                yield unpacked(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    async def close(self) -> None:
        """Send what is left to be said, and hang up."""
        try:
            await self._writer.drain()
            self._writer.close()
            await self._writer.wait_closed()
        except ConnectionError:
            return
