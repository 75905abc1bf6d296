"""Cached answers of the example room against a constant answer of aiohttp."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from load.results import keep, line_of, medians
from load.servers import reference, service
from load.wrk import Measured, drive, find_wrk


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds of each server.")
@click.option("--seconds", default=5, show_default=True, help="Length of a round.")
@click.option("--connections", default=32, show_default=True, help="Keep-alive connections.")
def hits(rounds: int, seconds: int, connections: int) -> None:
    """Compare cached answers of the example room with a constant answer of aiohttp."""
    find_wrk()
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="vdx-policy-load-")))
        contenders = [parts.enter_context(reference()), parts.enter_context(service(folder))]
        measured: dict[str, list[Measured]] = {each.name: [] for each in contenders}
        turns = [each for _ in range(rounds) for each in contenders]
        with click.progressbar(turns, label="measuring") as bar:
            for each in bar:
                seen = drive(
                    each.url,
                    pid=each.pid,
                    seconds=seconds,
                    connections=connections,
                    script=folder / "report.lua",
                )
                measured[each.name].append(seen)
    rows = {name: medians(rounds) for name, rounds in measured.items()}
    for name, row in rows.items():
        click.echo(line_of(name, row))
    ratio = rows["vdx-policy"]["requests_per_s"] / rows["aiohttp"]["requests_per_s"]
    click.echo(f"vdx-policy / aiohttp: {ratio:.2f}")
    about = "cached hits of one room, one process each, wrk -t1 on the same cores"
    keep("hits", about, {"connections": connections, "medians": rows, "ratio": ratio})
