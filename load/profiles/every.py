"""Every profile that shows a target, one after the other, and a table of what was reached."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

import click

from load.options import common
from load.profiles import (
    hits,
    memory,
    misses,
    reload,
    rooms,
    rules,
    scanner,
    slow,
    start,
    tls,
    vdx_day,
    workers,
)
from load.results import RESULTS, machine, target_table, versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from load.options import Options
    from load.results import Target


class Profile(Protocol):
    """A module of this package that shows targets."""

    @property
    def command(self) -> click.Command:
        """What a person says."""
        ...

    def measure(self, options: Options, /) -> Sequence[Target] | None:
        """Measure, and give the targets with what was reached."""
        ...


# The long one comes last, so that the others are there when somebody gives up waiting.
PROFILES: Final[Sequence[Profile]] = (
    hits,
    misses,
    rules,
    rooms,
    workers,
    tls,
    slow,
    reload,
    scanner,
    memory,
    start,
    vdx_day,
)
NAMES: Final = [str(each.command.name) for each in PROFILES]


@click.command("all")
@click.option("--skip", multiple=True, type=click.Choice(NAMES), help="Leave out this profile.")
@common
def command(options: Options, skip: tuple[str, ...]) -> None:
    """Run every profile that shows a target, and write what was reached; takes half an hour."""
    targets: dict[str, Sequence[Target]] = {}
    failures = {}
    for name, profile in zip(NAMES, PROFILES, strict=True):
        if name in skip:
            continue
        click.secho(name, bold=True)
        try:
            targets[name] = profile.measure(options) or ()
        except click.ClickException as exc:
            failures[name] = exc.message
            click.secho(f"{name}: {exc.message}", err=True, fg="red")
    _keep(targets, failures, skip)
    if failures:
        raise click.ClickException(f"not measured: {', '.join(failures)}")


def _keep(
    targets: Mapping[str, Sequence[Target]], failures: Mapping[str, str], skip: Sequence[str]
) -> None:
    told = {
        "machine": machine(),
        "versions": versions(),
        "targets": {name: [each.row() for each in found] for name, found in targets.items()},
        "not_measured": failures,
        "skipped": list(skip),
    }
    table = target_table([each for found in targets.values() for each in found])
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-summary.json"
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(f"{table}\n", encoding="utf-8")
    click.echo(table)
    click.echo(f"written to {path} and beside it as .md")
