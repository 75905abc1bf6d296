"""A management node that knows a few names, in pages of two, and wants credentials.

Conferences run on it and are ended by its command API.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

NAMES: Final = {
    "ivr_theme": ["Region", "Corporate", "Kiosk"],
    "system_location": ["Aarhus"],
}
AUTHORIZATION: Final = aiohttp.encode_basic_auth("admin", "an-invented-password")


@dataclass(slots=True)
class Conferences:
    """What runs: service names by the ids of conferences; and which were told to end."""

    running: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    async def list(self, request: web.Request) -> web.Response:
        """Answer what runs."""
        objects = [{"id": id_, "name": name} for id_, name in self.running.items()]
        return _page(request, objects)

    async def disconnect(self, request: web.Request) -> web.Response:
        """End a conference that runs."""
        if request.headers.get("Authorization") != AUTHORIZATION:
            return web.Response(status=401)
        ended = (await request.json())["conference_id"]
        del self.running[ended]
        self.ended.append(ended)
        return web.json_response({"status": "success"}, status=202)


async def _list(request: web.Request) -> web.Response:
    names = NAMES.get(request.match_info["resource"], [])
    return _page(request, [{"id": number, "name": name} for number, name in enumerate(names)])


def _page(request: web.Request, objects: Sequence[Mapping[str, object]]) -> web.Response:
    if request.headers.get("Authorization") != AUTHORIZATION:
        return web.Response(status=401)
    start = int(request.query.get("offset", "0"))
    after = f"{request.path}?offset={start + 2}" if start + 2 < len(objects) else None
    meta = {"next": after, "limit": 2}
    return web.json_response({"meta": meta, "objects": objects[start : start + 2]})


@asynccontextmanager
async def managing(conferences: Conferences | None = None) -> AsyncIterator[str]:
    """Serve on a free port of loopback; gives the base URL."""
    held = conferences or Conferences()
    app = web.Application()
    app.router.add_get("/api/admin/configuration/v1/{resource}/", _list)
    app.router.add_get("/api/admin/status/v1/conference/", held.list)
    app.router.add_post("/api/admin/command/v1/conference/disconnect/", held.disconnect)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
