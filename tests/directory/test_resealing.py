"""Old keys, missing keys, and PINs that an older program wrote in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from cryptography.fernet import Fernet

from policy.directory.lanes import Lanes
from policy.directory.lookup import PostgresDirectory
from policy.directory.migrate import SCHEMA, current_revision, migrate
from policy.directory.records import AddressKey, PermanentRoom
from policy.directory.resealing import (
    Resealed,
    check_key,
    check_key_for_writing,
    count_sealed,
    reseal,
)
from policy.directory.sealing import Seal
from policy.errors import DirectoryError, RefusedError, StartError
from tests.database import KEY, SEAL
from tests.directory.rows import parsed

if TYPE_CHECKING:
    from tests.database import Database

NEW_KEY: Final = Fernet.generate_key().decode()
FILE: Final = """
organisations: [{code: north, name: North}]
domains: [{domain: example.org, organisation: north}]
rooms:
  - {organisation: north, aliases: [700@example.org], pin: "48213", guest_pin: "90377"}
  - {organisation: north, aliases: [701@example.org], pin: "483#"}
  - {organisation: north, aliases: [702@example.org]}
devices:
  - {organisation: north, alias: desk@example.org, username: desk, password: an-odd-word}
"""
CLEAR: Final = """
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0007');
INSERT INTO organisation (code, name) VALUES ('north', 'North');
INSERT INTO domain (domain, organisation_id) SELECT 'example.org', id FROM organisation;
WITH made AS (
    INSERT INTO room (organisation_id, kind, pin, guest_pin, allow_guests, description)
    SELECT id, 'permanent', '48213', '90377', true, number
    FROM organisation, generate_series(1, 30) AS number
    RETURNING id, description
)
INSERT INTO address (local, domain, kind, room_id)
SELECT 'r' || description, 'example.org', 'permanent', id FROM made;
INSERT INTO room (organisation_id, kind, pin) SELECT id, 'permanent', '483#' FROM organisation;
INSERT INTO room (organisation_id, kind) SELECT id, 'permanent' FROM organisation;
"""


async def written(database: Database) -> list[asyncpg.Record]:
    """Give what the tables hold of secrets."""
    query = "SELECT pin, guest_pin FROM room UNION ALL SELECT sealed_password, NULL FROM device"
    return await database.sql.fetch(f"{query} ORDER BY 1, 2")


@pytest.mark.parametrize("batch", [1, 2, 5000])
async def test_all_is_sealed_with_the_newest_key(database: Database, batch: int) -> None:
    """Afterwards the new key alone opens everything, and a second run finds nothing to do."""
    await database.load(parsed(FILE))
    both = Seal((NEW_KEY, KEY))
    seen: list[int] = []

    first = await reseal(database.sql, both, dry_run=False, looked_at=seen.append, batch_size=batch)
    second = await reseal(database.sql, both, dry_run=False, looked_at=lambda _: None)

    assert (first, second) == (Resealed(rooms=2, devices=1), Resealed(rooms=0, devices=0))
    assert sum(seen) == await count_sealed(database.sql) == 3
    new = Seal((NEW_KEY,))
    rooms = await database.sql.fetch("SELECT id, pin, guest_pin FROM room WHERE pin IS NOT NULL")
    pins = {new.unseal_pin(room["id"], "pin", room["pin"]) for room in rooms}
    assert pins == {"48213", "483#"}
    assert new.unseal(await database.sql.fetchval("SELECT sealed_password FROM device"))


async def test_a_dry_run_changes_nothing(database: Database) -> None:
    """It says how many rows are under an old key, and has opened all of them."""
    await database.load(parsed(FILE))
    before = await written(database)
    both = Seal((NEW_KEY, KEY))

    done = await reseal(database.sql, both, dry_run=True, looked_at=lambda _: None)

    assert (done, await written(database)) == (Resealed(rooms=2, devices=1), before)


async def test_what_no_key_opens_is_named(database: Database) -> None:
    """The error names the room and the setting, and nothing is changed."""
    await database.load(parsed(FILE))
    before = await written(database)

    with pytest.raises(DirectoryError, match=r"^room [0-9a-f-]{36}: room PIN: no key of secrets"):
        await reseal(database.sql, Seal((NEW_KEY,)), dry_run=False, looked_at=lambda _: None)

    assert await written(database) == before


async def test_a_password_that_no_key_opens_is_named(database: Database) -> None:
    """Devices come after rooms; one that was sealed elsewhere is told by its id."""
    await database.load(parsed(FILE))
    await database.sql.execute("UPDATE device SET sealed_password = 'x'")

    with pytest.raises(DirectoryError, match=r"^device [0-9a-f-]{36}: device password: no key"):
        await reseal(database.sql, SEAL, dry_run=True, looked_at=lambda _: None)


async def test_a_server_needs_a_key_for_what_is_sealed(database: Database) -> None:
    """Without the key file, and with that of another site, the start is refused."""
    await database.load(parsed(FILE))

    await check_key(database.sql, SEAL)
    await check_key(database.sql, Seal((NEW_KEY, KEY)))
    with pytest.raises(StartError, match=r"holds sealed PINs, secrets.key_file is not set$"):
        await check_key(database.sql, Seal())
    with pytest.raises(StartError, match=r"no key of secrets.key_file opens them$"):
        await check_key(database.sql, Seal((NEW_KEY,)))


async def test_some_pins_that_no_key_opens_keep_no_server_from_starting(
    database: Database,
) -> None:
    """They are counted, unless their room was deleted; with those alone it is another key."""
    await database.load(parsed(FILE))
    await _seal_elsewhere(database)

    assert await check_key(database.sql, SEAL) == 1
    await database.sql.execute("UPDATE room SET state = 'retired' WHERE pin LIKE '4#%'")
    await database.sql.execute("UPDATE room SET state = 'deleted' WHERE pin LIKE '4#%'")
    assert await check_key(database.sql, SEAL) == 0
    with pytest.raises(StartError, match=r"no key of secrets.key_file opens them$"):
        await check_key(database.sql, Seal((NEW_KEY,)))


async def test_only_a_key_that_opens_something_seals(database: Database) -> None:
    """One that opens nothing is of another file; where nothing is sealed, any will do."""
    other = Seal((NEW_KEY,))
    await check_key_for_writing(database.sql, other)
    await database.load(parsed(FILE))

    await check_key_for_writing(database.sql, SEAL)
    await check_key_for_writing(database.sql, Seal())  # sealing itself says what is missing
    with pytest.raises(RefusedError, match=r"^secrets.key_file: opens none of the PINs in this"):
        await check_key_for_writing(database.sql, other)
    await _seal_elsewhere(database)
    await check_key_for_writing(database.sql, other)


async def test_a_deleted_room_keeps_nothing_from_being_resealed(database: Database) -> None:
    """It is resealed where a key opens it, and else left alone."""
    await database.load(parsed(FILE))
    await _seal_elsewhere(database)
    await database.sql.execute("UPDATE room SET state = 'retired'")
    await database.sql.execute("UPDATE room SET state = 'deleted'")
    newest = Fernet.generate_key().decode()

    done = await reseal(database.sql, Seal((newest, KEY)), dry_run=False, looked_at=lambda _: None)

    assert done == Resealed(rooms=1, devices=1)
    assert Seal((newest,)).opens_pin(await _pin_like(database, "5.%"))
    assert Seal((NEW_KEY,)).opens_pin(await _pin_like(database, "4#%"))


async def _pin_like(database: Database, pattern: str) -> str:
    pin: str = await database.sql.fetchval("SELECT pin FROM room WHERE pin LIKE $1", pattern)
    return pin


async def _seal_elsewhere(database: Database) -> None:
    """Give one room a PIN that was sealed with the key of another site."""
    room_id = await database.sql.fetchval("SELECT id FROM room WHERE pin LIKE '4#%'")
    pin = Seal((NEW_KEY,)).seal_pin(room_id, "pin", "719#")
    await database.sql.execute("UPDATE room SET pin = $2 WHERE id = $1", room_id, pin)


async def test_a_database_without_pins_needs_no_key(database: Database) -> None:
    """Nothing is sealed, so nothing is asked for."""
    await check_key(database.sql, Seal())


async def _before_sealing(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for file in sorted(SCHEMA.glob("000[1-7]*.sql")):
        await connection.execute(file.read_text(encoding="utf-8"))
    await connection.execute(CLEAR)
    await connection.close()


async def test_clear_pins_are_sealed_by_the_migration(bare: str) -> None:
    """Calls are answered with the same PINs as before, and nobody reads them in the database."""
    await _before_sealing(bare)

    before, _ = await migrate(bare, SEAL)

    lanes = Lanes(bare, connections=1, timeout_s=5)
    await lanes.open()
    target = (await PostgresDirectory(lanes, SEAL).find(AddressKey("r17", "example.org"))).target
    await lanes.close()
    assert before == "0007"
    assert isinstance(target, PermanentRoom)
    assert (target.service["pin"], target.service["guest_pin"]) == ("48213", "90377")
    connection = await asyncpg.connect(bare)
    clear = "SELECT count(*) FROM room WHERE strpos(room::text, '48213') > 0"
    assert await connection.fetchval(clear) == 0
    with pytest.raises(asyncpg.CheckViolationError, match="a_pin_is_sealed"):
        await connection.execute("UPDATE room SET pin = '48213'")
    await connection.close()


async def test_clear_pins_without_a_key_stay_as_they_are(bare: str) -> None:
    """The message names the setting; nothing has changed, and with a key it goes on."""
    await _before_sealing(bare)

    with pytest.raises(StartError) as caught:
        await migrate(bare)

    assert str(caught.value) == "database: its PINs are to be sealed, secrets.key_file is not set"
    assert await current_revision(bare, timeout_s=10) == "0007"
    await migrate(bare, SEAL)


async def test_a_database_without_pins_migrates_without_a_key(bare: str) -> None:
    """A key is asked for only when there is something to seal."""
    await _before_sealing(bare)
    connection = await asyncpg.connect(bare)
    await connection.execute("UPDATE room SET pin = NULL, guest_pin = NULL, allow_guests = false")
    await connection.close()

    before, _ = await migrate(bare)

    assert before == "0007"
