"""Somebody tries numbers, as fast as the server answers and beside real calls."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import TYPE_CHECKING, Final

import aiohttp
import click

from load.asking import OK, numbers_once, remembered
from load.counts import lookups
from load.options import Options, common
from load.paths import FIRST_ROOM, SERVICE
from load.profiles.hits import RULES
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import service, small
from load.steady import paced
from load.wrk import find_wrk

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from load.contenders import Contender

REAL_PER_S: Final = 100
UNKNOWN_PER_S: Final = 200
# Fewer than are tried while one is remembered, so that some are tried again in that time.
UNKNOWN: Final = 3000
REAL: Final = range(FIRST_ROOM, FIRST_ROOM + 5)
FIRST_UNKNOWN: Final = 6_600_000
REFUSED: Final = frozenset({"UNKNOWN_ALIAS"})


@click.command("scanner")
@click.option("--phase-seconds", default=60, show_default=True, help="Length of a paced phase.")
@common
def command(options: Options, phase_seconds: int) -> None:
    """Refuse unknown numbers as fast as wrk asks, then beside real calls at their pace.

    The first part compares a storm of numbers, each tried once, with remembered rooms. The second
    tells whether real calls notice 200 unknown aliases a second.
    """
    measure(options, phase_seconds)


def measure(options: Options, phase_seconds: int = 60) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with (
        options.folder() as folder,
        service(small(options, cores.server, folder, RULES)) as ours,
    ):
        beside = asyncio.run(_beside(ours, phase_seconds))
        cases = [
            Case("hits", ours, remembered(options, cores, folder), OK),
            Case("storm", ours, numbers_once(options, cores, folder), REFUSED),
        ]
        compared = compare(cases, options.rounds)
    rows = compared.rows()
    click.echo(table(rows))
    for name, value in beside.items():
        click.echo(f"{name}: {value}")
    errors = sum(row["errors"] or 0 for row in rows.values())
    reached = [
        Target(
            "scanner storm: errors, real calls refused and numbers let in",
            0,
            errors,
            at_least=False,
        ),
    ]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "medians": rows,
        "ratio_storm_to_hits": compared.ratio("requests_per_s", "storm", "hits"),
        "beside_real_calls": beside,
        "rounds": compared.rounds,
    }
    about = "numbers that nobody owns by wrk -t1, each once; then at a pace beside real calls"
    keep("scanner", about, measured, reached)
    return reached


async def _beside(ours: Contender, seconds: int) -> dict[str, object]:
    real = _urls(ours, REAL)
    unknown = _urls(ours, range(FIRST_UNKNOWN, FIRST_UNKNOWN + UNKNOWN))

    def asked() -> Counter[str]:
        return lookups(ours.metrics())

    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector) as http:
        await paced(http, real, per_s=REAL_PER_S, seconds=2)
        start = asked()
        alone = await paced(http, real, per_s=REAL_PER_S, seconds=seconds)
        between = asked()
        beside, scanned = await asyncio.gather(
            paced(http, real, per_s=REAL_PER_S, seconds=seconds),
            paced(http, unknown, per_s=UNKNOWN_PER_S, seconds=seconds),
        )
        end = asked()
    quiet, busy = between - start, end - between
    tried = min(UNKNOWN, UNKNOWN_PER_S * seconds)
    return {
        "real alone": alone.row(),
        "real beside the scanner": beside.row(),
        "scanner": scanned.row(),
        "misses of real calls alone": quiet["miss"],
        "questions for each unknown alias": (busy["miss"] - quiet["miss"]) / tried,
        "look-ups served stale": end["stale"],
    }


def _urls(ours: Contender, numbers: range) -> Iterator[str]:
    head = f"{ours.origin}{SERVICE}?call_direction=dial_in&protocol=sip"
    return cycle([f"{head}&local_alias={number}%40rooms.example.org" for number in numbers])
