"""What the contract cannot say of the real directory: rows that no file can write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from cryptography.fernet import Fernet

from policy.directory.lanes import Lanes
from policy.directory.lookup import PostgresDirectory
from policy.directory.records import AddressKey, Entry, PermanentRoom, Reserved
from policy.directory.sealing import Seal
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from tests.database import Database

KEY: Final = AddressKey("700", "example.org")
ROOM: Final = {"aliases": ["700@example.org"], "service_name": "r-1"}
DEVICE: Final = {"alias": "700@example.org", "username": "u", "password": "an-odd-word"}


async def filled(database: Database, **rows: list[dict[str, object]]) -> None:
    """Hold these rows."""
    await database.load(Parsed(file_of(**rows), Marks("directory.yaml")))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE address SET kind = 'reserved', room_id = NULL",
        "UPDATE address SET kind = 'reception', room_id = NULL, state = 'held'",
        "UPDATE address SET kind = 'gateway-rule', room_id = NULL",
        "UPDATE address SET state = 'held'",
    ],
)
async def test_nobody_answers_at_a_reserved_address(database: Database, statement: str) -> None:
    """Kinds that this program does not serve yet, and addresses held for somebody, are owned."""
    await filled(database, rooms=[dict(ROOM)])
    await database.sql.execute(f"SET LOCAL vdx_policy.restoring = 'on'; {statement}")

    async with database.directory() as directory:
        entry = await directory.find(KEY)

    assert entry == Entry(own_domain=True, target=Reserved())


async def test_a_room_whose_booking_is_not_written_is_reserved(database: Database) -> None:
    """Between two statements of a booking program there is nothing to join."""
    times = {"starts_at": "2026-05-04T10:00Z", "ends_at": "2026-05-04T11:00Z"}
    await filled(database, bookings=[{**ROOM, **times}])
    await database.sql.execute("DELETE FROM booking")

    async with database.directory() as directory:
        entry = await directory.find(KEY)

    assert entry.target == Reserved()


async def test_a_free_address_is_nobodys(database: Database) -> None:
    """An address of the past is not found, though its row is kept."""
    await filled(database, rooms=[dict(ROOM)])
    await database.sql.execute(
        "UPDATE address SET state = 'quarantined';UPDATE address SET state = 'free', room_id = NULL"
    )

    async with database.directory() as directory:
        entry = await directory.find(KEY)

    assert entry == Entry(own_domain=True, target=None)


async def test_a_room_of_a_group_has_a_tag(database: Database) -> None:
    """A group has no code; the tag of its rooms says so by leaving it out."""
    await filled(database, rooms=[dict(ROOM)])
    await database.sql.execute(
        "UPDATE organisation SET type = 'group', code = NULL WHERE code = 'region-north'"
    )

    async with database.directory() as directory:
        target = (await directory.find(KEY)).target

    assert isinstance(target, PermanentRoom)
    assert target.service["service_tag"] == ":permanent"


@pytest.mark.parametrize(
    ("seal", "said"),
    [
        (Seal(), "secrets.key_file is not set"),
        (Seal((Fernet.generate_key().decode(),)), "no key of secrets.key_file opens it"),
    ],
)
async def test_a_pin_of_another_key_is_an_error(database: Database, seal: Seal, said: str) -> None:
    """A room whose PIN cannot be read is never answered as one without."""
    await filled(database, rooms=[{**ROOM, "pin": "48213"}])
    lanes = Lanes(database.dsn, connections=1, timeout_s=5)
    await lanes.open()

    with pytest.raises(DirectoryError, match=rf"^room PIN: {said}$"):
        await PostgresDirectory(lanes, seal).find(KEY)

    await lanes.close()


async def test_a_password_of_another_key_is_an_error(database: Database) -> None:
    """A device whose password cannot be read is no device without one."""
    await filled(database, devices=[dict(DEVICE)])
    lanes = Lanes(database.dsn, connections=1, timeout_s=5)
    await lanes.open()
    directory = PostgresDirectory(lanes, Seal((Fernet.generate_key().decode(),)))

    with pytest.raises(DirectoryError, match=r"^device password: no key of secrets.key_file"):
        await directory.find(KEY)

    await lanes.close()


async def test_a_row_is_found_by_its_index(database: Database) -> None:
    """With a million addresses a look-up reads a few pages: the plan uses the unique index."""
    await filled(database, rooms=[dict(ROOM)])
    await database.sql.execute("SET enable_seqscan = off")

    plan = await database.sql.fetch(
        "EXPLAIN SELECT * FROM address WHERE local = '700' AND state <> 'free'"
    )

    assert any("address_has_one_owner" in row[0] for row in plan)
