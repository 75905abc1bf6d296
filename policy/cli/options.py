"""Options that several subcommands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

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


def settings_from(config: Path | None) -> Settings:
    """Read the settings that the server would read; raises SettingsError."""
    environ = {name: value for name, value in os.environ.items() if name not in _NO_SETTINGS}
    return load_settings(config, environ)
