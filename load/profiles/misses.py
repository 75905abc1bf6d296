"""Rooms that nobody has asked for before, against rooms that are remembered."""

from __future__ import annotations

from dataclasses import replace

import click

from load.asking import OK, once_each, remembered
from load.databases import fresh
from load.generated import write_rules
from load.options import Options, common
from load.profiles.rooms import sizes_with
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import Setup, embedded, service
from load.wrk import find_wrk

WANTED_RATIO = 0.4
RULES = 1000


@click.command("misses")
@click.option("--rooms", default=1_000_000, show_default=True, help="Rooms to choose from.")
@common
def command(options: Options, rooms: int) -> None:
    """Compare calls to rooms that are asked for once with calls to remembered ones.

    PostgreSQL runs on the server's core.
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
        with service(setup) as ours:
            cases = [
                Case("hits", ours, remembered(options, cores, folder), OK),
                Case("misses", ours, once_each(options, cores, folder, rooms), OK),
            ]
            compared = compare(cases, options.rounds)
            one = replace(options, connections=1)
            how = once_each(one, cores, folder, rooms, after=options.rounds + 1)
            cold = [Case("alone", ours, how, OK)]
            alone = compare(cold, 1, "one by one")
    rows = {**compared.rows(), "misses one by one": alone.rows()["alone"]}
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", "misses", "hits")
    missed = min(rows[name]["misses_per_request"] or 0 for name in rows if name != "hits")
    reached = [
        Target("misses / hits, requests per s", WANTED_RATIO, ratio),
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
