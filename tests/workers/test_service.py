"""Several processes look like one service to whoever asks."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.certificates import write_certificate
from tests.e2e.program import until
from tests.workers.crew import PATH, connections_of, visit, workers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.workers.crew import Staffed, Visit


async def test_connections_that_are_kept_spread_evenly(staffed: Staffed) -> None:
    """Few ones too: who is one too many at a worker is told to come again."""
    async with staffed.serving() as program, AsyncExitStack() as parts:
        for _ in range(8):
            await parts.enter_async_context(kept(program.url))
        held = [connections_of(pid, program.url) for pid in workers_of(program)]

    assert sorted(held) == [4, 4]
    assert "  workers: 2" in program.lines


async def test_connections_that_are_not_kept_spread_too(staffed: Staffed) -> None:
    """By chance, which is even enough for many."""
    async with staffed.serving() as program, AsyncExitStack() as parts:
        for _ in range(64):
            await parts.enter_async_context(visit(program.url))
        workers = workers_of(program)

        async def held() -> list[int]:
            return [connections_of(pid, program.url) for pid in workers]

        counts = await until(held, lambda found: sum(found) == 64)

    assert min(counts) >= 12


@asynccontextmanager
async def kept(url: str) -> AsyncIterator[Visit]:
    """Connect as often as it takes until the connection may be kept."""
    while True:
        async with visit(url) as here:
            assert await here.ask() == 200
            if not here.is_last:
                yield here
                return


async def test_tls_sessions_are_resumed_at_any_worker(staffed: Staffed, tmp_path: Path) -> None:
    """A ticket of one worker is good at all: their keys were made before they were."""
    write_certificate(tmp_path)
    async with staffed.serving(
        server_certificate=tmp_path / "server.pem", server_private_key=tmp_path / "server.key"
    ) as program:
        assert program.url.startswith("https://")
        client = ssl.create_default_context(cafile=tmp_path / "server.pem")
        client.check_hostname = False
        resumed = await asyncio.to_thread(resume, program.url, client, 12)

    assert resumed == [False, *[True] * 12]


def resume(url: str, client: ssl.SSLContext, times: int) -> list[bool]:
    """Ask over a new connection, and again so often with its session; says what was resumed."""
    session, resumed = None, []
    for _ in range(times + 1):
        where = urlsplit(url)
        with (
            socket.create_connection((where.hostname, where.port), timeout=10) as plain,
            client.wrap_socket(plain, session=session) as secure,
        ):
            secure.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while read := secure.recv(65536):
                answer += read
            assert answer.startswith(b"HTTP/1.1 200")
            resumed.append(bool(secure.session_reused))
            session = session or secure.session  # its ticket comes with the first answer
    return resumed
