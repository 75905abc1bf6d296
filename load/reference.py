"""A bare aiohttp application with a constant answer: what no decision at all costs."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

# As long as the service's answer for the example room.
BODY = b'{"status":"success","action":"continue","result":{"name":"%s"}}' % (b"x" * 351)


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(body=BODY, content_type="application/json")


async def _serve(port: int) -> None:
    app = web.Application()
    app.router.add_get("/policy/v1/service/configuration", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)  # noqa: T201  the runner waits for this line
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
