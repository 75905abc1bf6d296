"""Somebody tries numbers beside real calls, which should not notice."""

from __future__ import annotations

import asyncio
import tempfile
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import click

from load.results import keep
from load.servers import service
from load.steady import lookups, paced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.servers import Contender

REAL_PER_S: Final = 100
UNKNOWN_PER_S: Final = 200
# Fewer than are tried while one is remembered, so that some are tried again in that time.
UNKNOWN: Final = 3000
REAL: Final = ("721834", "discharge", "730112", "730200", "740900")


@click.command()
@click.option("--seconds", default=60, show_default=True, help="Length of each of two phases.")
def scanner(seconds: int) -> None:
    """Call real rooms alone, then beside 200 unknown aliases a second."""
    with (
        tempfile.TemporaryDirectory(prefix="vdx-policy-load-") as folder,
        service(Path(folder)) as contender,
    ):
        measured = asyncio.run(_measure(contender, seconds))
    for name, value in measured.items():
        click.echo(f"{name}: {value}")
    about = f"{REAL_PER_S} real calls/s; beside them {UNKNOWN_PER_S} of {UNKNOWN} unknown aliases/s"
    keep("scanner", about, measured)


async def _measure(contender: Contender, seconds: int) -> dict[str, object]:
    real, unknown = _urls(contender, REAL), _urls(contender, [f"66{n:05}" for n in range(UNKNOWN)])
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector) as http:

        async def asked() -> dict[str, float]:
            return await lookups(http, contender.origin)

        await paced(http, real, per_s=REAL_PER_S, seconds=2)
        start = await asked()
        alone = await paced(http, real, per_s=REAL_PER_S, seconds=seconds)
        between = await asked()
        beside, scanned = await asyncio.gather(
            paced(http, real, per_s=REAL_PER_S, seconds=seconds),
            paced(http, unknown, per_s=UNKNOWN_PER_S, seconds=seconds),
        )
        end = await asked()
    quiet, busy = _between(start, between), _between(between, end)
    # An alias that nobody owns takes one look-up: what is left of both phases is of real calls.
    per_call = sum(quiet.values()) / len(alone.times_ms)
    real_lookups = per_call * len(beside.times_ms)
    unknown_asked = busy["miss"] - quiet["miss"]
    return {
        "real alone": alone.row(),
        "real beside the scanner": beside.row(),
        "scanner": scanned.row(),
        "hit rate of real calls alone": round(quiet["hit"] / sum(quiet.values()), 4),
        "hit rate of real calls beside": round(1 - quiet["miss"] / real_lookups, 4),
        "questions for unknown aliases": unknown_asked,
        "questions for each unknown alias": round(unknown_asked / UNKNOWN, 2),
        "look-ups served stale": end.get("stale", 0),
    }


def _urls(contender: Contender, locals_: list[str] | tuple[str, ...]) -> Iterator[str]:
    head, _, _ = contender.url.partition("&local_alias=")
    return cycle([f"{head}&local_alias={local}%40rooms.example.org" for local in locals_])


def _between(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {each: after[each] - before[each] for each in ("hit", "miss")}
