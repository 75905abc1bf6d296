"""What stands before the database makes it slow, takes it away and brings it back."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from load.proxy import SOCKET, Proxy


class _Echo:
    """Says what it hears."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.tasks.add(asyncio.create_task(self._repeat(reader, writer)))

    async def _repeat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()


async def _said(path: Path) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"hello")
    try:
        return await reader.read(100)
    finally:
        writer.close()


async def test_a_database_comes_and_goes() -> None:
    """It answers, late if wanted; then connections are refused; then it answers again."""
    with tempfile.TemporaryDirectory() as name:  # short enough for the path of a socket
        folder = Path(name)
        echo = _Echo()
        server = await asyncio.start_unix_server(echo.take, folder / "target")
        proxy = Proxy(folder, folder / "target")
        loop = asyncio.get_running_loop()
        with proxy.running():
            assert await _said(folder / SOCKET) == b"hello"

            proxy.delay(0.05)
            started = loop.time()
            assert await _said(folder / SOCKET) == b"hello"
            assert loop.time() - started >= 0.05

            proxy.lose()
            with pytest.raises(OSError, match=r"refused|No such file"):
                await _said(folder / SOCKET)

            proxy.delay(0)
            assert await _said(folder / SOCKET) == b"hello"
        server.close()
        await asyncio.gather(*echo.tasks, return_exceptions=True)
