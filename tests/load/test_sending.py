"""Requests go out at their time, whether or not others are answered."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from load.day.plan import Ask, Kind
from load.day.sending import CONNECTIONS, Sender

TOGETHER = CONNECTIONS + 4
BODY = b'{"status":"success","action":"reject","reason":"UNKNOWN_ALIAS"}'


async def test_no_request_waits_for_another() -> None:
    """A server that answers nobody before all have asked still gets all of them."""
    arrived = 0
    all_there = asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        nonlocal arrived
        arrived += 1
        if arrived == TOGETHER:
            all_there.set()
        await all_there.wait()
        return web.Response(body=BODY, content_type="application/json")

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sender = Sender("127.0.0.1", runner.addresses[0][1], time.perf_counter())
    await sender.open()

    await sender.send_all([Ask(0.001 * each, Kind.UNKNOWN, "/") for each in range(TOGETHER)])
    sender.close()
    await runner.cleanup()

    assert sender.seen.kinds == {Kind.UNKNOWN: TOGETHER}
    assert sender.seen.faults == {}
    assert sender.seen.opened == TOGETHER
    assert max(sender.seen.from_due) >= max(sender.seen.from_sent)
