"""`vdx-policy migrate`: bring the schema of the database up to date."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.options import config_option, seal_of, settings_from
from policy.directory.migrate import migrate as migrate_database
from policy.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
def migrate(config: Path | None) -> None:
    """Apply the migrations that the database at `database.url` lacks.

    Safe to run from several machines at once: one works, the others wait and find nothing to do.
    PINs that an older version wrote in clear are sealed with `secrets.key_file`.
    An embedded database needs no such thing, `serve` keeps it up to date.
    """
    settings = settings_from(config)
    url = settings.database.url
    if url is None:
        raise StartError("database.url is not set: an embedded database is migrated by 'serve'")
    before, after = asyncio.run(migrate_database(url, seal_of(settings)))
    if before == after:
        click.echo(f"schema: {after}, nothing to do")
    else:
        click.echo(f"schema: {before or 'empty'} -> {after}")
