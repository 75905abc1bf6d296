"""One worker and two: how much more two decide."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import click

from load.asking import OK, remembered, samples
from load.cores import Cores, available
from load.options import Options, common
from load.profiles.hits import RULES
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import PORT, service, small
from load.wrk import find_wrk

WANTED_RATIO: Final = 1.8
# Enough connections for the kernel to spread them evenly.
CONNECTIONS: Final = 256
TWO: Final = 2
SHARED: Final = (
    "too few cores for two workers and the generator: wrk shared each worker's core, one thread "
    "for one worker on one core, two threads for two workers on two"
)
APART: Final = "the generator had a core of its own"


@click.command("workers")
@common
def command(options: Options) -> None:
    """Compare two workers with one.

    Where there are no cores left for the generator, it runs on those of the workers both times,
    with a thread for each worker: then each worker has the same part of a core.
    """
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    options = replace(options, connections=max(options.connections, CONNECTIONS))
    cores = _cores_of(options)
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        cases = []
        for workers, own in cores.items():
            setup = replace(
                small(options, own.server, folder, RULES),
                name=f"workers-{workers}",
                port=PORT + 30 + workers,
                workers=workers,
            )
            ours = parts.enter_context(service(setup))
            how = remembered(options, own, folder, threads=workers if own.are_shared else 1)
            cases.append(Case(setup.name, ours, how, OK, samples()))
        compared = compare(cases, options.rounds)
    rows = compared.rows()
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", "workers-2", "workers-1")
    how_measured = SHARED if cores[TWO].are_shared else APART
    cost = compared.ratio("cpu_us_per_request", "workers-2", "workers-1")
    reached = [Target("2 workers / 1, requests per s", WANTED_RATIO, ratio)]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": {f"workers-{workers}": own.row() for workers, own in cores.items()},
        "how": how_measured,
        "cpu_of_a_request_ratio": cost,
        "medians": rows,
        "rounds": compared.rounds,
    }
    click.echo(f"{how_measured}; a request takes {cost:.2f} times the CPU with two workers")
    keep("workers", "remembered rooms by wrk, one worker and two", measured, reached)
    return reached


def _cores_of(options: Options) -> dict[int, Cores]:
    """Divide the cores for one worker and for two."""
    two = options.cores(TWO)
    if not two.are_shared:
        return {1: options.cores(), TWO: two}
    ordered = sorted(available())
    if len(ordered) < TWO:
        raise click.ClickException("two workers are no more than one on a single core")
    one, both = frozenset(ordered[:1]), frozenset(ordered[:TWO])
    return {1: Cores(one, one), TWO: Cores(both, both)}
