"""Options that several subcommands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policy.directory.sealing import Seal
from policy.settings_file import load_settings

if TYPE_CHECKING:
    from policy.settings import Settings

# What commands read from the environment besides settings.
_NO_SETTINGS: Final = frozenset({"VDX_POLICY_CONFIG", "VDX_POLICY_OPERATOR_PASSWORD"})

config_option = click.option(
    "--config",
    "-c",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="VDX_POLICY_CONFIG",
    help="Settings file (YAML). Without one, defaults and environment variables count.",
)

within_option = click.option(
    "--as",
    "within",
    metavar="CODE",
    help="Act for this organisation: see and change what is its own or below it, and no more.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be done, and change nothing."
)


def settings_from(config: Path | None) -> Settings:
    """Read the settings that the server would read; raises SettingsError."""
    environ = {name: value for name, value in os.environ.items() if name not in _NO_SETTINGS}
    return load_settings(config, environ)


def seal_of(settings: Settings) -> Seal:
    """Read the keys of a site; raises StartError.

    Ask once its database is open: an embedded one may make its first key on opening.
    """
    path = settings.secrets.key_file
    if path is None and settings.database.url is None:
        beside = settings.database.embedded.path / "secret.key"
        path = beside if beside.exists() else None
    return Seal() if path is None else Seal.load(path)
