"""One row for each request, found by its key: `python -m load.reference_row PORT BYTES DATABASE`.

What a miss costs at the least in an application as one would write it: aiohttp, asyncpg's pool, one
look-up in one index, and a constant answer.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import Final

import asyncpg
import uvloop
from aiohttp import web

from load.bodies import body_of
from load.reference import PATH
from policy.embedded.cluster import Cluster

# As many as asyncpg would open unless told otherwise.
CONNECTIONS: Final = 10
FIND: Final = "SELECT room_id FROM address WHERE local = $1 AND state <> 'free'"
_NUMBER: Final = re.compile("([0-9]+)@")


async def _serve(port: int, body: bytes, home: Path) -> None:
    cluster = Cluster(home)
    await cluster.open()
    try:
        async with asyncpg.create_pool(cluster.dsn, min_size=CONNECTIONS) as pool:

            async def answer(request: web.Request) -> web.Response:
                number = _NUMBER.search(request.query.get("local_alias", ""))
                if number is None or await pool.fetchrow(FIND, number[1]) is None:
                    raise web.HTTPNotFound
                return web.Response(body=body, content_type="application/json")

            app = web.Application()
            app.router.add_get(PATH, answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
            print("ready", flush=True)  # noqa: T201  the runner waits for this line
            await stop.wait()
            await runner.cleanup()
    finally:
        await cluster.close()


def _main(port: str, size: str, home: str) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(port), body_of(int(size)).encode(), Path(home)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
