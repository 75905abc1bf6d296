"""The command `vdx-policy`: its subcommands, and how errors are told."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

import click

from policy.errors import DocumentError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where each subcommand is. Only the one that is called is loaded: all of them together, server and
# rules and drawing of pictures, take most of a second.
SUBCOMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "addresses": ("addresses", "addresses"),
    "bookings": ("bookings.group", "bookings"),
    "check": ("check", "check"),
    "devices": ("devices", "devices"),
    "directory": ("directory.group", "directory"),
    "explain": ("explain", "explain"),
    "export-local-policy": ("local_policy", "export_local_policy"),
    "hash-password": ("hash_password", "hash_password"),
    "health": ("health", "health"),
    "import-local-policy": ("local_policy", "import_local_policy"),
    "migrate": ("migrate", "migrate"),
    "new-key": ("new_key", "new_key"),
    "organisations": ("organisations.group", "organisations"),
    "pictures": ("pictures", "pictures"),
    "platform": ("platform", "platform"),
    "ranges": ("ranges", "ranges"),
    "replay": ("replay", "replay"),
    "reseal": ("reseal", "reseal"),
    "rooms": ("rooms.group", "rooms"),
    "schema": ("schema", "schema"),
    "serve": ("serve", "serve"),
    "sweep": ("sweep", "sweep_command"),
    "templates": ("templates", "templates"),
    "test": ("testing", "test_command"),
}


class Subcommands(click.Group):
    """Loads a subcommand when somebody wants it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own
        """Give the names of all."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's own
        """Load one, None when there is none of that name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        module, name = SUBCOMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"policy.cli.{module}"), name)
        return command


@click.command(cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vdx-policy", prog_name="vdx-policy")
def cli() -> None:
    """External policy server and call router for Pexip Infinity."""


def main() -> None:
    """Run a subcommand; 1 for what went wrong, 2 for files and options that are wrong."""
    try:
        cli()
    except DocumentError as exc:
        click.echo(str(exc), err=True)  # each line begins with its file, as editors expect
        sys.exit(2)
    except PolicyError as exc:
        click.echo(f"vdx-policy: {exc}", err=True)
        sys.exit(1)
