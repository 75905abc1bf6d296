"""A directory file into the database: all of it, once, and without a secret in any message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import DirectoryFile
from policy.directory.loading import load_if_empty
from policy.directory.sealing import Seal
from policy.documents import load
from policy.errors import DirectoryError, DocumentError
from tests.database import SEAL
from tests.directory.rows import parsed
from tests.e2e.program import EXAMPLE

if TYPE_CHECKING:
    from tests.database import Database
    from tests.directory.proxy import Proxy

ROWS: Final = """
organisations:
  - {code: north, name: North}
  - {code: harbour, name: Harbour, type: praksis, parent: north}
domains:
  - {domain: example.org, organisation: north}
"""
ROOM: Final = 'organisation: north, aliases: ["700@example.org"], pin: "948201"'
COUNT: Final = """
SELECT (SELECT count(*) FROM organisation) + (SELECT count(*) FROM domain)
    + (SELECT count(*) FROM room) + (SELECT count(*) FROM booking)
    + (SELECT count(*) FROM device) + (SELECT count(*) FROM address)
"""


async def test_the_example_is_loaded_whole(database: Database) -> None:
    """Every row of the example directory ends up in its table."""
    example = load(EXAMPLE / "directory.yaml", DirectoryFile)

    did = await load_if_empty(database.dsn, example, SEAL)

    file = example.value
    tables = ("organisation", "domain", "booking", "device")
    counts = {each: await database.sql.fetchval(f"SELECT count(*) FROM {each}") for each in tables}  # noqa: S608  constants
    assert did
    assert counts == {
        "organisation": len(file.organisations),
        "domain": len(file.domains),
        "booking": len(file.bookings),
        "device": len(file.devices),
    }
    parent = "SELECT p.code FROM organisation o JOIN organisation p ON p.id = o.parent_id"
    assert await database.sql.fetchval(parent) == "region-north"


async def test_a_second_load_does_nothing(database: Database) -> None:
    """A database with an organisation in it is somebody's: it is left as it is."""
    await load_if_empty(database.dsn, parsed(ROWS), SEAL)
    await database.sql.execute("UPDATE organisation SET name = 'Renamed' WHERE code = 'north'")

    did = await load_if_empty(database.dsn, parsed(ROWS), SEAL)

    assert not did
    name = await database.sql.fetchval("SELECT name FROM organisation WHERE code = 'north'")
    assert name == "Renamed"


async def test_two_servers_load_once(database: Database) -> None:
    """Of servers that start at once, one fills the directory and the others see it filled."""
    loads = (load_if_empty(database.dsn, parsed(ROWS), SEAL) for _ in range(5))

    did = await asyncio.gather(*loads)

    assert sorted(did) == [False] * 4 + [True]
    assert await database.sql.fetchval(COUNT) == 3


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        (f"rooms:\n  - {{{ROOM}}}\n  - {{{ROOM}}}", 9, "address_has_one_owner"),
        ("rooms:\n  - {organisation: south, aliases: [a]}", 8, "organisation 'south'"),
        (
            'rooms:\n  - {organisation: north, aliases: ["7@other.example.org"], pin: "948201"}',
            8,
            "address_domain_fkey",
        ),
        (
            (
                f"rooms:\n  - {{{ROOM}, service_name: x}}\n"
                '  - {organisation: north, aliases: [b], service_name: x, pin: "948201"}'
            ),
            9,
            "room_service_name_key",
        ),
        (
            f"bookings:\n  - {{{ROOM}, starts_at: 1960-01-01T10:00Z, ends_at: 1960-01-01T11:00Z}}",
            8,
            "a_meeting_is_in_years_of_four_digits",
        ),
        (
            f"bookings:\n  - {{{ROOM}, starts_at: 9998-12-31T10:00Z, ends_at: 9999-12-31T11:00Z}}",
            8,
            "a_meeting_is_in_years_of_four_digits",
        ),
        (
            (
                "devices:\n  - {organisation: north, alias: a@example.org}\n"
                "  - {organisation: north, alias: a@example.org}"
            ),
            9,
            "address_has_one_owner",
        ),
        (
            (
                "addresses:\n  - {alias: 7@example.org, state: held}\n"
                "  - {alias: 7@example.org, state: quarantined}"
            ),
            9,
            "address_has_one_owner",
        ),
        (
            "rooms:\n  - {organisation: north, aliases: ['ward/7@example.org']}",
            8,
            "address_local_check",
        ),
        (f'rooms:\n  - {{{ROOM}, description: "a\\0b"}}', 8, "CharacterNotInRepertoire"),
    ],
)
async def test_a_refused_row_is_named_and_nothing_is_kept(
    database: Database, rows: str, line: int, said: str
) -> None:
    """The error has the row's line and the rule that it breaks; the database stays empty."""
    file = parsed(ROWS + rows)

    with pytest.raises(DocumentError) as caught:
        await load_if_empty(database.dsn, file, SEAL)

    assert str(caught.value).startswith(f"directory.yaml:{line}:")
    assert said in str(caught.value)
    assert "948201" not in str(caught.value)
    assert await database.sql.fetchval(COUNT) == 0


@pytest.mark.parametrize("code", ["south", "west"])
async def test_a_parent_stands_above_its_children(database: Database, code: str) -> None:
    """A parent that is not there, or only further down, is not left out in silence."""
    rows = "organisations:\n  - {code: north, name: N, parent: %s}\n  - {code: west, name: W}"

    with pytest.raises(DocumentError, match=rf"^directory.yaml:2:5: parent '{code}'"):
        await load_if_empty(database.dsn, parsed(rows % code), SEAL)

    assert await database.sql.fetchval(COUNT) == 0


async def test_a_password_needs_a_key(database: Database) -> None:
    """Without a key file a device with a password cannot be kept, and nothing else is."""
    device = "devices:\n  - {organisation: north, alias: a, username: u, password: an-odd-word}"

    with pytest.raises(DirectoryError) as caught:
        await load_if_empty(database.dsn, parsed(ROWS + device), Seal())

    assert str(caught.value) == "device password: secrets.key_file is not set"
    assert await database.sql.fetchval(COUNT) == 0


@pytest.mark.parametrize("letter", ["a", "\u00f8", "\u6f22", "\U0001f600"])
async def test_a_long_password_is_kept(database: Database, letter: str) -> None:
    """250 letters of any alphabet are sealed, stored and opened again."""
    device = "devices:\n  - {organisation: north, alias: a, username: u, password: %s}"

    await load_if_empty(database.dsn, parsed(ROWS + device % (letter * 250)), SEAL)

    sealed = await database.sql.fetchval("SELECT sealed_password FROM device")
    assert SEAL.unseal(sealed) == letter * 250


async def test_a_password_is_never_stored_in_clear(database: Database) -> None:
    """Whoever reads the database, a backup or a replica learns no password."""
    device = "devices:\n  - {organisation: north, alias: a, username: u, password: an-odd-word}"

    await load_if_empty(database.dsn, parsed(ROWS + device), SEAL)

    row = await database.sql.fetchval("SELECT device::text FROM device")
    assert "an-odd-word" not in row


async def test_a_pin_is_never_stored_in_clear(database: Database) -> None:
    """Whoever reads the database, a backup or a replica learns no PIN."""
    await load_if_empty(database.dsn, parsed(ROWS + f"rooms:\n  - {{{ROOM}}}"), SEAL)

    room = await database.sql.fetchrow("SELECT id, pin, room::text AS written FROM room")
    assert room is not None
    assert "948201" not in room["written"]
    assert SEAL.unseal_pin(room["id"], "pin", room["pin"]) == "948201"


async def test_a_pin_needs_a_key(database: Database) -> None:
    """Without a key file a room with a PIN cannot be kept, and nothing else is."""
    with pytest.raises(DirectoryError, match=r"^room PIN: secrets.key_file is not set$"):
        await load_if_empty(database.dsn, parsed(ROWS + f"rooms:\n  - {{{ROOM}}}"), Seal())

    assert await database.sql.fetchval(COUNT) == 0


async def test_a_database_that_is_away_is_one_line(proxy: Proxy) -> None:
    """The error names the database and the reason, and no row."""
    await proxy.close()

    with pytest.raises(DirectoryError, match=r"^database: no such file or directory$"):
        await load_if_empty(proxy.dsn, parsed(ROWS), SEAL)
