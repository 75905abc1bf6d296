"""The group `vdx-policy directory`; each subcommand has a file of its own beside this one."""

from __future__ import annotations

import click

from policy.cli.directory.audit import audit


@click.group()
def directory() -> None:
    """Look into the whole directory, check it, and bring it in and out."""


directory.add_command(audit)
