"""What a worker holds with many rules and many remembered rooms."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import click

from load.asking import each_room
from load.databases import fresh
from load.generated import write_rules
from load.options import Options, common
from load.processes import usage_of
from load.profiles.rooms import sizes_with
from load.results import keep
from load.rounds import memory_row
from load.service import Setup, embedded, service
from load.wrk import drive, find_wrk

RULES: Final = 10_000
ROOMS: Final = 100_000
ROUND_S: Final = 2.0
WANTED: Final = 0.99


@click.command("memory")
@click.option("--rules", default=RULES, show_default=True, help="Rules in force.")
@click.option("--rooms", default=ROOMS, show_default=True, help="Rooms, each called once.")
@common
def command(options: Options, rules: int, rooms: int) -> None:
    """Weigh the service with 10,000 rules and 100,000 rooms that have been called."""
    measure(options, rules, rooms)


def measure(options: Options, rules: int = RULES, rooms: int = ROOMS) -> None:
    """Measure and write the result file."""
    find_wrk()
    cores = options.cores()
    figures: dict[str, object] = {}
    with options.folder() as folder:
        write_rules(folder / "rules", rules)
        home = fresh(options.cache, sizes_with(rooms), folder)
        more = {"cache": {"owned_s": 3600}}
        setup = Setup(folder, folder / "rules", cores.server, embedded(home), more=more)
        with service(setup) as ours:
            tree = ours.tree()
            figures["at the start"] = memory_row(usage_of(tree.server), usage_of(tree.database))
            how = each_room(replace(options, seconds=ROUND_S), cores, folder, rooms)
            asked = 0
            with click.progressbar(length=rooms, label="calling each room") as bar:
                while asked < rooms * WANTED:
                    driven = drive(ours, how(asked))
                    asked += driven.requests
                    bar.update(min(driven.requests, rooms))
            tree = ours.tree()
            figures["with every room"] = memory_row(usage_of(tree.server), usage_of(tree.database))
            entries = [line for line in ours.metrics().splitlines() if "cache_entries{" in line]
    for name, row in figures.items():
        click.echo(f"{name}: {row}")
    click.echo("\n".join(entries))
    about = f"{rules:,} rules in force, {rooms:,} rooms called once; processes but PostgreSQL's"
    measured = {"rules": rules, "rooms": rooms, "memory": figures, "cache": entries}
    keep("memory", about, {"cores": cores.row(), **measured})
