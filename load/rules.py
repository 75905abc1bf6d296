"""What the number of rules costs: a decision with 10 and with 10,000, and loading them."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from load.generated import write_rules
from load.results import keep
from load.servers import EXAMPLE, QUERY
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.documents import load
from policy.rules.files import load_rule_set
from policy.rules.question import Moment
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from policy.rules.table import RuleTable

SIZES: Final = (10, 10_000)
# Answered as fast as any other, since neither a caller nor a rule can make a regex run on.
HOSTILE: Final = "a" * 10_000
BOMB: Final = "rules:\n  - {name: bomb, when: {alias: {regex: '(a+)+$'}}, then: continue}\n"


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Rounds of each set of rules.")
@click.option("--calls", default=2000, show_default=True, help="Calls in a round.")
def rules(rounds: int, calls: int) -> None:
    """Compare a decision with 10,000 rules with one with 10, and time the loading."""
    with tempfile.TemporaryDirectory(prefix="vdx-policy-load-") as name:
        folder = Path(name)
        tables, loading = {}, {}
        for size in SIZES:
            write_rules(folder / str(size), size)
            started = time.perf_counter()
            tables[size] = load_rule_set(folder / str(size)).table()
            loading[size] = time.perf_counter() - started
        write_rules(folder / "bomb", SIZES[-1])
        (folder / "bomb" / "00-bomb.yaml").write_text(BOMB, encoding="utf-8")
        bombed = load_rule_set(folder / "bomb").table()
    taken: dict[str, list[float]] = {"10": [], "10000": [], "hostile": []}
    turns = [turn for _ in range(rounds) for turn in taken]
    with click.progressbar(turns, label="measuring") as bar:
        for turn in bar:
            table = bombed if turn == "hostile" else tables[int(turn)]
            alias = HOSTILE if turn == "hostile" else "721834"
            taken[turn].append(_decide(table, alias, calls))
    us = {turn: median(rounds) * 1e6 for turn, rounds in taken.items()}
    ratio = us["10000"] / us["10"]
    click.echo(f"a decision: {us['10']:.1f} us with 10 rules, {us['10000']:.1f} us with 10,000")
    click.echo(f"10,000 / 10: {ratio:.2f}; loading 10,000: {loading[SIZES[-1]]:.2f} s")
    click.echo(f"(a+)+$ against 10,000 letters: {us['hostile']:.1f} us")
    keep(
        "rules",
        "parsing and deciding one call in memory, no HTTP; none of the generated rules matches",
        {"us_per_decision": us, "ratio": ratio, "loading_s": loading},
    )


def _decide(table: RuleTable, alias: str, calls: int) -> float:
    """Give the seconds that one call takes, on average over a round."""
    directory = MemoryDirectory(load(EXAMPLE / "directory.yaml", DirectoryFile).value)
    stage = Stage(table, Plan(), directory.find_now, lambda _: None)
    query = QUERY.replace("721834", alias)
    moment = Moment(datetime(2026, 5, 4, 10, tzinfo=UTC), "token")
    # Another port each time, so that nothing could be remembered.
    asked = [
        Asked(RequestType.SERVICE, "", f"{query}&request_id={number}") for number in range(calls)
    ]
    started = time.perf_counter()
    for each in asked:
        rehearse(each, stage, moment)
    return (time.perf_counter() - started) / calls
