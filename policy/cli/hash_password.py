"""`vdx-policy hash-password`: make the hash of a password for `access.credentials`."""

from __future__ import annotations

import sys

import click
from argon2 import PasswordHasher


@click.command("hash-password")
def hash_password() -> None:
    """Print the hash of a password, for `access.credentials` in the settings.

    The password is asked for twice, or read from a pipe as one line.
    """
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise click.UsageError("an empty password")
    click.echo(PasswordHasher().hash(password))
