"""What bringing in a whole directory takes, step by step, and writing it out again."""

from __future__ import annotations

import asyncio
import resource
import shutil
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from cryptography.fernet import Fernet

from load.directories import Sizes, write_directory
from load.results import keep
from policy.directory.bulk.exporting import Export, export_folder
from policy.directory.bulk.importing import Import, import_files
from policy.directory.bulk.reading import find_sources
from policy.directory.connection import connect
from policy.directory.migrate import migrate
from policy.directory.sealing import Seal
from policy.embedded.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.directory.connection import Connection


class _Steps:
    """Notes when each step began."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}

    def read(self, size_bytes: int, rows: int) -> None:  # noqa: ARG002  it is told more
        self.began.setdefault("reading, checking, sealing, copying", time.perf_counter())

    def moved(self, step: str, rows: int, total: int) -> None:  # noqa: ARG002  it is told more
        self.began.setdefault(step, time.perf_counter())

    def took(self, started: float, ended: float) -> dict[str, float]:
        """Give the seconds of each step."""
        begins = [started, *list(self.began.values())[1:], ended]
        return {
            step: round(after - before, 1)
            for step, before, after in zip(self.began, begins, begins[1:], strict=False)
        }


@click.command("import")
@click.option("--rooms", default=1_000_000, show_default=True, help="Permanent rooms.")
@click.option("--aliases", default=3, show_default=True, help="Aliases of each of them.")
@click.option("--bookings", default=0, show_default=True, help="Meetings besides.")
def command(rooms: int, aliases: int, bookings: int) -> None:
    """Bring in a directory into an empty embedded database, and write it out again."""
    sizes = Sizes(templates=1200, rooms=rooms, aliases=aliases, devices=100, bookings=bookings)
    folder = Path(tempfile.mkdtemp(prefix="vdx-policy-load-"))
    folder.chmod(0o711)  # PostgreSQL's user must get through, even when root measures
    try:
        write_directory(folder / "files", sizes)
        figures = asyncio.run(_measure(folder))
    finally:
        shutil.rmtree(folder)
    for name, value in figures.items():
        click.echo(f"{name}: {value}")
    about = f"{rooms:,} rooms with {rooms * aliases:,} aliases and sealed PINs, as CSV"
    keep("import", f"{about}, into an empty embedded PostgreSQL", figures)


async def _measure(folder: Path) -> dict[str, object]:
    seal = Seal((Fernet.generate_key().decode(),))
    steps = _Steps()
    async with _database(folder, seal) as connection:
        started = time.perf_counter()
        async with connection.transaction():
            wanted = Import(find_sources([folder / "files"]), restore=True)
            imported = await import_files(connection, wanted, seal, steps)
            ended = time.perf_counter()
        committed = time.perf_counter()
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            everything = Export(with_secrets=True)
            await export_folder(connection, folder / "out", everything, seal, lambda *_: None)
        exported = time.perf_counter()
    if imported.problems:
        raise click.ClickException(str(imported.problems[0]))
    return {
        "import_s": round(committed - started, 1),
        "rooms_per_s": round(imported.added["rooms"] / (committed - started)),
        "steps_s": {**steps.took(started, ended), "commit": round(committed - ended, 1)},
        "export_s": round(exported - committed, 1),
        "client_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


@asynccontextmanager
async def _database(folder: Path, seal: Seal) -> AsyncIterator[Connection]:
    cluster = Cluster(folder / "postgres")
    await cluster.open()
    try:
        await migrate(cluster.dsn, seal)
        connection = await connect(cluster.dsn, timeout_s=10)
        yield connection
        await connection.close()
    finally:
        await cluster.close()
