"""What the number of rules costs: full decisions with 10 of them and with 10,000."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import click

from load.asking import OK, remembered, samples
from load.deciding import in_memory
from load.options import Options, common
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import PORT, service, small
from load.wrk import find_wrk

WANTED_RATIO: Final = 0.9
SIZES: Final = (10, 10_000)


@click.command("rules")
@common
def command(options: Options) -> None:
    """Compare full decisions with 10,000 rules with decisions with 10, and time the loading."""
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        how = remembered(options, cores, folder)
        cases = []
        for number, size in enumerate(SIZES):
            name = f"rules-{size}"
            setup = small(options, cores.server, folder, size)
            setup = replace(setup, name=name, port=PORT + 20 + number)
            cases.append(Case(name, parts.enter_context(service(setup)), how, OK, samples()))
        compared = compare(cases, options.rounds)
    memory = in_memory(SIZES, random.Random(1))  # noqa: S311  the same every time
    rows = compared.rows()
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", "rules-10000", "rules-10")
    reached = [Target("10,000 rules / 10, requests per s", WANTED_RATIO, ratio)]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "medians": rows,
        "in_memory": memory,
        "rounds": compared.rounds,
    }
    about = "remembered rooms by wrk -t1; none of the generated rules speaks to them"
    keep("rules", about, measured, reached)
    return reached
