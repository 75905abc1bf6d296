"""`vdx-policy new-key`: make a key file for `secrets.key_file`."""

from __future__ import annotations

from pathlib import Path

import click

from policy.directory.sealing import create_key_file
from policy.errors import StartError


@click.command("new-key")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def new_key(path: Path) -> None:
    """Write a new key to PATH, readable by its owner only; an existing file is left alone.

    To change keys, put the new one above the old ones in the file.
    """
    try:
        create_key_file(path)
    except FileExistsError as exc:
        raise StartError(f"{path}: is there already, left as it is") from exc
    except OSError as exc:
        raise StartError(f"{path}: {exc.strerror}") from exc
    click.echo(f"{path}: new key written")
