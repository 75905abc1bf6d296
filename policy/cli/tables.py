"""Rows on the terminal: aligned for people, or JSON for programs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click
import orjson

from policy.cli.moments import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one object a line, instead of a table."
)


def show_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print rows that all have the same keys, which are the headings."""
    if as_json:
        for row in rows:
            click.echo(orjson.dumps(dict(row), default=str).decode())
        return
    if not rows:
        click.echo("none")
        return
    headings = list(rows[0])
    lines = [headings, *([_cell(row[name]) for name in headings] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def show_first(rows: Sequence[Mapping[str, object]], limit: int, *, as_json: bool) -> None:
    """Print so many rows, and say so where there are more; ask for one more to know."""
    show_rows(rows[:limit], as_json=as_json)
    if len(rows) > limit:
        click.echo(f"the first {limit:,}; --limit shows more", err=True)


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return shown(value)
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(str(each) for each in value) or "-"
        case _:
            return str(value)
