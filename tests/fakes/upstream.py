"""Another policy server on a real socket: it answers as told, late, wrongly, or not at all."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

JSON: Final = "application/json"
JPEG: Final = "image/jpeg"
_CHUNK: Final = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came; header names are in lower case."""

    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `waits` holds it back until `let_go`, `raw` is sent in place of HTTP."""

    status: int = 200
    content_type: str | None = JSON
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False
    endless: bool = False
    raw: bytes | None = None

    def head(self) -> bytes:
        """Give the status line and the headers."""
        lines = [f"HTTP/1.1 {self.status} Told"]
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        length = "Transfer-Encoding: chunked" if self.endless else f"Content-Length: {self._length}"
        lines += [length, *(f"{name}: {value}" for name, value in self.headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    @property
    def _length(self) -> int:
        return len(self.body)


def success(result: object = None, **more: object) -> Reply:
    """Give an answer as a node takes it; `result` None leaves the key out."""
    document: dict[str, object] = {"status": "success", **more}
    if result is not None:
        document["result"] = result
    return Reply(body=json.dumps(document).encode())


class FakeUpstream:
    """Answers `replies` by path without query, else `reply`; notes what it hears.

    Use it as an async context manager; `stop` makes it refuse connections.
    """

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply = reply or Reply(404, body=b'{"status": "fail"}')
        self.replies: dict[str, Reply] = {}
        self.heard: list[Heard] = []
        self.connections = 0
        self.let_go = asyncio.Event()
        self.url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Drop every connection and take no more; the port stays nobody's."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError):
                while await self._answer(reader, writer):
                    pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; say whether the connection lives on."""
        heard = _heard(await reader.readuntil(b"\r\n\r\n"))
        self.heard.append(heard)
        reply = self.replies.get(heard.target.partition("?")[0], self.reply)
        if reply.waits:
            await self.let_go.wait()
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        writer.write(reply.head() + reply.body)
        await writer.drain()
        while reply.endless:
            writer.write(_CHUNK)
            await writer.drain()
        return True


def _heard(head: bytes) -> Heard:
    request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Heard(request_line.split(" ")[1], headers)
