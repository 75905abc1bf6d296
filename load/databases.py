"""Databases that are filled once and kept between runs, and the PostgreSQL that serves one."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from load.cores import on
from load.directories import write_directory
from policy.directory.bulk.importing import Import, import_files
from policy.directory.bulk.reading import find_sources
from policy.directory.connection import connect
from policy.directory.migrate import migrate, newest_revision
from policy.directory.sealing import seal_of_embedded
from policy.embedded.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from load.directories import Sizes

DONE: Final = "filled"


class Silent:
    """Tells nobody how far an import has come."""

    def read(self, size_bytes: int, rows: int) -> None:
        """Say nothing."""

    def moved(self, step: str, rows: int, total: int) -> None:
        """Say nothing."""


def usual_cache() -> Path:
    """Give the folder where filled databases are kept."""
    if os.geteuid() == 0:
        return Path("/var/tmp/vdx-policy-load")  # noqa: S108  PostgreSQL's user cannot enter root's home
    return Path.home() / ".cache" / "vdx-policy-load"


def filled(cache: Path, sizes: Sizes) -> Path:
    """Give the folder of an embedded database with such a directory; made when it is not there.

    What is kept goes by sizes and schema.
    """
    for folder in (cache.parent, cache):
        folder.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o711)  # PostgreSQL's user must get through, even when root measures
    name = "-".join(str(each) for each in astuple(sizes))
    home = cache / f"{newest_revision()}-{name}"
    if (home / DONE).exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    click.echo(f"filling a database with {sizes.rooms:,} rooms and {sizes.bookings:,} bookings ...")
    with tempfile.TemporaryDirectory(prefix="vdx-policy-load-") as files:
        write_directory(Path(files), sizes)
        asyncio.run(_fill(home, Path(files)))
    (home / DONE).touch()
    return home


def fresh(cache: Path, sizes: Sizes, folder: Path) -> Path:
    """Give a filled database of a run's own, in its folder.

    The kept one is never served: it would remember what was called, and the next service that is
    started on it would warm up with that.
    """
    kept = filled(cache, sizes)
    target = folder / f"database-{kept.name}"
    if target.exists():
        target = target.with_name(f"{target.name}-again")
    # With owners, which a database must keep, and without writing twice where that can be shared.
    command = ["cp", "--archive", "--reflink=auto", str(kept), str(target)]
    subprocess.run(command, check=True)  # noqa: S603  our own command
    return target


async def _fill(home: Path, files: Path) -> None:
    cluster = Cluster(home)
    await cluster.open()
    try:
        seal = seal_of_embedded(None, home)
        await migrate(cluster.dsn, seal)
        connection = await connect(cluster.dsn, timeout_s=10)
        async with connection.transaction():
            wanted = Import(find_sources([files]), restore=True)
            imported = await import_files(connection, wanted, seal, Silent())
        if imported.problems:
            raise click.ClickException(str(imported.problems[0]))
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
    finally:
        await cluster.close()


@asynccontextmanager
async def serving(home: Path, cores: frozenset[int]) -> AsyncIterator[Cluster]:
    """Run the PostgreSQL of a filled database on these cores, apart from any service."""
    cluster = Cluster(home)
    with on(cores):
        await cluster.open()
    try:
        yield cluster
    finally:
        await cluster.close()
