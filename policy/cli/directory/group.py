"""The group `vdx-policy directory`; each subcommand has a file of its own beside this one."""

from __future__ import annotations

import click

from policy.cli.directory.audit import audit
from policy.cli.directory.check import check
from policy.cli.directory.exporting import export_command
from policy.cli.directory.import_vdx import import_vdx
from policy.cli.directory.importing import import_command
from policy.cli.directory.show import show


@click.group()
def directory() -> None:
    """Look into the whole directory, check it, and bring it in and out."""


directory.add_command(audit)
directory.add_command(import_command)
directory.add_command(export_command)
directory.add_command(import_vdx)
directory.add_command(show)
directory.add_command(check)
