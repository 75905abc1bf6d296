"""One decision in memory, without HTTP: what rules cost when nothing else does."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from load.generated import write_rules
from load.paths import query
from load.processes import ROOT
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
    import random
    from collections.abc import Mapping

    from policy.rules.table import RuleTable

EXAMPLE: Final = ROOT / "examples" / "vdx"
# Answered as fast as any other, since neither a caller nor a rule can make a regex run on.
HOSTILE: Final = "a" * 10_000
BOMB: Final = "rules:\n  - {name: bomb, when: {alias: {regex: '(a+)+$'}}, then: continue}\n"
ROUNDS: Final = 7
CALLS: Final = 2000


def in_memory(sizes: tuple[int, ...], draw: random.Random) -> Mapping[str, object]:
    """Time a decision with sets of rules of these sizes, and loading them."""
    with tempfile.TemporaryDirectory(prefix="vdx-policy-load-") as name:
        folder = Path(name)
        tables: dict[str, RuleTable] = {}
        loading = {}
        for size in sizes:
            write_rules(folder / str(size), size)
            started = time.perf_counter()
            tables[str(size)] = load_rule_set(folder / str(size)).table()
            loading[str(size)] = time.perf_counter() - started
        write_rules(folder / "bomb", sizes[-1])
        (folder / "bomb" / "00-bomb.yaml").write_text(BOMB, encoding="utf-8")
        tables["hostile"] = load_rule_set(folder / "bomb").table()
    taken: dict[str, list[float]] = {turn: [] for turn in tables}
    turns = [turn for _ in range(ROUNDS) for turn in tables]
    with click.progressbar(turns, label="deciding in memory") as bar:
        for turn in bar:
            local = HOSTILE if turn == "hostile" else "721834"
            taken[turn].append(_decide(tables[turn], local, draw))
    us = {turn: median(rounds) * 1e6 for turn, rounds in taken.items()}
    return {"us_per_decision": us, "loading_s": loading}


def _decide(table: RuleTable, local: str, draw: random.Random) -> float:
    """Give the seconds that one call takes, on average over a round."""
    directory = MemoryDirectory(load(EXAMPLE / "directory.yaml", DirectoryFile).value)
    stage = Stage(table, Plan(), directory.find_now, lambda _: None)
    moment = Moment(datetime(2026, 5, 4, 10, tzinfo=UTC), "token")
    # Another id each time, so that nothing could be remembered.
    asked = [
        Asked(RequestType.SERVICE, "", query(local, draw, str(number))) for number in range(CALLS)
    ]
    started = time.perf_counter()
    for each in asked:
        rehearse(each, stage, moment)
    return (time.perf_counter() - started) / CALLS
