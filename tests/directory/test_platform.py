"""The database refuses names that do not exist on the platform, once it has been told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.platform import store_names
from policy.directory.schema import __path__ as schema_path
from policy.documents import Parsed
from policy.errors import DocumentError
from policy.platform_names import KIND_OF_FIELD, PlatformNames
from tests.directory.rows import file_of, parsed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database

PLATFORM = PlatformNames(themes=frozenset({"Corporate"}), locations=frozenset())
DIALS_OUT: dict[str, object] = {
    "local_alias": "a",
    "remote_alias": "b",
    "protocol": "sip",
    "role": "guest",
    "system_location_name": "Aarhus",
}


@pytest.fixture(autouse=True)
async def _nothing_is_listed_afterwards(database: Database) -> AsyncIterator[None]:
    yield
    await store_names(database.dsn, PlatformNames())


async def _load(database: Database, room: dict[str, object]) -> None:
    rows = file_of(rooms=[{"aliases": ["700@example.org"], "service_name": "r"} | room])
    await database.load(Parsed(rows, parsed("").marks))


async def test_rooms_may_name_what_exists(database: Database) -> None:
    """Listed names pass, and so does every name of a kind that is not listed."""
    await store_names(database.dsn, PLATFORM)
    service: dict[str, object] = {"pinning_config": "stage", "host_identity_provider_group": "Any"}

    await _load(database, {"ivr_theme_name": "Corporate", "service": service})


@pytest.mark.parametrize(
    ("room", "said"),
    [
        ({"ivr_theme_name": "corporate"}, 'ivr_theme_name: "corporate" is not among the themes'),
        (
            {"service": {"automatic_participants": [DIALS_OUT]}},
            'system_location_name: "Aarhus" is not among the locations',
        ),
    ],
)
async def test_rooms_may_not_name_what_does_not_exist(
    room: dict[str, object], said: str, database: Database
) -> None:
    """Letter case counts, and a kind whose list is empty has nothing at all."""
    await store_names(database.dsn, PLATFORM)

    with pytest.raises(DocumentError, match=said):
        await _load(database, room)


async def test_a_template_may_not_either(database: Database) -> None:
    """A template is looked at before any room has it."""
    await store_names(database.dsn, PLATFORM)
    template: dict[str, object] = {"name": "t", "service": {"ivr_theme_name": "Kiosk"}}

    with pytest.raises(DocumentError, match='"Kiosk" is not among the themes'):
        await database.load(Parsed(file_of(templates=[template]), parsed("").marks))


async def test_rooms_that_already_name_something_else_are_told(database: Database) -> None:
    """They stay as they are, and may not be written again like that."""
    await _load(database, {"ivr_theme_name": "Kiosk"})

    unknown = await store_names(database.dsn, PLATFORM)

    assert unknown == ['room r: ivr_theme_name: "Kiosk" is not among the themes of the platform']
    with pytest.raises(asyncpg.CheckViolationError):
        await database.sql.execute("UPDATE room SET description = 'x'")


def test_the_database_looks_at_the_fields_that_rules_are_held_against() -> None:
    """SQL and program know the same fields; those of media locations are in no row."""
    (folder,) = schema_path
    sql = (Path(folder) / "0004_services.sql").read_text(encoding="utf-8")

    of_places = {"location", "overflow", "overflow_locations"}
    of_places |= {"primary_overflow_location", "secondary_overflow_location"}
    missing = [
        field
        for field, kind in KIND_OF_FIELD.items()
        if f"('{field}', '{kind}')" not in sql and field not in of_places
    ]
    assert missing == []
