"""Tools decide with a file, with the database of the site, or with nobody at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.cli.directories import (
    NobodyDirectory,
    directory_of_file,
    directory_of_site,
    with_alternative,
)
from policy.directory.document import DirectoryFile
from policy.directory.records import AddressKey, Device, Entry, PermanentRoom
from policy.documents import load
from policy.errors import DocumentError, StartError
from policy.settings_file import load_settings
from tests.database import KEY

if TYPE_CHECKING:
    from tests.database import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"
ROOM: Final = AddressKey("730112", "rooms.example.org")
WARD: Final = AddressKey("ward7", "rooms.example.org")


async def test_a_file_and_the_database_say_the_same(database: Database, tmp_path: Path) -> None:
    """Rooms and devices, whose passwords the key file opens."""
    await database.load(load(EXAMPLE, DirectoryFile))
    key_file = tmp_path / "secret.key"
    key_file.write_text(KEY)
    given = {
        "VDX_POLICY_DATABASE_URL": database.dsn,
        "VDX_POLICY_SECRETS_KEY_FILE": str(key_file),
    }
    settings = load_settings(None, given)

    async with directory_of_site(settings) as site:
        room, ward = await site.find(ROOM), await site.find(WARD)

    file = directory_of_file(EXAMPLE, settings)
    known = (await file.find(ROOM)).target
    assert isinstance(room.target, PermanentRoom)
    assert isinstance(known, PermanentRoom)
    assert (room.target.owner, room.target.tags) == (known.owner, known.tags)
    assert isinstance(ward.target, Device)
    assert ward.target.password == "an-invented-password"


async def test_no_database_is_told_with_a_way_out(tmp_path: Path) -> None:
    """Whoever has none at hand can do without."""
    given = {"VDX_POLICY_DATABASE_EMBEDDED_PATH": str(tmp_path / "none")}

    with pytest.raises(StartError, match="there is no database") as raised:
        async with directory_of_site(load_settings(None, given)):
            pass

    assert str(with_alternative(raised.value)).endswith(
        "; --directory FILE or --no-directory need none"
    )


def test_a_wrong_file_is_told_with_its_lines(tmp_path: Path) -> None:
    """Rows that refer to nothing are found before any call is decided."""
    path = tmp_path / "directory.yaml"
    path.write_text("rooms:\n  - {organisation: nobody, aliases: ['7']}\n")

    with pytest.raises(DocumentError, match=r"directory\.yaml:2:"):
        directory_of_file(path, load_settings(None, {}))


async def test_nobody_owns_anything() -> None:
    """Every alias is a stranger's."""
    assert await NobodyDirectory().find(WARD) == Entry(own_domain=False, target=None)
