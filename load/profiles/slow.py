"""A slow database and a lost one: what remembered rooms notice of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import click

from load.asking import SMALL, remembered, samples
from load.databases import filled, fresh, serving
from load.generated import write_rules
from load.options import Options, common
from load.paths import SERVICE
from load.processes import wait_until
from load.profiles.hits import RULES
from load.proxy import SOCKET, Proxy
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import Setup, service
from load.wrk import find_wrk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from load.contenders import Contender
    from load.rounds import Compared

# Not reached with a database that is 500 ms slow or away: as nobody vouches for what is remembered,
# it is asked anew each time.
WANTED_RATIO: Final = 0.9
REASONS: Final = frozenset({"OK", "OK_DEGRADED"})
COLD: Final = 10


@click.command("slow")
@common
def command(options: Options) -> None:
    """Compare remembered rooms while the database is quick, 50 and 500 ms slow, and away."""
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    filled(options.cache, SMALL)  # which runs a loop of its own
    compared, cold = asyncio.run(_run(options))
    rows = compared.rows()
    click.echo(table(rows))
    for name, figures in cold.items():
        click.echo(f"not remembered, {name}: {figures}")
    errors = sum(row["errors"] or 0 for row in rows.values())
    reached = [
        Target(
            f"remembered rooms, database {name} / quick, requests per s",
            WANTED_RATIO,
            compared.ratio("requests_per_s", name, "quick"),
        )
        for name in rows
        if name != "quick"
    ]
    reached.append(Target("errors, whatever the database", 0, errors, at_least=False))
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": options.cores().row(),
        "medians": rows,
        "not_remembered": cold,
        "rounds": compared.rounds,
    }
    keep("slow", "remembered rooms by wrk -t1, a proxy before the database", measured, reached)
    return reached


async def _run(options: Options) -> tuple[Compared, dict[str, object]]:
    cores = options.cores()
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        write_rules(folder / "rules", RULES)
        home = fresh(options.cache, SMALL, folder)
        async with serving(home, cores.server) as cluster:
            (folder / "proxy").mkdir()
            proxy = Proxy(folder / "proxy", _socket_of(cluster.dsn))
            parts.enter_context(proxy.running())
            dsn = _through(cluster.dsn, folder / "proxy")
            more = {"secrets": {"key_file": str(home / "secret.key")}}
            setup = Setup(folder, folder / "rules", cores.server, {"url": dsn}, more=more)
            # wrk and the service are waited for, which would hold the loop of the cluster's keeper.
            ours = parts.enter_context(service(setup))
            states: dict[str, Callable[[], None]] = {
                "quick": partial(proxy.delay, 0),
                "50 ms slow": partial(proxy.delay, 0.05),
                "500 ms slow": partial(proxy.delay, 0.5),
                "away": partial(_lose, proxy, ours),
            }
            how = remembered(options, cores, folder)
            cases = [
                Case(name, ours, how, REASONS, samples(), before) for name, before in states.items()
            ]
            compared = await asyncio.to_thread(compare, cases, options.rounds)
            cold: dict[str, object] = {}
            for number, (name, before) in enumerate(states.items()):
                before()
                await asyncio.to_thread(_settle, ours, is_away=name == "away")
                cold[name] = await asyncio.to_thread(_cold, ours, 6_000_000 + number * 1000)
            proxy.delay(0)
            parts.close()
    return compared, cold


def _lose(proxy: Proxy, ours: Contender) -> None:
    """Lose the database; what was asked while it was slow is decided before the round begins."""
    proxy.lose()
    _settle(ours, is_away=True)


def _settle(ours: Contender, *, is_away: bool) -> None:
    """Wait until the service knows how its database is: a lost one is tried again now and then."""
    numbers = count(6_900_000 if is_away else 6_950_000)

    def knows() -> bool:
        path = f"{SERVICE}?local_alias={next(numbers)}%40rooms.example.org"
        return (ours.ask(path).get("reason") == "FALLBACK") is is_away

    wait_until(knows, within_s=30, what="the service taking notice of its database")


def _cold(ours: Contender, first: int) -> Mapping[str, object]:
    """Ask for numbers that nobody has asked for, one by one."""
    took, reasons = [], set()
    for number in range(first, first + COLD):
        started = time.perf_counter()
        answer = ours.ask(f"{SERVICE}?local_alias={number}%40rooms.example.org")
        took.append((time.perf_counter() - started) * 1000)
        reasons.add(str(answer.get("reason")))
    return {
        "p50_ms": round(median(took), 1),
        "max_ms": round(max(took), 1),
        "reasons": sorted(reasons),
    }


def _socket_of(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0], SOCKET)


def _through(dsn: str, folder: Path) -> str:
    head, _, _ = dsn.partition("?")
    return f"{head}?host={folder}&port=5432"
