"""Rooms that nobody has asked for before: how long each waits, in a small and a large directory."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

import aiohttp
import click

from load.databases import fresh
from load.options import Options, common
from load.paths import FIRST_ROOM, concrete, misses
from load.processes import usage_of
from load.profiles.rooms import LARGE, SMALL, sizes_with
from load.results import keep
from load.rounds import MEGABYTE
from load.service import Setup, embedded, service
from load.steady import Waited, call

if TYPE_CHECKING:
    from load.contenders import Contender

CACHE_BYTES: Final = 64_000_000
AT_ONCE: Final = 32
CALLS: Final = 20_000
FLOOD: Final = 200_000


@click.command("lookups")
@click.option("--rooms", default=LARGE, show_default=True, help="Rooms of the large one.")
@click.option("--calls", default=CALLS, show_default=True, help="Cold calls, one by one.")
@click.option("--flood", default=FLOOD, show_default=True, help="Further rooms, many at once.")
@common
def command(options: Options, rooms: int, calls: int, flood: int) -> None:
    """Call rooms for the first time: how long it takes, and what the server's memory does."""
    cores = options.cores()
    rows = {}
    for size in (SMALL, rooms):
        with options.folder() as folder:
            (folder / "rules").mkdir()
            home = fresh(options.cache, sizes_with(size), folder)
            more = {"cache": {"bytes": CACHE_BYTES}}
            setup = Setup(folder, folder / "rules", cores.server, embedded(home), more=more)
            with service(setup) as ours:
                measured = asyncio.run(_ask(ours, size, min(calls, size), min(flood, size)))
        rows[f"{size:,} rooms"] = measured
    for name, row in rows.items():
        click.echo(f"{name}: {row}")
    about = "each room called once over HTTP, no rules; then many more, 32 at a time"
    keep("lookups", about, {"cores": cores.row(), "cache_bytes": CACHE_BYTES, **rows})


async def _ask(ours: Contender, rooms: int, calls: int, flood: int) -> dict[str, object]:
    draw = random.Random(1)  # noqa: S311  the same every time
    cold, more = draw.sample(range(rooms), calls), iter(draw.sample(range(rooms), flood))
    (target,) = misses(1)

    def url_of(room: int) -> str:
        return f"{ours.origin}{concrete(target, FIRST_ROOM + room, room)}"

    waited, flooded = Waited(), Waited()
    async with aiohttp.ClientSession() as http:
        for room in cold:
            await call(http, url_of(room), waited)
        before_mb = _memory_mb(ours)

        async def take_some() -> None:
            for room in more:
                await call(http, url_of(room), flooded)

        await asyncio.gather(*(take_some() for _ in range(AT_ONCE)))
    return {
        "cold, one by one": waited.row(),
        f"cold, {AT_ONCE} at a time": flooded.row(),
        "server_mb after the first": before_mb,
        "server_mb at the end": _memory_mb(ours),
    }


def _memory_mb(ours: Contender) -> int:
    return round(usage_of(ours.tree().server).rss_bytes / MEGABYTE)
