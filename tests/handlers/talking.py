"""Conversations over real sockets, piece by piece, and a port that says who answered."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from yarl import URL

from policy.apps import forwarder_of
from policy.handlers.access import Access
from policy.handlers.door import MAX_REQUEST_LINE_BYTES, http_log
from policy.handlers.entrance import NodeEntrance
from policy.handlers.facts import Facts
from policy.handlers.gallery import Gallery
from policy.handlers.hall import Hall
from policy.handlers.health import DirectoryHealth, HealthHandler
from policy.handlers.phonebook import PhonebookHandler
from policy.handlers.routes import PolicyRoutes
from policy.handlers.safety import Safety
from policy.plans import plan_of
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable
from policy.settings import Settings
from policy.wire.vocabulary import Action
from tests.fakes.phonebook import FakePhonebook
from tests.fakes.pictures import FakePictures
from tests.running import NOON, cached_as_by

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping, Sequence

    from aiohttp import web

    from policy.directory.lookup import Directory
    from policy.handlers.connection import Prompt
    from policy.handlers.hall import Handler, Share
    from policy.handlers.plain import Head
    from policy.handlers.replies import Reply

WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> tuple[int, str | None, bytes]:
        """What must be the same, whoever answers."""
        return self.status, self.headers.get("content-type"), self.body

    @property
    def closes(self) -> bool:
        """Whether it says that it is the last."""
        return self.headers.get("connection") == "close"


class Talk:
    """One connection, seen from the other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def say(self, *pieces: bytes, turns: int = 3) -> None:
        """Send each piece so that it arrives by itself; one turn is hardly time to answer it."""
        for piece in pieces:
            self.writer.write(piece)
            await a_moment(turns)

    async def hear(self, *, head_only: bool = False) -> Heard:
        """Read one answer, as long as its headers say; raises IncompleteReadError at the end."""
        async with asyncio.timeout(WITHIN_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            pairs = [line.partition(": ") for line in head[1:-2]]
            headers = {name.lower(): value for name, _, value in pairs}
            assert len(headers) == len(pairs)
            length = 0 if head_only else int(headers["content-length"])
            body = await self._reader.readexactly(length)
        return Heard(int(head[0].split(" ")[1]), headers, body)

    async def ask(self, target: str, *lines: str) -> Heard:
        """Send a request and read its answer."""
        await self.say(request(target, *lines))
        return await self.hear()

    async def some(self) -> bytes:
        """Read what there is; nothing at the end."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.read(1 << 16)

    async def rest(self) -> bytes:
        """Read up to the end of the connection, which must be a clean one."""
        async with asyncio.timeout(WITHIN_S):
            return await self._reader.read()


@asynccontextmanager
async def talk(
    url: str, *, tls: ssl.SSLContext | None = None, buffer_bytes: int | None = None
) -> AsyncIterator[Talk]:
    """Open a connection; `buffer_bytes` is how much of the answers the kernel may keep for it."""
    where = URL(url)
    assert where.host is not None
    assert where.port is not None
    sock = socket.socket()
    if buffer_bytes is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    sock.setblocking(False)  # noqa: FBT003  its only argument
    await asyncio.get_running_loop().sock_connect(sock, (where.host, where.port))
    name = where.host if tls else None
    reader, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=name)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def a_moment(turns: int = 3) -> None:
    """Let the loop carry what was sent to the other end, and let that act on it."""
    for _ in range(turns):
        await asyncio.sleep(0)


def request(target: str, *lines: str, method: str = "GET") -> bytes:
    """Give a plain request with these header lines besides `Host`."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: a", *lines, "", ""]).encode("latin-1")


class Watched:
    """An entrance that notes who was asked: aiohttp's way, or the prompt one."""

    def __init__(self, entrance: NodeEntrance) -> None:
        self._entrance = entrance
        self.by_aiohttp: list[str] = []
        self.promptly: list[str] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer as aiohttp has read it."""
        self.by_aiohttp.append(request.raw_path)
        return await self._entrance.handle(request)

    def admits(self, head: Head, remote: str | None) -> bool:
        """Ask the entrance."""
        return self._entrance.admits(head, remote)

    def answer(self, target: str, hops: str) -> Reply | asyncio.Future[Reply] | None:
        """Answer from the bytes; what the entrance leaves to aiohttp is not noted."""
        reply = self._entrance.answer(target, hops)
        if reply is not None:
            self.promptly.append(target)
        return reply


def watched(directory: Directory, access: Access | None = None) -> Watched:
    """Put together what answers nodes, for a directory."""
    settings = Settings()
    live = LiveRules(RuleTable())
    cached = cached_as_by(settings, directory, lambda: NOON)
    facts = Facts(cached, live, forwarder_of(settings), lambda: NOON, plan_of(settings))
    safety = Safety(answer_within_s=2.0, fallback=Action.CONTINUE)
    gallery = Gallery(FakePictures(), cache_bytes=1 << 20)
    routes = PolicyRoutes(facts, safety, PhonebookHandler(facts, FakePhonebook()), gallery)
    pages = HealthHandler(DirectoryHealth(directory), live).pages()
    return Watched(NodeEntrance(access or Access({}, []), pages, routes))


@asynccontextmanager
async def halled(
    handle: Handler,
    prompt: Prompt | None,
    *,
    max_age_s: float | None = None,
    share: Share | None = None,
) -> AsyncIterator[tuple[str, Hall]]:
    """Serve in a hall of its own; gives the base URL too."""
    limits = {
        "logger": http_log,
        "access_log": None,
        "max_line_size": MAX_REQUEST_LINE_BYTES,
        "max_field_size": MAX_REQUEST_LINE_BYTES,
    }
    hall = Hall(handle, prompt, limits=limits, max_age_s=max_age_s, share=share)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        server = await asyncio.get_running_loop().create_server(hall, sock=listener.dup())
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", hall
        finally:
            server.close()
            await hall.shutdown(timeout=0.001)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes into pieces, none of them empty."""
    marks = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[start:end] for start, end in pairwise(marks)]
