"""`vdx-policy directory check`: what is wrong in the directory, and what will be soon."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from policy.cli.findings import Findings, as_text
from policy.cli.options import seal_of
from policy.cli.progress import watched
from policy.cli.site import Site, reading
from policy.cli.tables import json_option, show_rows
from policy.directory.reviewing import review
from policy.errors import Problem
from policy.wording import counted

if TYPE_CHECKING:
    from policy.directory.reviewing import Finding


@click.command()
@click.option("--strict", is_flag=True, help="Code 1 for warnings too.")
@json_option
@reading
def check(site: Site, *, strict: bool, as_json: bool) -> None:
    """Look for what is wrong though the database takes it, and for what will be.

    Wrong are numbers that two organisations answer, devices that cannot
    register, rooms for citizens without a PIN, names that the platform does not
    have, PINs that no key opens, templates that no PINs can be drawn from,
    agreements that have lapsed, ranges that are nearly exhausted, meetings that
    nobody has swept. Warned is of PINs that are easy to guess, rooms that nobody
    calls or can call, agreements that lapse within 90 days, ranges fuller than a
    tenth. Every PIN is looked at; none is shown. Code 1 when something is wrong.
    """
    findings = _collect(asyncio.run(_review(site)))
    if as_json:
        show_rows(
            [
                {"level": level, "what": problem.source, "text": problem.text}
                for level, problem in findings.each()
            ],
            as_json=True,
        )
    else:
        click.echo(as_text(findings), nl=False)
    errors = counted(len(findings.problems), "error")
    click.echo(f"{errors}, {counted(len(findings.warnings), 'warning')}", err=True)
    if findings.is_failed(strict=strict):
        sys.exit(1)


async def _review(site: Site) -> list[Finding]:
    async with site.transaction() as connection:
        return await review(connection, seal_of(site.settings), watched)


def _collect(found: list[Finding]) -> Findings:
    findings = Findings()
    for each in found:
        # What is wrong is a row of the database: it has a name, and no line.
        problem = Problem(each.what, 0, 0, each.text)
        (findings.problems if each.is_problem else findings.warnings).append(problem)
    return findings
