"""`vdx-policy reseal`: after a change of keys, seal everything with the new one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.database import opened
from policy.cli.options import config_option, dry_run_option, seal_of, settings_from
from policy.cli.progress import watched
from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.migrate import CONNECT_S
from policy.directory.resealing import count_sealed
from policy.directory.resealing import reseal as reseal_all
from policy.errors import DirectoryError
from policy.wording import counted

if TYPE_CHECKING:
    from pathlib import Path

    from policy.directory.resealing import Resealed
    from policy.settings import Settings


@click.command()
@config_option
@dry_run_option
def reseal(config: Path | None, *, dry_run: bool) -> None:
    """Seal PINs and device passwords that are under an older key with the newest one.

    The newest key is the first line of `secrets.key_file`; once this is done the lines below it
    can go. What no key opens ends it with an error that names the row. Calls go on meanwhile, and
    it can be run again at any time.
    """
    done = asyncio.run(_reseal(settings_from(config), dry_run=dry_run))
    verb = "would be" if dry_run else "were"
    rooms, devices = counted(done.rooms, "room"), counted(done.devices, "device")
    click.echo(f"{rooms} and {devices} {verb} sealed with the newest key")


async def _reseal(settings: Settings, *, dry_run: bool) -> Resealed:
    async with opened(settings) as dsn:
        seal = seal_of(settings)
        connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
        try:
            count = await count_sealed(connection)
            with watched("sealing", count) as done:
                return await reseal_all(connection, seal, dry_run=dry_run, looked_at=done)
        except FAULTS as exc:
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            await connection.close(timeout=CONNECT_S)
