"""What a process holds with many rules and many remembered rooms: alone, and as one of two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import click

from load.asking import each_room
from load.databases import fresh
from load.generated import write_rules
from load.options import Options, common
from load.processes import usage_of
from load.profiles.rooms import sizes_with
from load.results import Target, keep
from load.rounds import MEGABYTE, memory_row
from load.service import PORT, Setup, embedded, service
from load.wrk import drive, find_wrk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from load.contenders import Contender
    from load.cores import Cores

RULES: Final = 10_000
ROOMS: Final = 100_000
WANTED_MB: Final = 120
ROUND_S: Final = 2.0
WANTED: Final = 0.99
# One connection is one worker's for 45 s at least, see `policy/workers/post.py`: in that time it
# calls every room, and that worker remembers as much as a single process.
OF_ONE_WORKER_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """Memory before and after every room was called; `process_mb` is the largest process's."""

    rows: Mapping[str, object]
    process_mb: float
    entries: tuple[str, ...]

    def row(self) -> dict[str, object]:
        """Give it as result files have it."""
        return {**self.rows, "largest_process_rss_mb": self.process_mb, "cache": self.entries}


@click.command("memory")
@click.option("--rules", default=RULES, show_default=True, help="Rules in force.")
@click.option("--rooms", default=ROOMS, show_default=True, help="Rooms, each called once.")
@common
def command(options: Options, rules: int, rooms: int) -> None:
    """Weigh the service with 10,000 rules and 100,000 rooms that have been called."""
    measure(options, rules, rooms)


def measure(options: Options, rules: int = RULES, rooms: int = ROOMS) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with options.folder() as folder:
        write_rules(folder / "rules", rules)
        with service(_setup(options, folder, rooms, cores, 1)) as ours:
            alone = _weighed(ours, replace(options, seconds=ROUND_S), cores, folder, rooms)
        one_line = replace(options, seconds=OF_ONE_WORKER_S, connections=1)
        with service(_setup(options, folder, rooms, cores, 2)) as ours:
            forked = _weighed(ours, one_line, cores, folder, rooms)
    weighed = {"one process": alone, "two workers": forked}
    for name, each in weighed.items():
        click.echo(f"{name}: {each.row()}")
    about = f"{rules:,} rules in force, {rooms:,} rooms called once; processes but PostgreSQL's"
    reached = [
        Target(f"RSS of {name}, MiB", WANTED_MB, each.process_mb, at_least=False)
        for name, each in (("one process", alone), ("a forked worker", forked))
    ]
    rows = {name: each.row() for name, each in weighed.items()}
    measured = {"cores": cores.row(), "rules": rules, "rooms": rooms, "memory": rows}
    keep("memory", about, measured, reached)
    return reached


def _setup(options: Options, folder: Path, rooms: int, cores: Cores, workers: int) -> Setup:
    home = fresh(options.cache, sizes_with(rooms), folder)
    return Setup(
        folder,
        folder / "rules",
        cores.server,
        embedded(home),
        f"memory-{workers}",
        PORT + 40 + workers,
        workers=workers,
        more={"cache": {"owned_s": 3600}},
    )


def _weighed(ours: Contender, options: Options, cores: Cores, folder: Path, rooms: int) -> Weighed:
    """Call every room, and weigh before and after."""
    rows = {"at the start": _row(ours)}
    how = each_room(options, cores, folder, rooms)
    asked = 0
    with click.progressbar(length=rooms, label="calling each room") as bar:
        while asked < rooms * WANTED:
            driven = drive(ours, how(asked))
            asked += driven.requests
            bar.update(min(driven.requests, rooms))
    rows["with every room"] = _row(ours)
    largest = max(usage_of((pid,)).rss_bytes for pid in ours.tree().server)
    entries = [line for line in ours.metrics().splitlines() if "cache_entries{" in line]
    return Weighed(rows, largest / MEGABYTE, tuple(entries))


def _row(ours: Contender) -> Mapping[str, object]:
    tree = ours.tree()
    return memory_row(usage_of(tree.server), usage_of(tree.database))
