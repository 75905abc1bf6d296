"""Files come in whole or not at all, and everything that is wrong has its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.bulk.importing import Mode
from policy.directory.document import key_of
from policy.directory.records import Booking, Device, PermanentRoom, Quarantined, Reserved
from tests.directory.bulk.site import bring_in, problems_of, write_files
from tests.pictures.drawing import halves, saved

if TYPE_CHECKING:
    from pathlib import Path

    from policy.directory.records import Target
    from tests.database import Database


async def found(database: Database, alias: str) -> Target | None:
    """Give who is called there."""
    async with database.directory() as directory:
        return (await directory.find(key_of(alias))).target


async def test_everything_comes_in_as_it_was(database: Database, tmp_path: Path) -> None:
    """Rooms, meetings, devices and addresses answer as they did where they come from."""
    imported = await bring_in(database, write_files(tmp_path))

    assert problems_of(imported) == []
    assert imported.added["organisations"] == 4
    assert imported.added["rooms"] == 4
    room = await found(database, "discharge@rooms.example.org")
    assert isinstance(room, PermanentRoom)
    assert (room.service["pin"], room.service["guest_pin"]) == ("48213", "90377")
    assert room.service["enable_chat"] == "no"
    assert room.tags == ("ward 7", "a|b")
    assert room.subtree == ("practice", "region/nord æ")
    meeting = await found(database, "810001@rooms.example.org")
    assert isinstance(meeting, Booking)
    assert meeting.service["pin"] == "50718"
    device = await found(database, "second@rooms.example.org")
    assert isinstance(device, Device)
    assert device.password == "s3cret"
    assert await found(database, "899998@rooms.example.org") == Quarantined()
    assert await found(database, "899999@rooms.example.org") == Reserved()
    assert isinstance(await found(database, "old@rooms.example.org"), PermanentRoom)


async def test_everything_wrong_is_told_and_nothing_is_kept(
    database: Database, tmp_path: Path
) -> None:
    """A value, a name that nobody has, a double: each with its place, and no row comes in."""
    folder = write_files(
        tmp_path,
        rooms="organisation,aliases,pin,template\n"
        "practice,740001@rooms.example.org 740002@nowhere.example.org,48213,plain\n"
        'nobody,"740001@rooms.example.org",12,\n'
        'practice,740003@rooms.example.org,"48214",other\n'
        'practice,"899999@rooms.example.org",,\n',
        users=None,
        addresses=None,
    )
    (folder / "addresses.csv").write_text(
        "alias,state\n899999@rooms.example.org,held\n1@rooms.example.org,active\n"
    )

    imported = await bring_in(database, folder)

    assert problems_of(imported) == [
        (
            "rooms.csv:2:35: domain 'nowhere.example.org' is neither in the directory"
            " nor in these files"
        ),
        "rooms.csv:3:35: pin: a PIN is 4 to 20 digits, of which the last may be '#'",
        "rooms.csv:4:43: template 'other' is neither in the directory nor in these files",
        "bookings.jsonl:1:240: organised_by is no user of this organisation",
        (
            "addresses.csv:2:1: alias '899999@rooms.example.org' stands twice,"
            " first in line 5 of rooms.csv"
        ),
        (
            "addresses.csv:3:1: alias '1@rooms.example.org' is nobody's: an active address is one"
            " of a room, a booking or a device"
        ),
    ]
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0


async def test_what_is_there_already_is_refused_with_its_owner(
    database: Database, tmp_path: Path
) -> None:
    """A second import says of every row whose it is."""
    folder = write_files(tmp_path)
    await bring_in(database, folder)

    again = problems_of(await bring_in(database, folder))

    for said in (
        "organisations.csv:3:1: code 'region/nord æ' is there already, of region/nord æ",
        "ranges.csv:2:2: name 'main' is there already, of the platform",
        "rooms.csv:2:10: alias '721834@rooms.example.org' is taken, by organisation practice",
        "rooms.csv:2:35: alias 'discharge@rooms.example.org' is taken, by organisation practice",
        (
            "addresses.csv:4:1: alias '899998@rooms.example.org' is taken,"
            " by an address that is quarantined"
        ),
    ):
        assert said in again
    assert await database.sql.fetchval("SELECT count(*) FROM room") == 7


async def test_an_update_changes_and_does_not_double(database: Database, tmp_path: Path) -> None:
    """Rows are found by their natural keys; only what the file says is changed."""
    folder = write_files(tmp_path)
    await bring_in(database, folder)
    counts = "SELECT (SELECT count(*) FROM room), (SELECT count(*) FROM address)"
    before = tuple(await database.sql.fetchrow(counts) or ())

    again = await bring_in(database, folder, mode=Mode.UPDATE)

    assert (problems_of(again), again.added) == ([], {})
    assert again.changed["rooms"] == 4
    assert tuple(await database.sql.fetchrow(counts) or ()) == before


async def test_an_update_leaves_alone_what_it_does_not_speak_of(
    database: Database, tmp_path: Path
) -> None:
    """JSON Lines say row by row what changes; PINs are sealed for the room that is there."""
    await bring_in(database, write_files(tmp_path / "all"))
    (tmp_path / "rooms.jsonl").write_text(
        '{"organisation": "practice", "aliases": ["discharge@rooms.example.org",'
        ' "more@rooms.example.org"], "description": "New", "pin": "771205",'
        ' "guest_pin": "331980"}\n'
        '{"organisation": "practice", "service_name": "later", "participant_limit": 5}\n'
        '{"organisation": "practice", "aliases": ["new@rooms.example.org"]}\n'
    )

    imported = await bring_in(database, tmp_path / "rooms.jsonl", mode=Mode.UPDATE)

    assert problems_of(imported) == []
    assert (imported.changed, imported.added) == ({"rooms": 2}, {"rooms": 1})
    room = await found(database, "more@rooms.example.org")
    assert isinstance(room, PermanentRoom)
    assert room.service["description"] == "New"
    assert (room.service["pin"], room.service["guest_pin"]) == ("771205", "331980")
    assert room.service["enable_chat"] == "no"
    assert room.tags == ("ward 7", "a|b")
    limit = "SELECT participant_limit FROM room WHERE service_name = 'later'"
    assert await database.sql.fetchval(limit) == 5


async def test_one_pin_alone_is_not_changed(database: Database, tmp_path: Path) -> None:
    """Both are sealed with one key, and have to go together."""
    await bring_in(database, write_files(tmp_path / "all"))
    (tmp_path / "rooms.jsonl").write_text(
        '{"organisation": "practice", "service_name": "ward", "pin": "771205"}\n'
    )

    imported = await bring_in(database, tmp_path / "rooms.jsonl", mode=Mode.UPDATE)

    said = "rooms.jsonl:1:1: pin and guest_pin are changed together: write both, or write null"
    assert problems_of(imported) == [said]


async def test_what_only_the_database_knows_has_its_line_too(
    database: Database, tmp_path: Path
) -> None:
    """Without restore, rows of an organisation that is closed are refused; the first is named."""
    folder = write_files(tmp_path)

    imported = await bring_in(database, folder, restore=False)

    assert problems_of(imported) == [
        (
            "rooms.csv:2:1: the directory refuses this row: "
            "organisation practice is leaving: it gets no new rooms"
        )
    ]


async def test_the_first_of_many_is_found_by_halving(database: Database, tmp_path: Path) -> None:
    """Two rows in a thousand are refused by the database: it is the first that is told."""
    rows = [f"north,{number}@rooms.example.org," for number in range(700_000, 701_000)]
    for wrong in (617, 900):
        rows[wrong] = f"north,{wrong}@rooms.example.org,Nowhere"
    header = "organisation,aliases,ivr_theme_name"
    (tmp_path / "rooms.csv").write_text("\n".join([header, *rows]))
    (tmp_path / "organisations.csv").write_text("code,name\nnorth,North\n")
    (tmp_path / "domains.csv").write_text("domain,organisation\nrooms.example.org,north\n")
    await database.sql.execute("INSERT INTO platform_names VALUES ('themes', '{Somewhere}')")

    try:
        imported = await bring_in(database, tmp_path)
    finally:
        await database.sql.execute("DELETE FROM platform_names")

    assert problems_of(imported) == [
        (
            "rooms.csv:619:1: the directory refuses this row: "
            'room: ivr_theme_name: "Nowhere" is not among the themes of the platform'
        )
    ]
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0


@pytest.mark.parametrize("is_there", [True, False])
async def test_pictures_come_from_beside_the_file(
    database: Database, tmp_path: Path, *, is_there: bool
) -> None:
    """A row names a file; one that is not there is a problem of that cell."""
    write_files(
        tmp_path, devices="organisation,alias,picture\npractice,a@rooms.example.org,x.png\n"
    )
    if is_there:
        (tmp_path / "x.png").write_bytes(saved(halves(), "PNG"))

    imported = await bring_in(database, tmp_path)

    if is_there:
        assert problems_of(imported) == []
        shown = "SELECT count(*) FROM device WHERE picture_id IS NOT NULL"
        assert await database.sql.fetchval(shown) == 1
    else:
        (problem,) = imported.problems
        assert (problem.line, problem.column) == (2, 30)
        assert problem.text.endswith("x.png: no such file or directory")


async def test_a_wrong_header_is_told_before_anything_is_read(
    database: Database, tmp_path: Path
) -> None:
    """Unknown, doubled and missing columns."""
    (tmp_path / "rooms.csv").write_text("orgnisation,pin,pin\nx,1,2\n")

    imported = await bring_in(database, tmp_path)

    assert problems_of(imported) == [
        "rooms.csv:1:1: unknown column 'orgnisation', did you mean 'organisation'?",
        "rooms.csv:1:17: column 'pin' stands twice",
        "rooms.csv:1:1: column 'organisation' is missing",
    ]
