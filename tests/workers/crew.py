"""The processes of a running service, and clients that note every request that fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tests.e2e.program import until
from tests.handlers.asking import SERVICE, get

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Mapping

    from tests.e2e.program import Program, Site

PATH: Final = (
    f"{SERVICE}?call_direction=dial_in&protocol=sip&local_alias=721834%40rooms.example.org"
)
ESTABLISHED: Final = "01"
_REQUEST: Final = f"GET {PATH} HTTP/1.1\r\nHost: policy\r\n\r\n".encode()
_LAST_REQUEST: Final = _REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Staffed:
    """A site that is served by several processes, with settings of its own."""

    site: Site
    settings: Mapping[str, object]

    @asynccontextmanager
    async def serving(self, workers: int = 2, **more: object) -> AsyncIterator[Program]:
        """Run it until the end of the block."""
        given = {"server_workers": workers, **self.settings, **more}
        async with self.site.serving(**given) as program:
            yield program


def children_of(pid: int) -> list[int]:
    """Give the processes that a process has started, the oldest first; none when it is gone."""
    try:
        return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except (FileNotFoundError, ProcessLookupError):
        return []


def keeper_of(program: Program) -> int:
    """Give the process that looks after the embedded database: it has a child itself."""
    return next(pid for pid in children_of(program.process.pid) if children_of(pid))


def others_of(program: Program) -> list[int]:
    """Give the processes that run another program than the supervisor."""
    own = _arguments_of(program.process.pid)
    return [pid for pid in children_of(program.process.pid) if _arguments_of(pid) != own]


def workers_of(program: Program) -> list[int]:
    """Give the processes that answer, or are about to."""
    others = others_of(program)
    pids = children_of(program.process.pid)
    return [pid for pid in pids if pid not in others and not children_of(pid)]


def _arguments_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


async def until_workers(program: Program, count: int, *, without: tuple[int, ...] = ()) -> None:
    """Wait until so many processes answer, and none of these does."""

    async def found() -> list[int]:
        return workers_of(program)

    await until(found, lambda pids: len(pids) == count and not set(pids) & set(without))


def connections_of(pid: int, url: str) -> int:
    """Count the connections to the service that a process holds."""
    port = f":{urlsplit(url).port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    held = {row[9] for row in rows if row[1].endswith(port) and row[3] == ESTABLISHED}
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            inodes.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    return len(held & inodes)


async def counted(url: str, metric: str = "policy_handlers_requests_total") -> float:
    """Give what a metric adds up to: if none is named, how many policy requests were answered."""
    text = (await get(url, "/metrics")).body.decode()
    lines = [line for line in text.splitlines() if line.startswith((f"{metric} ", f"{metric}{{"))]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


@dataclass(slots=True)
class Visit:
    """One connection, over which requests are sent one after the other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_last: bool = False

    async def ask(self, request: bytes = _REQUEST) -> int:
        """Send a request and give the status of the whole answer."""
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        await self.reader.readexactly(length)
        self.is_last = "\r\nconnection: close\r\n" in head
        return int(head.split(" ")[1])


@asynccontextmanager
async def visit(url: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Visit]:
    """Connect, and hang up at the end."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, ssl=tls)
    try:
        yield Visit(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


class Crowd:
    """Clients that ask without pause: some keep their connections, some take a new one each time.

    They never try again: what fails is noted. As nodes do, they believe `Connection: close`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answered = 0
        self.failures: Counter[str] = Counter()
        self._is_over = False

    @asynccontextmanager
    async def asking(self, *, keeping: int = 4, short: int = 4) -> AsyncIterator[Crowd]:
        """Ask from here to the end of the block."""
        async with asyncio.TaskGroup() as group:
            for _ in range(keeping):
                group.create_task(self._come_and_go(stays=True))
            for _ in range(short):
                group.create_task(self._come_and_go(stays=False))
            try:
                yield self
            finally:
                self._is_over = True

    async def until_answered(self, more: int) -> None:
        """Wait until so many more requests have been answered."""
        wanted = self.answered + more

        async def answered() -> int:
            return self.answered

        await until(answered, lambda count: count >= wanted)

    async def _come_and_go(self, *, stays: bool) -> None:
        while not self._is_over:
            try:
                async with visit(self.url) as here:
                    await self._ask(here, stays=stays)
            except (OSError, asyncio.IncompleteReadError) as exc:
                self.failures[f"{type(exc).__name__}, stays: {stays}"] += 1

    async def _ask(self, here: Visit, *, stays: bool) -> None:
        while not self._is_over:
            status = await here.ask(_REQUEST if stays else _LAST_REQUEST)
            if status != 200:
                self.failures[f"HTTP {status}"] += 1
            self.answered += 1
            if here.is_last or not stays:
                return


def kill(pid: int) -> None:
    """End a process as a crash does."""
    os.kill(pid, signal.SIGKILL)
