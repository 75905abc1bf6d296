"""Rooms that nobody has asked for before, against rooms that are remembered."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import click

from load.asking import OK, once_each, remembered, samples
from load.databases import fresh
from load.generated import write_rules
from load.options import Options, common
from load.profiles.hits import size_of_answers
from load.profiles.rooms import sizes_with
from load.references import row_reference
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import Setup, embedded, service
from load.wrk import find_wrk

WANTED_RATIO = 0.4
RULES = 1000
OURS = ("misses", "misses one by one")


@click.command("misses")
@click.option("--rooms", default=1_000_000, show_default=True, help="Rooms to choose from.")
@common
def command(options: Options, rooms: int) -> None:
    """Compare calls to rooms that are asked for once with calls to remembered ones.

    PostgreSQL runs on the server's core. Beside it a bare aiohttp application that reads one row by
    its key with asyncpg, for each request, and has a PostgreSQL of its own there.
    """
    measure(options, rooms)


def measure(options: Options, rooms: int = 1_000_000) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with options.folder() as folder:
        write_rules(folder / "rules", RULES)
        home = fresh(options.cache, sizes_with(rooms), folder)
        setup = Setup(folder, folder / "rules", cores.server, embedded(home))
        with service(setup) as ours, ExitStack() as parts:
            asked = remembered(options, cores, folder)
            once = once_each(options, cores, folder, rooms)
            size = size_of_answers(ours, samples())
            theirs = fresh(options.cache, sizes_with(rooms), folder)
            bare = parts.enter_context(row_reference(size, cores.server, theirs))
            cases = [
                Case("hits", ours, asked, OK),
                Case("misses", ours, once, OK),
                Case("aiohttp, one row", bare, once),
            ]
            compared = compare(cases, options.rounds)
            one = replace(options, connections=1)
            how = once_each(one, cores, folder, rooms, after=options.rounds + 1)
            cold = [Case("alone", ours, how, OK)]
            alone = compare(cold, 1, "one by one")
    rows = {**compared.rows(), "misses one by one": alone.rows()["alone"]}
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", "misses", "hits")
    bare_ratio = compared.ratio("requests_per_s", "misses", "aiohttp, one row")
    missed = min(rows[name]["misses_per_request"] or 0 for name in OURS)
    reached = [
        Target("misses / hits, requests per s", WANTED_RATIO, ratio),
        Target("misses / aiohttp that reads one row, requests per s", 1.0, bare_ratio),
        Target("errors of hits and misses", 0, _errors(rows), at_least=False),
        Target("look-ups in the database for each miss", 0.99, missed),
    ]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "rules": RULES,
        "rooms": rooms,
        "medians": rows,
        "rounds": compared.rounds,
    }
    about = "each room once by wrk -t1, beside remembered rooms of the same server"
    keep("misses", f"{about}; embedded PostgreSQL on its core", measured, reached)
    return reached


def _errors(rows: dict[str, dict[str, float | None]]) -> float:
    return sum(row["errors"] or 0 for row in rows.values())
