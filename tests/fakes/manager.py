"""A management node that knows a few names, in pages of two, and wants credentials."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAMES: Final = {
    "ivr_theme": ["Region", "Corporate", "Kiosk"],
    "system_location": ["Aarhus"],
}
AUTHORIZATION: Final = aiohttp.encode_basic_auth("admin", "an-invented-password")


async def _list(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != AUTHORIZATION:
        return web.Response(status=401)
    names = NAMES.get(request.match_info["resource"], [])
    start = int(request.query.get("offset", "0"))
    after = f"{request.path}?offset={start + 2}" if start + 2 < len(names) else None
    page = [{"id": number, "name": name} for number, name in enumerate(names)][start : start + 2]
    return web.json_response({"meta": {"next": after, "limit": 2}, "objects": page})


@asynccontextmanager
async def managing() -> AsyncIterator[str]:
    """Serve on a free port of loopback; gives the base URL."""
    app = web.Application()
    app.router.add_get("/api/admin/configuration/v1/{resource}/", _list)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
