"""A new key on top of the old one, and then alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet

from policy.directory.document import DirectoryFile
from policy.documents import load
from tests.database import KEY

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.database import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"


async def test_the_old_key_can_go_afterwards(run: Run, database: Database, tmp_path: Path) -> None:
    """A dry run says how much there is, a run does it, and then nothing is left to do."""
    directory = load(EXAMPLE, DirectoryFile)
    await database.load(directory)
    file = directory.value
    rooms = sum(row.pin is not None for row in (*file.rooms, *file.bookings))
    devices = sum(row.password is not None for row in file.devices)
    new, keys = Fernet.generate_key().decode(), tmp_path / "keys"
    keys.write_text(f"{new}\n{KEY}\n")
    settings = {"database_url": database.dsn, "secrets_key_file": keys}

    dry = await asyncio.to_thread(run, "reseal", "--dry-run", **settings)
    done = await asyncio.to_thread(run, "reseal", **settings)
    keys.write_text(new)
    again = await asyncio.to_thread(run, "reseal", **settings)

    told = f"{rooms} rooms and {devices} device"  # there is one
    assert dry.stdout == f"{told} would be sealed with the newest key\n"
    assert done.stdout == f"{told} were sealed with the newest key\n"
    assert again.stdout == "0 rooms and 0 devices were sealed with the newest key\n"


async def test_a_lost_key_is_told(run: Run, database: Database, tmp_path: Path) -> None:
    """Code 1 and the row that cannot be opened; without a key file the setting is named."""
    await database.load(load(EXAMPLE, DirectoryFile))
    keys = tmp_path / "keys"
    keys.write_text(Fernet.generate_key().decode())

    lost = await asyncio.to_thread(run, "reseal", database_url=database.dsn, secrets_key_file=keys)
    unset = await asyncio.to_thread(run, "reseal", database_url=database.dsn)

    assert (lost.returncode, unset.returncode) == (1, 1)
    assert "room PIN: no key of secrets.key_file opens it" in lost.stderr
    assert "room PIN: secrets.key_file is not set" in unset.stderr
