"""A door in front of the real PostgreSQL: it counts, garbles, closes, and stands still."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# What a client sends at the end of every question.
SYNC: Final = b"S\x00\x00\x00\x04"


# A row of the wrong number of columns.
GARBLED: Final = bytes.fromhex("440000000a0001000000055a0000000549")


class Proxy:
    """Forwards a unix socket to PostgreSQL's, as long as it is open."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = f"postgresql://policy@/{urlsplit(dsn).path[1:]}?host={folder}&port=5432"
        self.questions = 0
        self.flows = asyncio.Event()
        self.flows.set()
        self._beyond = Path(parse_qs(urlsplit(dsn).query)["host"][0]) / ".s.PGSQL.5432"
        self._here = folder / ".s.PGSQL.5432"
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self.garbles = False

    async def open(self) -> None:
        """Let clients in."""
        self._server = await asyncio.start_unix_server(self._serve, self._here)

    async def close(self) -> None:
        """Cut every connection and let nobody in."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._here.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_beyond, to_beyond = await asyncio.open_unix_connection(self._beyond)
        self._writers |= {writer, to_beyond}
        self._clients.add(writer)
        for source, target in ((reader, to_beyond), (from_beyond, writer)):
            task = asyncio.create_task(self._pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(65_536):
                self.questions += chunk.count(SYNC)
                await self.flows.wait()
                if self.garbles and target in self._clients:
                    chunk = GARBLED
                target.write(chunk)
        target.close()


@asynccontextmanager
async def proxy_to(dsn: str) -> AsyncIterator[Proxy]:
    """Open a proxy in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="vdx-proxy-"))
    proxy = Proxy(dsn, folder)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
        shutil.rmtree(folder)
