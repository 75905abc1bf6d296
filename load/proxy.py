"""Stands between the service and its database, and makes it slow or takes it away."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOCKET: Final = ".s.PGSQL.5432"
CHUNK_BYTES: Final = 1 << 16


class Proxy:
    """Passes connections on; `delay` and `lose` may be called from any thread.

    A delay holds back each piece that the database sends, by itself: what is sent at once arrives
    at once.
    """

    def __init__(self, folder: Path, target: Path) -> None:
        self._listens, self._target = folder / SOCKET, target
        self._delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    def delay(self, seconds: float) -> None:
        """Let the database be there, but that slow."""
        self._delay_s = seconds
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def lose(self) -> None:
        """Cut every connection and take no others."""
        asyncio.run_coroutine_threadsafe(self._refuse(), self._loop).result()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Pass connections on meanwhile, in a thread of its own."""
        thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        thread.start()
        try:
            self.delay(0)
            yield
        finally:
            self.lose()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _listen(self) -> None:
        if self._server is None:
            self._listens.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._take, self._listens)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            writer.transport.abort()
        if self._passing:
            await asyncio.wait(tuple(self._passing))

    def _take(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(client, back))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            database, forth = await asyncio.open_unix_connection(self._target)
        except OSError:
            back.transport.abort()
            return
        self._open |= {back, forth}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(client, forth, slowly=False))
                group.create_task(self._copy(database, back, slowly=True))
        except* OSError:
            pass  # one side has gone, and so does the other
        finally:
            self._open -= {back, forth}
            back.transport.abort()
            forth.transport.abort()

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, slowly: bool
    ) -> None:
        free_at = 0.0
        while data := await source.read(CHUNK_BYTES):
            if not slowly:
                sink.write(data)
                continue
            # Never before what came earlier, should the delay have become shorter.
            free_at = max(self._loop.time() + self._delay_s, free_at)
            self._loop.call_at(free_at, sink.write, data)
        raise ConnectionResetError
