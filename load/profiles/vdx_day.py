"""A day of the Danish hub at its pace, answered or not: calm, crowded, and without a database."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final, cast

import click

from load.cores import on
from load.databases import filled, fresh
from load.day.losing import Database
from load.day.plan import Stretch
from load.day.schedule import changes_of
from load.day.tenants import Done, book_the_day, carry_out
from load.directories import Sizes
from load.generated import write_rules
from load.options import Options, common
from load.percentiles import percentile
from load.processes import ROOT, usage_of
from load.results import Target, keep, rounded
from load.rounds import memory_row
from load.service import PORT, Setup, service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from load.contenders import Contender
    from load.cores import Cores

DAY: Final = Stretch(1, 550.0, 600.0)
SPIKE: Final = Stretch(2, 1500.0, 60.0, changes=1.0, has_crowds=False)
LOST_S: Final = 40.0
LOST: Final = replace(DAY, number=3, seconds=3 * LOST_S, changes=0.0)
RULES: Final = 1000
LOCATIONS: Final = """
rules:
  - name: by-site
    for: location
    then:
      location_by_subnet:
        10.20.0.0/16: {location: Aarhus, overflow: [Odense, Cloud]}
        10.30.0.0/16: {location: Odense, overflow: [Aarhus, Cloud]}
        10.200.0.0/16: {location: Cloud, overflow: [Odense]}
"""
# What it takes to build a request, to bring in a booking, and to start, in seconds; generously.
BUILDING_S: Final = 100e-6
BOOKING_S: Final = 2e-3
STARTING_S: Final = 8.0
P99_MS: Final = 10.0
P99_9_MS: Final = 50.0
# While the database is away a call may take twice as long.
AWAY_RATIO: Final = 2.0


@click.command("vdx-day")
@click.option("--rate", default=DAY.rate, show_default=True, help="Requests a second, on average.")
@click.option("--day-seconds", default=DAY.seconds, show_default=True, help="Length of the day.")
@click.option(
    "--spike", default=SPIKE.rate, show_default=True, help="The same in the spike; 0: none."
)
@click.option(
    "--spike-seconds", default=SPIKE.seconds, show_default=True, help="Length of the spike."
)
@click.option("--lose-database/--keep-database", default=True, help="Kill PostgreSQL in the end.")
@click.option("--lost-seconds", default=LOST_S, show_default=True, help="How long it is away.")
@common
def command(  # noqa: PLR0913  click's way
    options: Options,
    rate: float,
    day_seconds: float,
    spike: float,
    spike_seconds: float,
    *,
    lose_database: bool,
    lost_seconds: float,
) -> None:
    """Call as the Danish hub does on a busy day, at a given pace, beside scanners and bookings.

    Requests are sent at their time whether or not others are answered, and every answer is looked
    at. A stretch without a database, three times as long as that is away, comes last.
    """
    stretches = {"day": replace(DAY, rate=rate, seconds=day_seconds)}
    if spike:
        stretches["spike"] = replace(SPIKE, rate=spike, seconds=spike_seconds)
    if lose_database:
        stretches["database lost"] = replace(LOST, rate=rate, seconds=3 * lost_seconds)
    measure(options, stretches, lost_seconds)


def measure(
    options: Options, stretches: Mapping[str, Stretch] | None = None, lost_s: float = LOST_S
) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    stretches = stretches or {"day": DAY, "spike": SPIKE, "database lost": LOST}
    cores = options.cores()
    filled(options.cache, Sizes())  # which runs a loop of its own
    rows = asyncio.run(_run(options, stretches, lost_s))
    click.echo(_table(rows))
    reached = _targets(rows)
    measured = {
        "cores": cores.row(),
        "rules": RULES + 1,
        "directory": asdict(Sizes()),
        "stretches": {name: asdict(each) for name, each in stretches.items()},
        "database_away_s": lost_s if "database lost" in stretches else 0,
        "rows": rows,
    }
    about = "a working day of the Danish hub in ten hours of a tenth each, sent at its pace"
    keep("vdx-day", f"{about}; times count from when a request was due", measured, reached)
    return reached


async def _run(
    options: Options, stretches: Mapping[str, Stretch], lost_s: float
) -> dict[str, dict[str, object]]:
    cores = options.cores()
    rows: dict[str, dict[str, object]] = {}
    async with AsyncExitStack() as parts:
        folder = parts.enter_context(options.folder())
        write_rules(folder / "rules", RULES)
        (folder / "rules" / "50-locations.yaml").write_text(LOCATIONS, encoding="utf-8")
        database = Database(fresh(options.cache, Sizes(), folder), cores.server)
        parts.enter_context(on(cores.generator))  # whatever this process does itself
        await database.open()
        parts.push_async_callback(database.close)
        key_file = str(database.home / "secret.key")
        more = {"secrets": {"key_file": key_file}}
        setup = Setup(folder, folder / "rules", cores.server, {"url": database.dsn}, more=more)
        ours = parts.enter_context(service(setup))
        for name, stretch in stretches.items():
            away_s = lost_s if name == "database lost" else 0.0
            click.echo(f"{name}: {stretch.rate:g} requests/s for {stretch.seconds:g} s")
            rows[name] = await _stretch(ours, database, stretch, folder, cores, away_s)
    return rows


async def _stretch(
    ours: Contender,
    database: Database,
    stretch: Stretch,
    folder: Path,
    cores: Cores,
    away_s: float,
) -> dict[str, object]:
    bookings = stretch.bookings_per_hour * 10
    begins_at = time.time() + STARTING_S + stretch.requests * BUILDING_S + bookings * BOOKING_S
    with on(cores.generator):
        generator = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "load.day.generator",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
    told = {"port": PORT, "begins_at": begins_at, "stretch": asdict(stretch)}
    asking = asyncio.create_task(generator.communicate(f"{json.dumps(told)}\n".encode()))
    connection = await database.connect()
    await book_the_day(connection, database.seal, stretch, begins_at, folder)
    await asyncio.sleep(max(begins_at - time.time(), 0))
    tree = ours.tree()
    before = usage_of(tree.server), database.usage()
    showing = asyncio.create_task(_show(begins_at, stretch.seconds))
    if away_s:
        await connection.close()
        await asyncio.sleep(max(begins_at + stretch.seconds / 3 - time.time(), 0))
        await database.away(away_s)
        done = Done()
    else:
        changes = changes_of(stretch)
        done = await carry_out(connection, database.seal, changes, begins_at)
        await connection.close()
    output, _ = await asking
    await showing
    if generator.returncode:
        raise click.ClickException("the load generator failed")
    after = usage_of(ours.tree().server), database.usage()
    spent_s = after[0].cpu_s - before[0].cpu_s
    database_s = None if away_s else after[1].cpu_s - before[1].cpu_s  # it is another one then
    return {
        **_row(json.loads(output), stretch),
        "cpu_us_per_request": spent_s / stretch.requests * 1e6,
        "server_cpu_share": spent_s / stretch.seconds,
        "database_cpu_share": None if database_s is None else database_s / stretch.seconds,
        "commits": done.commits,
        "latest_commit_s": done.latest_s,
        "failed_commits": done.failures,
        **memory_row(*after),
    }


async def _show(begins_at: float, seconds: float) -> None:
    with click.progressbar(range(int(seconds)), label="calling") as bar:
        for second in bar:
            await asyncio.sleep(max(begins_at + second + 1 - time.time(), 0))


def _row(seen: Mapping[str, object], stretch: Stretch) -> dict[str, object]:
    due, sent, late = (_times(seen, key) for key in ("from_due", "from_sent", "late"))
    kinds, faults, instead = (_counts(seen, key) for key in ("kinds", "faults", "instead"))
    cuts = {"p50_ms": 50, "p99_ms": 99, "p99_9_ms": 99.9, "max_ms": 100}
    cpu_s = float(str(seen["cpu_s"]))
    return {
        "requests": len(due),
        "requests_per_s": len(due) / stretch.seconds,
        "failed": sum(faults.values()),
        "faults": faults,
        "answered_without_database": sum(instead.values()),
        "without_database": instead,
        "kinds": kinds,
        **{name: percentile(due, cut) * 1000 for name, cut in cuts.items()},
        "from_sending": {name: percentile(sent, cut) * 1000 for name, cut in cuts.items()},
        "sent_late": {name: percentile(late, cut) * 1000 for name, cut in cuts.items()},
        "connections_opened": seen["opened"],
        "generator_cpu_share": cpu_s / stretch.seconds,
    }


def _times(seen: Mapping[str, object], key: str) -> list[float]:
    return cast("list[float]", seen[key])


def _counts(seen: Mapping[str, object], key: str) -> dict[str, int]:
    return cast("dict[str, int]", seen[key])


def _figure(row: Mapping[str, object], key: str) -> float:
    return float(str(row[key]))


def _targets(rows: Mapping[str, Mapping[str, object]]) -> list[Target]:
    reached = []
    for name, row in rows.items():
        failed = _figure(row, "failed")
        reached.append(Target(f"{name}: failed answers", 0, failed, at_least=False))
        if name != "database lost":
            p99, p999 = _figure(row, "p99_ms"), _figure(row, "p99_9_ms")
            reached.append(Target(f"{name}: p99 in ms", P99_MS, p99, at_least=False))
            reached.append(Target(f"{name}: p99.9 in ms", P99_9_MS, p999, at_least=False))
    if "database lost" in rows and "day" in rows:
        ratio = _figure(rows["database lost"], "p99_ms") / _figure(rows["day"], "p99_ms")
        what = "database lost: p99 / that of the day"
        reached.append(Target(what, AWAY_RATIO, ratio, at_least=False))
    return reached


def _table(rows: Mapping[str, Mapping[str, object]]) -> str:
    keys = [
        "requests_per_s",
        "p50_ms",
        "p99_ms",
        "p99_9_ms",
        "max_ms",
        "failed",
        "answered_without_database",
        "cpu_us_per_request",
        "generator_cpu_share",
    ]
    lines = ["| | " + " | ".join(keys) + " |", "|---|" + "---:|" * len(keys)]
    for name, row in rows.items():
        cells = (f"{rounded(_figure(row, key)):,g}" for key in keys)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
