"""Full decisions about remembered rooms, against servers that decide nothing."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import click

from load.asking import OK, ROOMS, remembered, samples
from load.options import Options, common
from load.references import aiohttp_reference, fastapi_reference, nginx_reference
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import service, small
from load.wrk import find_wrk

if TYPE_CHECKING:
    from pathlib import Path

    from load.contenders import Contender

RULES: Final = 1000
# The service must be no slower than an application that decides nothing.
WANTED_RATIO: Final = 1.0
WANTED_P99: Final = 1.3
# wrk's own limit shows in what nginx gives, which does least of all.
FREE: Final = 1.2


@click.command("hits")
@common
def command(options: Options) -> None:
    """Compare full decisions about remembered rooms with constant answers.

    1,000 rules are in force, each decision is logged, and no two requests are the same.
    """
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        ours = parts.enter_context(service(small(options, cores.server, folder, RULES)))
        asked = samples()
        size = size_of_answers(ours, asked)
        contenders = [
            parts.enter_context(aiohttp_reference(size, cores.server)),
            ours,
            parts.enter_context(aiohttp_reference(size, cores.server, low_level=True)),
            *_others(options, size, folder, parts),
        ]
        how = remembered(options, cores, folder)
        cases = [
            Case(each.name, each, how, OK, asked) if each is ours else Case(each.name, each, how)
            for each in contenders
        ]
        compared = compare(cases, options.rounds)
    rows = compared.rows()
    click.echo(table(rows))
    ratio = compared.ratio("requests_per_s", "vdx-policy", "aiohttp")
    p99 = compared.ratio("p99_ms", "vdx-policy", "aiohttp")
    reached = [
        Target("cached hit / bare aiohttp application, requests per s", WANTED_RATIO, ratio),
        Target("cached hit / bare aiohttp application, p99", WANTED_P99, p99, at_least=False),
        Target("errors of the service", 0, rows["vdx-policy"]["errors"] or 0, at_least=False),
    ]
    measured: dict[str, object] = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "rules": RULES,
        "rooms": ROOMS,
        "answer_bytes": size,
        "medians": rows,
        "ratios_to_aiohttp": {
            name: compared.ratio("requests_per_s", name, "aiohttp") for name in rows
        },
        "cpu_ratio_to_aiohttp": compared.ratio("cpu_us_per_request", "vdx-policy", "aiohttp"),
        "rounds": compared.rounds,
    }
    if "nginx" in rows:
        headroom = min(
            compared.ratio("requests_per_s", "nginx", name) for name in ("aiohttp", "vdx-policy")
        )
        measured["generator"] = (
            f"nginx gave {headroom:.1f} times the faster of aiohttp and vdx-policy: "
            f"wrk {'was not' if headroom >= FREE else 'MAY HAVE BEEN'} the limit"
        )
        click.echo(measured["generator"])
    profile = "hits" if options.connections == 32 else f"hits-{options.connections}"  # noqa: PLR2004  usual
    about = "remembered rooms by wrk -t1, keep-alive; 27 parameters, another request id each time"
    keep(profile, f"{about}; rules in force, decision log on", measured, reached)
    return reached


def size_of_answers(ours: Contender, asked: list[str]) -> int:
    """Give the usual length of an answer, in bytes, which references then send as well."""
    sizes = sorted(len(ours.get(each)[1]) for each in asked)
    return sizes[len(sizes) // 2]


def _others(options: Options, size: int, folder: Path, parts: ExitStack) -> list[Contender]:
    cores = options.cores().server
    others = []
    if "nginx" not in options.without:
        others.append(parts.enter_context(nginx_reference(size, cores, folder)))
    if "fastapi" not in options.without:
        python = options.fastapi_python
        others.append(parts.enter_context(fastapi_reference(size, cores, python)))
    return others
