"""Constant answers: `python -m load.reference KIND PORT BYTES [CERTIFICATE KEY]`."""

from __future__ import annotations

import asyncio
import importlib
import ssl
import sys
from typing import TYPE_CHECKING

import uvloop

from load.bodies import body_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

PATH = "/policy/v1/service/configuration"


async def _serve_aiohttp(kind: str, port: int, body: bytes, tls: ssl.SSLContext | None) -> None:
    from aiohttp import web  # noqa: PLC0415  another Python may run FastAPI without it

    async def answer(_request: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    if kind == "aiohttp-lowlevel":
        runner: web.BaseRunner = web.ServerRunner(web.Server(answer, access_log=None))
    else:
        runner = _application(answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    print("ready", flush=True)  # noqa: T201  the runner waits for this line
    await asyncio.Event().wait()


def _application(
    answer: Callable[[web.BaseRequest], Awaitable[web.Response]],
) -> web.BaseRunner:
    from aiohttp import web  # noqa: PLC0415  as above

    app = web.Application()
    app.router.add_get(PATH, answer)
    return web.AppRunner(app, access_log=None)


def _serve_fastapi(port: int, body: bytes) -> None:
    # Not a dependency of anything here: found when somebody has installed it.
    fastapi, uvicorn = importlib.import_module("fastapi"), importlib.import_module("uvicorn")
    app = fastapi.FastAPI(openapi_url=None)

    async def answer() -> object:
        return fastapi.Response(body, media_type="application/json")

    app.get(PATH)(answer)
    print("ready", flush=True)  # noqa: T201  as above
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def _main(kind: str, port: int, size: int, *pair: str) -> None:
    body = body_of(size).encode()
    if kind == "fastapi":
        _serve_fastapi(port, body)
        return
    tls = None
    if pair:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*pair)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_aiohttp(kind, port, body, tls))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
