"""How long a start takes, with a database that is there already."""

from __future__ import annotations

import http.client
import subprocess
import time
from statistics import median

import click

from load.asking import ROOMS, SMALL, samples
from load.cores import on
from load.databases import fresh
from load.generated import write_rules
from load.options import Options, common
from load.processes import ROOT, STOP_S
from load.profiles.hits import RULES
from load.profiles.rooms import sizes_with
from load.results import keep
from load.service import PORT, Setup, command_of, embedded

# A million rooms are looked through at a start, which takes half a minute.
GIVEN_UP_S = 300.0
OK = 200


@click.command("start")
@click.option("--rooms", default=ROOMS, show_default=True, help="Rooms of the directory.")
@common
def command(options: Options, rooms: int) -> None:
    """Time a start from the command to the first answer to a call."""
    measure(options, rooms)


def measure(options: Options, rooms: int = ROOMS) -> None:
    """Measure and write the result file."""
    cores = options.cores()
    sizes = SMALL if rooms == ROOMS else sizes_with(rooms)
    with options.folder() as folder:
        write_rules(folder / "rules", RULES)
        setup = Setup(
            folder, folder / "rules", cores.server, embedded(fresh(options.cache, sizes, folder))
        )
        folder.chmod(0o711)
        with click.progressbar(range(options.rounds), label="starting") as bar:
            took = [_start(setup) for _ in bar]
    click.echo(f"start: {median(took):.2f} s (from {min(took):.2f} to {max(took):.2f})")
    about = "from the command to the first answer to a call; embedded database that is there"
    measured = {
        "cores": cores.row(),
        "rules": RULES,
        "rooms": rooms,
        "median_s": median(took),
        "rounds_s": took,
    }
    keep("start", about, measured)


def _start(setup: Setup) -> float:
    command_line, target = command_of(setup), samples()[0]
    silent = subprocess.DEVNULL
    started = time.perf_counter()
    with on(setup.cores):
        process = subprocess.Popen(command_line, cwd=ROOT, stdout=silent, stderr=silent)  # noqa: S603  our own command
    try:
        while not _answers(target):
            if time.perf_counter() - started > GIVEN_UP_S or process.poll() is not None:
                raise click.ClickException("the service did not start")
            time.sleep(0.005)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(STOP_S)


def _answers(target: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", target)
        return connection.getresponse().status == OK
    except OSError:
        return False
    finally:
        connection.close()
