"""The directory as a server lives with it: opened on a database, or on what was known of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.live import LiveDirectory
from policy.directory.records import AddressKey, PermanentRoom
from policy.directory.snapshot import read_snapshot
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from policy.settings import Settings
from tests.database import SEAL
from tests.directory.rows import file_of
from tests.e2e.program import until

if TYPE_CHECKING:
    from pathlib import Path

    from policy.directory.document import DirectoryFile
    from policy.directory.records import Found
    from tests.database import Database

KEY: Final = AddressKey("700", "example.org")
FILE: Final = file_of(rooms=[{"aliases": ["700@example.org"], "service_name": "r-1"}])
NOWHERE: Final = "postgresql://nobody@/nothing?host=/nowhere&port=5432"
CANCEL: Final = "UPDATE room SET state = 'retired'"


def system_clock() -> datetime:
    """Give a time that no database tells."""
    return datetime(1999, 1, 1, tzinfo=UTC)


def _settings(**cache: object) -> Settings:
    return Settings.model_validate({"cache": cache})


async def _hold(database: Database, file: DirectoryFile) -> None:
    await database.load(Parsed(file, Marks("directory.yaml")))


async def test_a_commit_is_seen_by_the_next_call(database: Database) -> None:
    """What is remembered for a minute is asked again as soon as it is another."""
    await _hold(database, FILE)

    async with LiveDirectory(database.dsn, SEAL, _settings(), system_clock) as directory:
        before = await directory.lookup.find(KEY)
        await database.sql.execute(CANCEL)
        after = await until(
            lambda: directory.lookup.find(KEY), lambda found: _state(found) == "retired"
        )
        told = directory.state()

    assert (_state(before), _state(after)) == ("active", "retired")
    assert not after.is_stale
    assert (told["changes"], told["role"]) == ("current", "primary")


def _state(found: Found) -> str:
    assert isinstance(found.entry.target, PermanentRoom)
    return found.entry.target.state.value


async def test_the_time_is_the_database_s(database: Database) -> None:
    """Whatever the clock of the machine says."""
    async with LiveDirectory(database.dsn, SEAL, _settings(), system_clock) as directory:
        told = directory.clock.now()

    real: datetime = await database.sql.fetchval("SELECT clock_timestamp()")
    assert abs(told - real) < timedelta(seconds=30)


async def test_without_a_database_it_does_not_open() -> None:
    """There is nothing to answer with."""
    with pytest.raises(DirectoryError, match=r"^database: "):
        async with LiveDirectory(NOWHERE, SEAL, _settings(), system_clock):
            pass


async def test_a_snapshot_stands_in_for_the_database(database: Database, tmp_path: Path) -> None:
    """What was known when the last server stopped serves as stale, and its age is told."""
    await _hold(database, FILE)
    settings = _settings(snapshot=str(tmp_path / "snapshot"))
    async with LiveDirectory(database.dsn, SEAL, settings, system_clock) as directory:
        fresh = await directory.lookup.find(KEY)
    snapshot = read_snapshot(tmp_path / "snapshot", SEAL)
    assert snapshot is not None

    def later() -> datetime:
        return snapshot.written_at + timedelta(hours=1)

    async with LiveDirectory(NOWHERE, SEAL, settings, later, snapshot) as directory:
        found = await directory.lookup.find(KEY)
        with pytest.raises(DirectoryError):
            await directory.lookup.find(AddressKey("701", "example.org"))
        told = directory.state()

    assert (found.entry, found.is_stale) == (fresh.entry, True)
    assert (told["changes"], told["node"], told["role"]) == ("may be missing", None, None)
    assert told["snapshot"] == {
        "written_at": snapshot.written_at.isoformat(timespec="seconds"),
        "age_s": 3600,
        "entries": 1,
    }
    kept = read_snapshot(tmp_path / "snapshot", SEAL)
    assert kept is not None
    assert kept.written_at == snapshot.written_at  # it is not replaced by what may be older
