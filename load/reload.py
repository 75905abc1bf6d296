"""What a reload of 10,000 rules does to the calls under way: failures, and the slowest of them."""

from __future__ import annotations

import json
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from load.generated import write_rules
from load.results import keep, line_of, medians
from load.servers import service
from load.wrk import Measured, drive, find_wrk

if TYPE_CHECKING:
    from load.servers import Contender

RULES: Final = 10_000


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds without and with a reload.")
@click.option("--seconds", default=15, show_default=True, help="Length of a round.")
@click.option("--connections", default=8, show_default=True, help="Keep-alive connections.")
def reload(rounds: int, seconds: int, connections: int) -> None:
    """Compare the p99 of calls while 10,000 rules are reloaded with that of quiet calls."""
    find_wrk()
    measured: dict[str, list[Measured]] = {"quiet": [], "reloading": []}
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="vdx-policy-load-")))
        rules = folder / "rules"
        write_rules(rules, RULES)
        contender = parts.enter_context(service(folder, rules))
        turns = [turn for _ in range(rounds) for turn in measured]
        with click.progressbar(turns, label="measuring") as bar:
            for number, turn in enumerate(bar):
                script = folder / "report.lua"
                work = threading.Thread(target=_change, args=(contender, rules, number))
                if turn == "reloading":
                    work.start()
                seen = drive(
                    contender.url,
                    pid=contender.pid,
                    seconds=seconds,
                    connections=connections,
                    script=script,
                )
                if turn == "reloading":
                    work.join()
                measured[turn].append(seen)
    rows = {turn: medians(each) for turn, each in measured.items()}
    for turn, row in rows.items():
        click.echo(line_of(turn, row))
    ratio = median(each.p99_ms for each in measured["reloading"]) / rows["quiet"]["p99_ms"]
    errors = sum(each.errors for each in measured["reloading"])
    click.echo(f"p99 reloading / quiet: {ratio:.2f}; failed while reloading: {errors}")
    keep(
        "reload",
        "one room asked by wrk -t1 on the same cores, 10,000 rules reloaded once in a round",
        {"connections": connections, "medians": rows, "p99_ratio": ratio, "failed": errors},
    )


def _change(contender: Contender, rules: Path, number: int) -> None:
    """Change the rules and wait until they are in force."""
    before = _version(contender)
    rule = f"{{name: change-{number}, when: {{alias: {{exact: c{number}}}}}, then: continue}}"
    text = f"rules:\n  - {rule}\n"
    (rules / "20-change.yaml").write_text(text, encoding="utf-8")
    while _version(contender) == before:
        time.sleep(0.2)


def _version(contender: Contender) -> str:
    with urllib.request.urlopen(f"{contender.origin}/health/ready") as response:  # noqa: S310  our own
        version: str = json.load(response)["rules"]["version"]
    return version
