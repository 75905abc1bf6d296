"""`vdx-policy pictures`: give rooms and devices their pictures, which nodes show as avatars."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy.cli.database import in_transaction
from policy.cli.options import config_option, settings_from
from policy.directory.uploads import find_holder, read_picture, remove_picture, show_picture
from policy.errors import DirectoryError, RequestError
from policy.rules.known import keys_of
from policy.wire.alias import AliasKind, parse_alias

if TYPE_CHECKING:
    from policy.directory.connection import Connection
    from policy.directory.uploads import Holder, Shown
    from policy.pictures.intake import Picture
    from policy.settings import Settings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def pictures() -> None:
    """Give rooms and devices their pictures, which nodes ask for as avatars.

    ALIAS is any address of a room or device; a bare one is completed by
    dialling.default_domain. Works on the database at database.url, and on the
    embedded one: beside a running server as the same user, else by itself.
    A running server shows a change at once.
    """


@pictures.command()
@click.argument("alias")
@click.argument("file", type=_FILE)
@config_option
def add(alias: str, file: Path, config: Path | None) -> None:
    """Show the picture in FILE for whoever is called at ALIAS.

    Takes JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF. Of the file only its pixels
    are kept, at most 1024 x 1024; what is transparent becomes white.
    """
    settings = settings_from(config)
    picture = read_picture(file)
    asyncio.run(_add(settings, alias, picture))
    click.echo(f"{alias}: {_told(picture)}")


@pictures.command()
@click.argument("alias")
@config_option
def remove(alias: str, config: Path | None) -> None:
    """Show no picture for whoever is called at ALIAS."""
    had_one = asyncio.run(_remove(settings_from(config), alias))
    click.echo(f"{alias}: {'picture removed' if had_one else 'had no picture'}")


@pictures.command()
@click.argument("alias")
@click.option("--save", type=_FILE, help="Write the picture, a JPEG, to this file.")
@config_option
def show(alias: str, save: Path | None, config: Path | None) -> None:
    """Tell which picture is shown for whoever is called at ALIAS."""
    shown = asyncio.run(_show(settings_from(config), alias))
    if shown is None:
        click.echo(f"{alias}: no picture")
        return
    click.echo(f"{alias}: {_told(shown)}, added {shown.added_at:%Y-%m-%d}")
    if save is not None:
        try:
            save.write_bytes(shown.image)
        except OSError as exc:
            raise click.ClickException(f"{save}: {(exc.strerror or str(exc)).lower()}") from exc


async def _add(settings: Settings, alias: str, picture: Picture) -> None:
    async with in_transaction(settings) as connection:
        holder = await _get_holder(connection, settings, alias)
        await show_picture(connection, holder, picture)


async def _remove(settings: Settings, alias: str) -> bool:
    async with in_transaction(settings) as connection:
        holder = await _get_holder(connection, settings, alias)
        await remove_picture(connection, holder)
        return holder.shown is not None


async def _show(settings: Settings, alias: str) -> Shown | None:
    async with in_transaction(settings) as connection:
        return (await _get_holder(connection, settings, alias)).shown


async def _get_holder(connection: Connection, settings: Settings, written: str) -> Holder:
    try:
        alias = parse_alias(written)
    except RequestError as exc:
        raise DirectoryError(f"{written!r} is no alias: {exc}") from exc
    keys = keys_of(alias, settings.dialling.default_domain or "")
    holder = await find_holder(connection, keys) if alias.kind is AliasKind.ADDRESS else None
    if holder is None:
        raise DirectoryError(f"{alias.text}: no room and no device is called there")
    return holder


def _told(picture: Picture | Shown) -> str:
    return f"{picture.width} x {picture.height}, {len(picture.image) / 1024:.0f} kB"
