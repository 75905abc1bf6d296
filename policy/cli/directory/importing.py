"""`vdx-policy directory import`: rows of files into the directory, all of them or none."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import click

from policy.cli.database import in_transaction
from policy.cli.options import config_option, dry_run_option, seal_of, settings_from
from policy.directory.bulk.importing import Import, Mode, import_files
from policy.directory.bulk.kinds import KINDS
from policy.directory.bulk.reading import find_sources
from policy.errors import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from click._termui_impl import ProgressBar

    from policy.directory.bulk.importing import Imported
    from policy.directory.bulk.reading import Source
    from policy.settings import Settings

PROBLEMS_SHOWN: Final = 100

_PATHS = click.Path(exists=True, path_type=Path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=_PATHS)
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="What a file holds whose name does not say it.",
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.ADD.value,
    show_default=True,
    help="A row that is there: 'add' refuses it, 'update' changes it. Others are added.",
)
@click.option(
    "--restore",
    is_flag=True,
    help="Take rows as they were: any state, no quota, no agreement asked for.",
)
@dry_run_option
@config_option
def import_command(
    *,
    paths: tuple[Path, ...],
    kind: str | None,
    mode: str,
    restore: bool,
    dry_run: bool,
    config: Path | None,
) -> None:
    """Bring in rows from files or folders: *.csv and *.jsonl (JSON Lines), in UTF-8.

    A file is named by what it holds: organisations, agreements, users, domains,
    ranges, templates, themes, message_templates, rooms, bookings, devices,
    addresses, phonebook_grants. Columns and keys are those that `directory
    export` writes; whatever is left out has its default, or in an update stays
    as it is. All rows come in, or none; everything that is wrong is told with
    file, line and column.

    An update finds organisations by code, rooms by service_name or else by
    their first alias, meetings by id, external_id or alias, devices by id or
    alias, and all others by name. It adds aliases and takes none away.
    """
    sources = find_sources(paths, kind)
    wanted = Import(sources, Mode(mode), restore)
    imported = asyncio.run(_import(wanted, settings_from(config), dry_run=dry_run))
    would = "would be " if dry_run else ""
    for counts, done in ((imported.added, "added"), (imported.changed, "changed")):
        if counts:
            click.echo(f"{told(counts)} {would}{done}")
    if not imported.added and not imported.changed:
        click.echo("the files hold no rows")


async def _import(wanted: Import, settings: Settings, *, dry_run: bool) -> Imported:
    async with in_transaction(settings, dry_run=dry_run, seals=True) as connection:
        with Bars(wanted.sources) as bars:
            imported = await import_files(connection, wanted, seal_of(settings), bars)
        if imported.problems:
            raise DocumentError(shown(imported))
    return imported


def shown(imported: Imported) -> list[Problem]:
    """Give the problems that are worth printing, and a last one that says how many are left."""
    problems = imported.problems[:PROBLEMS_SHOWN]
    more = imported.more + len(imported.problems) - len(problems)
    if more:
        text = f"{more:,} more problems are not shown, nothing has been imported"
        problems.append(Problem("and so on", 0, 0, text))
    return problems


def told(counts: Mapping[str, int]) -> str:
    """Tell how many rows there are of each kind."""
    return ", ".join(f"{count:,} {_noun(kind, count)}" for kind, count in counts.items())


def _noun(kind: str, count: int) -> str:
    words = kind.replace("_", " ")
    return words if count != 1 else words.removesuffix("es" if words.endswith("sses") else "s")


class Bars:
    """Shows on stderr how far an import is: one bar for reading, one for each step behind it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._size = sum(source.size for source in sources)
        self._began = time.monotonic()
        self._rows = 0
        self._step = ""
        self._done = 0
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        """Begin without a bar: an import that fails at once shows none."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last bar as it is."""
        self._end()

    def read(self, size_bytes: int, rows: int) -> None:
        """Show how much has been read."""
        self._rows += rows
        self._advance("reading", size_bytes, self._size)

    def moved(self, step: str, rows: int, total: int) -> None:
        """Show how far a step has come; a new one begins a new bar."""
        if step != self._step:
            self._end()
        self._rows = rows
        self._advance(step, rows - self._done, total)

    def _advance(self, step: str, by: int, total: int) -> None:
        if self._bar is None or step != self._step:
            self._end()
            self._step, self._began, self._done = step, time.monotonic(), 0
            self._bar = click.progressbar(
                length=total,
                label=f"{step:<24}",
                file=sys.stderr,
                hidden=not sys.stderr.isatty(),
                item_show_func=self._speed,
            )
            self._bar.__enter__()
        self._done += by
        self._bar.update(by, by)

    def _speed(self, _: int | None) -> str | None:
        took = time.monotonic() - self._began
        return f"{self._rows / took:,.0f} rows/s" if took and self._step != "checking" else None

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar, self._done = None, 0
