"""Remembered rooms of a small directory and of a large one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

import click

from load.asking import OK, remembered, samples
from load.databases import fresh
from load.directories import Sizes
from load.generated import write_rules
from load.options import Options, common
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import PORT, Setup, embedded, service
from load.wrk import find_wrk

WANTED_RATIO: Final = 0.95
SMALL: Final = 1000
LARGE: Final = 1_000_000
RULES: Final = 1000


def sizes_with(rooms: int) -> Sizes:
    """Give a directory with so many rooms and three times as many aliases."""
    return Sizes(templates=1200, rooms=rooms, aliases=3, devices=100, bookings=0)


@click.command("rooms")
@click.option("--rooms", default=LARGE, show_default=True, help="Rooms of the large directory.")
@common
def command(options: Options, rooms: int) -> None:
    """Compare remembered rooms of a directory of a million with those of one of a thousand."""
    measure(options, rooms)


def measure(options: Options, rooms: int = LARGE) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        write_rules(folder / "rules", RULES)
        how = remembered(options, cores, folder)
        cases = []
        for number, size in enumerate((SMALL, rooms)):
            home = fresh(options.cache, sizes_with(size), folder)
            name = f"rooms-{size}"
            setup = Setup(
                folder, folder / "rules", cores.server, embedded(home), name, PORT + 10 + number
            )
            cases.append(Case(name, parts.enter_context(service(setup)), how, OK, samples()))
        compared = compare(cases, options.rounds)
    rows = compared.rows()
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", f"rooms-{rooms}", f"rooms-{SMALL}")
    reached = [Target(f"{rooms:,} rooms / {SMALL:,}, requests per s", WANTED_RATIO, ratio)]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "rules": RULES,
        "medians": rows,
        "rounds": compared.rounds,
    }
    about = "the same remembered rooms by wrk -t1, in a small directory and in a large one"
    keep("rooms", about, measured, reached)
    return reached
