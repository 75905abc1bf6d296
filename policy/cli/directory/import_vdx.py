"""`vdx-policy directory import-vdx`: VDX's own tables, with a report of all that did not fit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from policy.cli.database import in_transaction
from policy.cli.directory.importing import Bars, shown, told
from policy.cli.options import config_option, seal_of, settings_from
from policy.directory.bulk.importing import Import, Mode, import_files
from policy.directory.bulk.vdx.converting import Tables, at_origins, convert, sources_of
from policy.directory.bulk.vdx.rows import Wishes
from policy.documents import Document, load
from policy.errors import DocumentError
from policy.wire.fields import Text

if TYPE_CHECKING:
    from policy.directory.bulk.importing import Imported
    from policy.directory.bulk.vdx.notes import Notes
    from policy.directory.bulk.vdx.rows import Work
    from policy.settings import Settings

_FILE = click.Path(dir_okay=False, path_type=Path)


class _Themes(Document):
    """Themes by the path, id or uuid that VDX has for them, and what the platform calls them."""

    themes: dict[Text, Text]


class _Zone(click.ParamType[ZoneInfo]):
    """Reads the name of a time zone."""

    name = "zone"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ZoneInfo:
        if isinstance(value, ZoneInfo):
            return value
        try:
            return ZoneInfo(str(value))
        except (ZoneInfoNotFoundError, ValueError):
            self.fail(f"{value!r} is no time zone, as UTC or Europe/Copenhagen", param, ctx)


class _Domain(click.ParamType[tuple[str, str]]):
    """Reads DOMAIN=CODE."""

    name = "domain=code"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        domain, sign, code = str(value).partition("=")
        if not (domain and sign and code):
            self.fail(f"{value!r} is not DOMAIN=CODE, as rooms.example.org=hub", param, ctx)
        return domain.lower(), code


@click.command("import-vdx")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--commit", is_flag=True, help="Do it; without, it is only tried out and told.")
@click.option("--report", type=_FILE, help="Write every note here, as JSON Lines.")
@click.option("--themes", type=_FILE, help="YAML: 'themes:' with VDX's keys and Pexip's names.")
@click.option(
    "--domain",
    "domains",
    type=_Domain(),
    multiple=True,
    help="A domain that stands in no table, and whose it is; for all below as well.",
)
@click.option(
    "--timezone",
    "zone",
    type=_Zone(),
    default="UTC",
    show_default=True,
    help="What clock the times without an offset were written by.",
)
@click.option(
    "--quarantine-days",
    type=click.IntRange(0, 3650),
    default=30,
    show_default=True,
    help="How long addresses of meetings that are over are kept from others.",
)
@config_option
def import_vdx(  # noqa: PLR0913  click gives each option as an argument
    *,
    folder: Path,
    commit: bool,
    report: Path | None,
    themes: Path | None,
    domains: tuple[tuple[str, str], ...],
    zone: ZoneInfo,
    quarantine_days: int,
    config: Path | None,
) -> None:
    """Bring in tables of VDX from FOLDER, as *.csv or *.jsonl, in UTF-8.

    The files: groups, domains, users, scheduling_templates, meetings,
    scheduling_info, permanent_rooms, permanent_aliases, registered_clients;
    columns in snake case, enumerations by name or number. VDX keeps addresses
    apart that are one register here: a meeting goes before a permanent room,
    and that before a device. Each collision, repair and omission is told.

    It all comes in, or nothing, and without --commit nothing: read the report
    first. Rows that cannot be read at all are told with line and column.
    """
    known = load(themes, _Themes).value.themes if themes else {}
    wishes = Wishes(datetime.now(UTC), known, dict(domains), quarantine_days)
    work = convert(Tables(folder, zone), wishes)
    if report is not None:
        report.write_bytes(b"".join(work.notes.lines()))
    _tell(work.notes)
    imported = asyncio.run(_import(work, settings_from(config), commit=commit))
    click.echo(f"{told(imported.added) or 'no rows'} {'added' if commit else 'would be added'}")
    if not commit:
        click.echo("nothing has been changed: --commit does it")


def _tell(notes: Notes) -> None:
    for what, text, count in notes.counts():
        click.echo(f"{what:<10} {count:>9,}  {text}")


async def _import(work: Work, settings: Settings, *, commit: bool) -> Imported:
    sources = sources_of(work.made)
    async with in_transaction(settings, dry_run=not commit, seals=True) as connection:
        with Bars(sources) as bars:
            wanted = Import(sources, Mode.ADD, restore=True)
            imported = await import_files(connection, wanted, seal_of(settings), bars)
        if imported.problems:
            imported.problems = at_origins(imported.problems, work.made)
            raise DocumentError(shown(imported))
    return imported
