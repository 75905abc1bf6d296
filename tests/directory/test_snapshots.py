"""The snapshot is written at its times, and only while it would be true."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet

from policy.directory.cache import Around
from policy.directory.records import AddressKey, Entry
from policy.directory.sealing import Seal
from policy.directory.snapshot import Snapshot, read_snapshot
from policy.directory.snapshots import Snapshots
from tests.fakes.caching import START, Clock, Rows, caching, room_entry

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest

SEAL: Final = Seal((Fernet.generate_key().decode(),))
KEY: Final = AddressKey("700", "example.org")


def make(folder: Path) -> None:
    """Make a folder."""
    folder.mkdir()


async def snapshots_of(path: Path, clock: Clock, entry: Entry) -> Snapshots:
    """Give the snapshots of a cache that knows one room."""
    cached = caching(Rows({KEY: entry}), clock)
    await cached.find(KEY)
    return Snapshots(path, SEAL, cached, clock.around())


async def test_the_file_is_written_while_the_cache_is_vouched_for(tmp_path: Path) -> None:
    """What an outage has left of a cache does not replace what was known before it."""
    path, clock = tmp_path / "snapshot", Clock()
    snapshots = await snapshots_of(path, clock, room_entry())
    ages = []

    for is_current in (False, True, False):
        clock.is_current = is_current
        clock.now_s += 60
        await snapshots.write()
        read = read_snapshot(path, SEAL)
        ages.append((read and read.written_at, snapshots.written_at))

    minute = timedelta(minutes=1)
    assert ages == [(None, None), *[(START + 2 * minute, START + 2 * minute)] * 2]


async def test_it_is_written_at_its_times_and_at_the_end(tmp_path: Path) -> None:
    """A server that stops in an orderly way leaves what it knew last."""
    path, clock, was_written = tmp_path / "snapshot", Clock(), asyncio.Event()

    def now() -> datetime:
        was_written.set()
        return clock.now()

    around = Around(clock, now, lambda: True)
    snapshots = Snapshots(path, SEAL, caching(Rows()), around)

    snapshots.open(every_s=0.001)
    async with asyncio.timeout(5):
        await was_written.wait()
        clock.now_s += 60
        await snapshots.close()

    assert snapshots.written_at == START + timedelta(minutes=1)
    assert read_snapshot(path, SEAL) == Snapshot(snapshots.written_at, [])


async def test_a_disk_that_takes_nothing_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And told again only after it has worked in between."""
    folder, clock = tmp_path / "later", Clock()
    snapshots = await snapshots_of(folder / "snapshot", clock, room_entry())

    for _ in range(3):
        await snapshots.write()
    make(folder)
    await snapshots.write()

    said = [each.message for each in caplog.records]
    assert len(said) == 1
    assert said[0].endswith("/later/snapshot: no such file or directory")
    assert snapshots.written_at == START
