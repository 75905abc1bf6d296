"""`vdx-policy directory export`: the directory into files, from which it can be brought back."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy.cli.database import opened
from policy.cli.directory.importing import told
from policy.cli.options import config_option, seal_of, settings_from, within_option
from policy.directory.bulk.exporting import Export, estimate, export_folder, export_kind
from policy.directory.bulk.kinds import KINDS
from policy.directory.connection import FAULTS, connect, reason_of
from policy.directory.migrate import CONNECT_S
from policy.directory.writing.scope import act_as
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.directory.connection import Connection
    from policy.settings import Settings

_STDOUT = Path("-")


@click.command("export")
@click.argument("folder", type=click.Path(file_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="Tables for a spreadsheet, or JSON Lines, which also tell an empty text from none.",
)
@click.option("--organisation", metavar="CODE", help="Only this organisation and those below it.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="What to print when FOLDER is '-'.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Also PINs, passwords, and what people wrote about meetings, in clear text. Asks first.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@within_option
@config_option
def export_command(  # noqa: PLR0913  click gives each option as an argument
    *,
    folder: Path,
    form: Literal["csv", "jsonl"],
    organisation: str | None,
    kind: str | None,
    with_secrets: bool,
    yes: bool,
    within: str | None,
    config: Path | None,
) -> None:
    """Write the directory into an empty FOLDER, one file for each kind of row.

    `vdx-policy directory import --restore FOLDER` brings it back. All files show
    one moment, and nobody waits for this. With '-' as FOLDER one kind is printed.

    Without --with-secrets the files hold no PIN and no password: rooms that come
    from them are open, and devices cannot register. With it, they are readable
    for their owner alone.

    Left out: contacts, archives of themes, reservations, the audit trail.
    """
    if folder == _STDOUT and kind is None:
        raise click.UsageError("'-' needs --kind: one output holds one kind of row")
    if with_secrets and not yes:
        text = "PINs, passwords and texts of meetings will stand there in clear text. Go on?"
        click.confirm(text, abort=True, err=True)
    wanted = Export(form, organisation, with_secrets, with_pictures=folder != _STDOUT)
    settings = settings_from(config)
    if kind is not None and folder == _STDOUT:
        asyncio.run(_print(kind, wanted, settings, within))
    else:
        counts = asyncio.run(_write(folder, wanted, settings, within))
        click.echo(f"{told(counts)} written to {folder}" if counts else "there is nothing to write")


@asynccontextmanager
async def _at_one_moment(settings: Settings, within: str | None) -> AsyncIterator[Connection]:
    """Give a connection that sees the directory as it is now, whatever is committed meanwhile."""
    async with opened(settings) as dsn:
        connection = await connect(dsn, timeout_s=CONNECT_S)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await act_as(connection, getpass.getuser(), within=within)
                yield connection
        except FAULTS as exc:
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            await connection.close(timeout=CONNECT_S)


async def _print(kind: str, wanted: Export, settings: Settings, within: str | None) -> None:
    async with _at_one_moment(settings, within) as connection:
        async for text, _ in export_kind(connection, kind, wanted, seal_of(settings)):
            if not _is_wanted(text):
                break


def _is_wanted(text: bytes) -> bool:
    """Print; False when whoever reads the pipe has enough, as `head` does."""
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What could not be written is tried once more at the end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


async def _write(
    folder: Path, wanted: Export, settings: Settings, within: str | None
) -> dict[str, int]:
    async with _at_one_moment(settings, within) as connection:
        total = await estimate(connection)
        began, done = time.monotonic(), 0
        with click.progressbar(
            length=max(total, 1),
            label="writing",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda said: said,
        ) as bar:

            def written(kind: str, rows: int) -> None:
                nonlocal done
                done += rows
                speed = done / max(time.monotonic() - began, 0.001)
                bar.update(rows, f"{kind}, {speed:,.0f} rows/s")

            return await export_folder(connection, folder, wanted, seal_of(settings), written)
