"""`vdx-policy check`: say what is wrong with settings and rules, without starting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from policy.cli.options import config_option, settings_from
from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.directory.sealing import Seal
from policy.directory.uploads import read_pictures
from policy.documents import load
from policy.rules.files import load_rule_set
from policy.rules.syntax import Surroundings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
def check(config: Path | None) -> None:
    """Check settings, rules, the key file and the seed; problems with file, line and column.

    Exit code 0 when the server would start with them, as far as can be said without its
    database; else 2, or 1 for a key file.
    """
    settings = settings_from(config)
    rules = load_rule_set(settings.rules.folder, Surroundings(settings.platform))
    click.echo(f"rules: {len(rules.rules)} in force, version {rules.version}")
    if settings.secrets.key_file is not None:
        Seal.load(settings.secrets.key_file)
    if settings.database.seed is not None:
        seed = load(settings.database.seed, DirectoryFile)
        check_directory(seed, settings.platform)
        read_pictures(seed)
        rows = seed.value
        click.echo(f"seed: {len(rows.rooms)} rooms, {len(rows.bookings)} bookings")
    click.echo("settings: ok")
