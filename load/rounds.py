"""Measures some cases in turn, A B A B, and takes medians: a machine is never quiet for long."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from load.counts import dropped, lookups, reasons
from load.instructions import counting
from load.processes import usage_of
from load.wrk import drive

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence

    from load.contenders import Contender
    from load.processes import Usage
    from load.wrk import Drive, Driven

MEGABYTE: Final = 1 << 20
WARM_UP_S: Final = 1.0
SAMPLES: Final = 20
FAULTS: Final = ("errors", "broken", "refused", "miscounted", "wrong_samples")

Row = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: a server and what it is asked in a round of this number.

    `reasons` are those that the service must give, and nothing else; None for references, which
    give none. `samples` are request targets that are asked after each round, to look at answers.
    """

    name: str
    contender: Contender
    how: Callable[[int], Drive]
    reasons: frozenset[str] | None = None
    samples: Sequence[str] = ()
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Compared:
    """The rounds of each case, in order."""

    rounds: Mapping[str, Sequence[Row]]

    def rows(self) -> dict[str, Row]:
        """Give the median of each figure, by case."""
        return {name: _medians(rounds) for name, rounds in self.rounds.items()}

    def ratio(self, key: str, case: str, to: str) -> float:
        """Give the median of a figure of one case, in that of another."""
        rows = self.rows()
        return (rows[case][key] or 0.0) / (rows[to][key] or float("inf"))


def compare(cases: Sequence[Case], rounds: int, label: str = "measuring") -> Compared:
    """Measure every case as many times as there are rounds, after warming each up."""
    measured: dict[str, list[Row]] = {case.name: [] for case in cases}
    for case in cases:
        _until_it_answers(case.contender)
        case.before()
        how = case.how(0)
        drive(case.contender, _warming(how))
    turns = [(number, case) for number in range(1, rounds + 1) for case in cases]
    with click.progressbar(turns, label=label) as bar:
        for number, case in bar:
            case.before()
            measured[case.name].append(_round(case, case.how(number)))
    return Compared(measured)


def _warming(how: Drive) -> Drive:
    return replace(how, seconds=min(WARM_UP_S, how.seconds))


def _round(case: Case, how: Drive) -> Row:
    tree = case.contender.tree()
    told = case.contender.metrics() if case.reasons is not None else None
    before = usage_of(tree.server), usage_of(tree.writer), usage_of(tree.database)
    with counting(tree.server) as instructions:
        driven = drive(case.contender, how)
    tree = case.contender.tree()
    after = usage_of(tree.server), usage_of(tree.writer), usage_of(tree.database)
    miscounted = 0
    missed = unlogged = None
    if told is not None:
        told_after = case.contender.metrics()
        decided = reasons(told_after, "service") - reasons(told, "service")
        miscounted = _miscounted(case, driven, decided, how.connections)
        unlogged = (dropped(told_after) - dropped(told)) / max(driven.requests, 1)
        missed = (lookups(told_after) - lookups(told))["miss"] / max(driven.requests, 1)
    faults = {
        "broken": driven.broken,
        "refused": driven.refused,
        "miscounted": miscounted,
        "wrong_samples": _wrong_samples(case),
    }
    # What has ended takes its time with it.
    spent = [max(now.cpu_s - then.cpu_s, 0) for now, then in zip(after, before, strict=True)]
    per_request = 1e6 / max(driven.requests, 1)
    found = instructions.instructions
    return {
        "requests": driven.requests,
        "requests_per_s": driven.requests_per_s,
        "p50_ms": driven.p50_ms,
        "p99_ms": driven.p99_ms,
        "p99_9_ms": driven.p999_ms,
        "errors": sum(faults.values()),
        **faults,
        "cpu_us_per_request": spent[0] * per_request,
        "log_cpu_us_per_request": spent[1] * per_request,
        "database_cpu_us_per_request": spent[2] * per_request,
        "misses_per_request": missed,
        "not_logged_per_request": unlogged,
        "instructions_per_request": None if found is None else found / max(driven.requests, 1),
        **memory_row(after[0], after[2]),
    }


def memory_row(server: Usage, database: Usage) -> Row:
    """Give memory as result files have it."""
    return {
        "rss_mb": server.rss_bytes / MEGABYTE,
        "pss_mb": server.pss_bytes / MEGABYTE,
        "database_pss_mb": database.pss_bytes / MEGABYTE,
    }


def _miscounted(case: Case, driven: Driven, decided: Counter[str], connections: int) -> int:
    """Hold what the service decided against what was asked of it.

    wrk leaves one request a connection under way when its time is over, so that some more have
    been decided than it has seen.
    """
    wanted = case.reasons or frozenset()
    right = sum(count for reason, count in decided.items() if reason in wanted)
    wrong = sum(decided.values()) - right
    missing = max(driven.requests - right, 0)
    surplus = max(right - driven.requests - connections, 0)
    return wrong + missing + surplus


def _wrong_samples(case: Case) -> int:
    """Ask a few by hand: whole JSON, a room, a reason that is wanted."""
    wrong = 0
    for target in case.samples[:SAMPLES]:
        answer = case.contender.ask(target)
        result = answer.get("result")
        is_room = isinstance(result, dict) and bool(result.get("name"))
        is_right = answer.get("status") == "success" and answer.get("reason") in (
            case.reasons or ()
        )
        wrong += not (is_room and is_right)
    return wrong


def _until_it_answers(contender: Contender) -> None:
    """Wait until a server that says nothing of itself takes connections."""
    ends = time.monotonic() + 10
    while True:
        try:
            contender.get("/policy/v1/service/configuration")
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return


def _medians(rounds: Sequence[Row]) -> Row:
    row: Row = {}
    for key in rounds[0]:
        values = [each for one in rounds if (each := one[key]) is not None]
        row[key] = median(values) if values else None
    # An error is no figure of which the middle is enough.
    for key in FAULTS:
        row[key] = sum(one[key] or 0 for one in rounds)
    return row
