"""The command `vdx-policy`: its subcommands, and how errors are told."""

from __future__ import annotations

import sys
from importlib.metadata import version

import click

from policy.cli.addresses import addresses
from policy.cli.bookings.group import bookings
from policy.cli.check import check
from policy.cli.devices import devices
from policy.cli.directory.group import directory
from policy.cli.explain import explain
from policy.cli.hash_password import hash_password
from policy.cli.health import health
from policy.cli.local_policy import export_local_policy, import_local_policy
from policy.cli.migrate import migrate
from policy.cli.new_key import new_key
from policy.cli.organisations.group import organisations
from policy.cli.pictures import pictures
from policy.cli.platform import platform
from policy.cli.ranges import ranges
from policy.cli.replay import replay
from policy.cli.reseal import reseal
from policy.cli.rooms.group import rooms
from policy.cli.schema import schema
from policy.cli.serve import serve
from policy.cli.sweep import sweep_command
from policy.cli.templates import templates
from policy.cli.testing import test_command
from policy.errors import DocumentError, PolicyError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("vdx-policy"), prog_name="vdx-policy")
def cli() -> None:
    """External policy server and call router for Pexip Infinity."""


for command in (
    serve,
    check,
    schema,
    migrate,
    health,
    hash_password,
    new_key,
    reseal,
    pictures,
    platform,
    directory,
    organisations,
    rooms,
    devices,
    ranges,
    addresses,
    templates,
    bookings,
    sweep_command,
    replay,
    test_command,
    explain,
    import_local_policy,
    export_local_policy,
):
    cli.add_command(command)


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
