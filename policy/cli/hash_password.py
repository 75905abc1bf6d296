"""`vdx-policy hash-password`: make the hash of a password for `access.credentials`."""

from __future__ import annotations

import click
from argon2 import PasswordHasher


@click.command("hash-password")
@click.password_option(help="Prompted for, or read from a pipe; do not put it on the command line.")
def hash_password(password: str) -> None:
    """Print the hash of a password, for `access.credentials` in the settings."""
    click.echo(PasswordHasher().hash(password))
