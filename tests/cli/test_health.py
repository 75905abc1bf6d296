"""The health check of containers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from policy.handlers.door import Door
from policy.handlers.listening import listen
from policy.handlers.tls import tls_of
from policy.settings import Server
from tests.certificates import write_certificate
from tests.fakes.directory import FakeDirectory
from tests.running import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("is_away", "arguments", "code"),
    [(False, (), 0), (False, ("--ready",), 0), (True, (), 0), (True, ("--ready",), 1)],
)
async def test_the_code_says_how_the_server_is(
    run: Run, arguments: tuple[str, ...], code: int, *, is_away: bool
) -> None:
    """Alive without its database, ready only with it; the answer is printed."""
    directory = FakeDirectory()
    directory.is_away = is_away

    async with running(directory) as url:
        port = url.rpartition(":")[2]
        done = await asyncio.to_thread(run, "health", *arguments, server_port=port)

    assert done.returncode == code
    assert '"status": ' in done.stdout
    assert done.stderr.count("\n") == code


async def test_a_server_on_all_addresses_is_asked_on_loopback(run: Run) -> None:
    """`0.0.0.0` is where to listen, not whom to ask."""
    async with running(FakeDirectory()) as url:
        port = url.rpartition(":")[2]
        done = await asyncio.to_thread(
            run,
            "health",
            server_port=port,
            server_host="0.0.0.0",  # noqa: S104  what is tested
            access_anonymous="true",
        )

    assert (done.returncode, done.stderr) == (0, "")


def test_no_server_is_one_line(run: Run) -> None:
    """Code 1 and the address that was asked."""
    done = run("health", server_port=1)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("vdx-policy: http://127.0.0.1:1/health/live: ")
    assert len(done.stderr.splitlines()) == 1


async def test_a_server_that_speaks_tls_is_asked_by_tls(run: Run, tmp_path: Path) -> None:
    """Whatever name its certificate is for: it is this machine."""
    write_certificate(tmp_path)
    files = {"certificate": tmp_path / "server.pem", "private_key": tmp_path / "server.key"}
    tls = tls_of(Server.model_validate(files))

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text=request.path)

    with listen("server", "127.0.0.1", 0) as listener:
        door = Door(answer)
        await door.open(listener, tls)
        done = await asyncio.to_thread(
            run,
            "health",
            server_port=listener.getsockname()[1],
            server_certificate=files["certificate"],
            server_private_key=files["private_key"],
        )
        await door.close()

    assert (done.returncode, done.stdout, done.stderr) == (0, "/health/live\n", "")
