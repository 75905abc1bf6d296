"""TLS: on connections that are kept, and with a handshake for each request."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import click

from load.asking import OK, remembered, samples
from load.certificates import make_certificate
from load.options import Options, common
from load.profiles.hits import RULES, size_of_answers
from load.references import aiohttp_reference
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import service, small
from load.wrk import find_wrk

KEPT: Final = "kept connections"
NEW: Final = "a connection each"


@click.command("tls")
@common
def command(options: Options) -> None:
    """Compare full decisions over TLS with constant answers of aiohttp over TLS."""
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with ExitStack() as parts:
        folder = parts.enter_context(options.folder())
        certificate = make_certificate(folder)
        setup = replace(small(options, cores.server, folder, RULES), certificate=certificate)
        ours = parts.enter_context(service(setup))
        size = size_of_answers(ours, samples())
        theirs = parts.enter_context(aiohttp_reference(size, cores.server, certificate=certificate))
        kept = remembered(options, cores, folder)
        new = remembered(options, cores, folder, close=True)
        cases = [
            Case(f"aiohttp, {KEPT}", theirs, kept),
            Case(f"vdx-policy, {KEPT}", ours, kept, OK, samples()),
            Case(f"aiohttp, {NEW}", theirs, new),
            Case(f"vdx-policy, {NEW}", ours, new, OK, samples()),
        ]
        compared = compare(cases, options.rounds)
    rows = compared.rows()
    click.echo(table(rows))
    reached = [
        Target(
            f"TLS, {way}: vdx-policy / aiohttp, requests per s",
            1.0,
            compared.ratio("requests_per_s", f"vdx-policy, {way}", f"aiohttp, {way}"),
        )
        for way in (KEPT, NEW)
    ]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "certificate": "ECDSA P-256; wrk takes up sessions again where the server allows it",
        "medians": rows,
        "rounds": compared.rounds,
    }
    keep("tls", "remembered rooms over TLS by wrk -t1", measured, reached)
    return reached
