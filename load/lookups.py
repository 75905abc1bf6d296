"""Rooms that nobody has asked for before, in a small directory and in a large one."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
import click
from cryptography.fernet import Fernet

from load.directories import Sizes, write_directory
from load.results import keep
from load.servers import service
from load.steady import Waited, call
from policy.directory.bulk.importing import Import, import_files
from policy.directory.bulk.reading import find_sources
from policy.directory.connection import connect
from policy.directory.migrate import migrate
from policy.directory.sealing import Seal
from policy.embedded.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from load.servers import Contender

SMALL: Final = 1000
CACHE_BYTES: Final = 64_000_000
AT_ONCE: Final = 32


class _Silent:
    """Tells nobody how far an import has come."""

    def read(self, size_bytes: int, rows: int) -> None:
        """Say nothing."""

    def moved(self, step: str, rows: int, total: int) -> None:
        """Say nothing."""


@click.command()
@click.option("--rooms", default=1_000_000, show_default=True, help="Rooms of the large one.")
@click.option("--calls", default=20_000, show_default=True, help="Cold calls, one by one.")
@click.option("--flood", default=200_000, show_default=True, help="Further rooms, many at once.")
def lookups(rooms: int, calls: int, flood: int) -> None:
    """Call rooms for the first time: how long it takes, and what the server's memory does."""
    rows = {}
    for size in (SMALL, rooms):
        folder = Path(tempfile.mkdtemp(prefix="vdx-policy-load-"))
        try:
            measured = asyncio.run(_measure(folder, size, min(calls, size), min(flood, size)))
        finally:
            shutil.rmtree(folder)
        rows[f"{size:,} rooms"] = measured
    for name, row in rows.items():
        click.echo(f"{name}: {row}")
    about = "each room called once over HTTP, no rules; then many more, 32 at a time"
    keep("lookups", about, {"cache_bytes": CACHE_BYTES, **rows})


async def _measure(folder: Path, rooms: int, calls: int, flood: int) -> dict[str, object]:
    key = Fernet.generate_key().decode()
    _write(folder, rooms, key)
    async with _filled(folder, Seal((key,))) as dsn:
        more: dict[str, Mapping[str, object]] = {
            "database": {"url": dsn},
            "secrets": {"key_file": str(folder / "keys")},
            "cache": {"bytes": CACHE_BYTES},
        }
        with service(folder, folder / "rules", **more) as contender:
            return await _ask(contender, rooms, calls, flood)


def _write(folder: Path, rooms: int, key: str) -> None:
    folder.chmod(0o711)  # PostgreSQL's user must get through, even when root measures
    (folder / "keys").write_text(key, encoding="ascii")
    (folder / "rules").mkdir()
    sizes = Sizes(templates=100, rooms=rooms, aliases=3, devices=100, bookings=0)
    write_directory(folder / "files", sizes)


async def _ask(contender: Contender, rooms: int, calls: int, flood: int) -> dict[str, object]:
    draw = random.Random(1)  # noqa: S311  the same every time
    cold, more = draw.sample(range(rooms), calls), iter(draw.sample(range(rooms), flood))
    head, _, _ = contender.url.partition("&local_alias=")

    def url_of(room: int) -> str:
        return f"{head}&local_alias={7_000_000 + room}%40rooms.example.org"

    waited, flooded = Waited(), Waited()
    async with aiohttp.ClientSession() as http:
        for room in cold:
            await call(http, url_of(room), waited)
        before_mb = _memory_mb(contender.pid)

        async def take_some() -> None:
            for room in more:
                await call(http, url_of(room), flooded)

        await asyncio.gather(*(take_some() for _ in range(AT_ONCE)))
    return {
        "cold, one by one": waited.row(),
        f"cold, {AT_ONCE} at a time": flooded.row(),
        "server_mb after the first": before_mb,
        "server_mb at the end": _memory_mb(contender.pid),
    }


def _memory_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


@asynccontextmanager
async def _filled(folder: Path, seal: Seal) -> AsyncIterator[str]:
    cluster = Cluster(folder / "postgres")
    await cluster.open()
    try:
        await migrate(cluster.dsn, seal)
        connection = await connect(cluster.dsn, timeout_s=10)
        async with connection.transaction():
            wanted = Import(find_sources([folder / "files"]), restore=True)
            imported = await import_files(connection, wanted, seal, _Silent())
        if imported.problems:
            raise click.ClickException(str(imported.problems[0]))
        await connection.execute("ANALYZE")
        await connection.close()
        yield cluster.dsn
    finally:
        await cluster.close()
