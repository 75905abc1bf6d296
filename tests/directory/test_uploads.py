"""Rooms and devices get their pictures, and lose them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import DirectoryFile
from policy.directory.records import AddressKey, Device, PermanentRoom
from policy.directory.uploads import (
    find_holder,
    read_picture,
    read_pictures,
    remove_picture,
    show_picture,
)
from policy.documents import load
from policy.errors import DocumentError, PictureError
from policy.pictures.intake import MAX_FILE_BYTES, take_in
from tests.pictures.drawing import halves, saved

if TYPE_CHECKING:
    from tests.database import Database

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples" / "vdx" / "directory.yaml"
DOMAIN: Final = "rooms.example.org"
ROOM: Final = AddressKey("721834", DOMAIN)
WARD: Final = AddressKey("ward7", DOMAIN)
SCREEN: Final = AddressKey("reception.screen", DOMAIN)
PICTURE: Final = take_in(saved(halves(), "PNG"))
OTHER: Final = take_in(saved(halves(40, 40), "PNG"))


@pytest.fixture
async def example(database: Database) -> Database:
    """Give the example directory."""
    await database.load(load(EXAMPLE, DirectoryFile))
    return database


async def _count(database: Database) -> int:
    count: int = await database.sql.fetchval("SELECT count(*) FROM picture")
    return count


async def test_the_example_shows_a_picture(example: Database) -> None:
    """The directory file's picture is found by the alias of its device."""
    async with example.directory() as directory, example.pictures() as pictures:
        device = (await directory.find(WARD)).target
        assert isinstance(device, Device)
        assert device.picture_id is not None
        shown = await pictures.find(device.picture_id)

    assert shown == read_picture(EXAMPLE.parent / "ward7.png").image


async def test_every_alias_of_a_room_leads_to_its_picture(example: Database) -> None:
    """The picture is the room's, whichever alias it was given by."""
    holder = await find_holder(example.sql, [AddressKey("discharge", DOMAIN)])
    assert holder is not None
    await show_picture(example.sql, holder, PICTURE)

    async with example.directory() as directory:
        room = (await directory.find(ROOM)).target

    again = await find_holder(example.sql, [ROOM])
    assert again is not None
    assert again.shown is not None
    assert isinstance(room, PermanentRoom)
    assert room.picture_id == again.shown.picture_id
    assert (again.shown.image, again.shown.width, again.shown.height) == (PICTURE.image, 80, 60)


async def test_the_first_address_that_is_somebodys_counts(example: Database) -> None:
    """A bare alias is tried as such, then with the domain; one that nobody has gives None."""
    bare, none = AddressKey("ward7", ""), AddressKey("nobody", DOMAIN)

    holder = await find_holder(example.sql, [bare, WARD])

    assert holder is not None
    assert holder == await find_holder(example.sql, [WARD])
    for keys in ([bare], [none], [AddressKey("899999", DOMAIN)], [AddressKey("ward7", "x.org")]):
        assert await find_holder(example.sql, keys) is None


async def test_a_bare_address_is_found_in_own_domains_only(example: Database) -> None:
    """As calls find it."""
    await example.sql.execute("UPDATE address SET domain = NULL WHERE local = 'ward7'")

    found = [
        await find_holder(example.sql, [AddressKey("ward7", domain)])
        for domain in ("", DOMAIN, "foreign.example.com")
    ]

    assert [each is not None for each in found] == [True, True, False]


async def test_an_organisation_keeps_a_picture_once(example: Database) -> None:
    """Two of its devices share it; what nobody shows any more is removed."""
    before = await _count(example)
    for key in (ROOM, WARD):
        holder = await find_holder(example.sql, [key])
        assert holder is not None
        await show_picture(example.sql, holder, PICTURE)
    # The picture that ward 7 had is gone.
    assert await _count(example) == before

    for key, left in ((ROOM, 1), (WARD, 0)):
        holder = await find_holder(example.sql, [key])
        assert holder is not None
        await remove_picture(example.sql, holder)
        assert await _count(example) == left


async def test_the_same_picture_twice_is_the_same(example: Database) -> None:
    """Giving it again changes nothing."""
    for _ in range(2):
        holder = await find_holder(example.sql, [SCREEN])
        assert holder is not None
        await show_picture(example.sql, holder, OTHER)

    again = await find_holder(example.sql, [SCREEN])
    assert again is not None
    assert again.shown is not None
    assert again.shown.image == OTHER.image


def test_a_file_that_cannot_be_taken_is_named(tmp_path: Path) -> None:
    """Missing, no picture, or too large: the message begins with the file."""
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "large.png").write_bytes(bytes(MAX_FILE_BYTES + 1))

    for name, said in (
        ("none.png", "no such file"),
        ("text.png", "no picture of a known format"),
        ("large.png", "at most 20 MB"),
    ):
        with pytest.raises(PictureError, match=f"{tmp_path / name}: .*{said}"):
            read_picture(tmp_path / name)


def test_a_directory_file_tells_all_its_bad_pictures(tmp_path: Path) -> None:
    """With line and column, and a picture that two rows show is read once."""
    (tmp_path / "good.png").write_bytes(saved(halves(), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"GIF89a")
    path = tmp_path / "directory.yaml"
    path.write_text(
        "devices:\n"
        "  - {organisation: a, alias: one, picture: good.png}\n"
        "  - {organisation: a, alias: two, picture: good.png}\n"
    )
    assert list(read_pictures(load(path, DirectoryFile))) == ["good.png"]

    with path.open("a") as file:
        file.write(
            "  - {organisation: a, alias: three, picture: bad.png}\n"
            "rooms:\n"
            "  - {organisation: a, aliases: [four], picture: none.png}\n"
        )
    with pytest.raises(DocumentError) as caught:
        read_pictures(load(path, DirectoryFile))

    known = "JPEG, PNG, WEBP, GIF, TIFF, BMP, AVIF"
    assert str(caught.value).splitlines() == [
        f"{path}:4:46: picture: {tmp_path}/bad.png: no picture of a known format: {known}",
        f"{path}:6:49: picture: {tmp_path}/none.png: no such file or directory",
    ]
