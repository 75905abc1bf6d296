"""The database takes exactly the services that our models take, whoever writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg
import orjson
import pytest

from policy.directory.records import ROOM_FIELDS, AddressKey, PermanentRoom
from policy.documents import Parsed
from policy.errors import DirectoryError, DocumentError
from policy.wire.schema import service_schemas
from tests.directory.rows import file_of, parsed
from tests.wire.samples import SERVICES, company_of, fields_of, service_type_of, smallest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.wire.services import Service
    from tests.database import Database

KEY: Final = AddressKey("700", "example.org")
# Python's own regular expressions, which PostgreSQL does not know.
PATTERNS: Final = frozenset({"match_string", "post_match_string"})
OF_THE_ROOM: Final = ("name", "service_tag", "service_type")


async def _fault(database: Database, document: object) -> str | None:
    written = orjson.dumps(document, default=list).decode()
    fault: str | None = await database.sql.fetchval("SELECT service_fault($1::jsonb)", written)
    return fault


async def test_the_schemas_in_the_database_are_those_of_the_models(database: Database) -> None:
    """Whoever changes a field of a model is told to write a migration."""
    rows = await database.sql.fetch("SELECT service_type, schema FROM service_schema")

    in_database = {row["service_type"]: orjson.loads(row["schema"]) for row in rows}
    assert in_database == orjson.loads(orjson.dumps(service_schemas()))


@pytest.mark.parametrize("model", SERVICES, ids=service_type_of)
async def test_the_database_judges_every_field_as_the_model_does(
    model: type[Service], database: Database
) -> None:
    """Good values pass; bad ones are refused with a message that begins with the field."""
    wrong: list[object] = []

    for name, samples in fields_of(model).items():
        for value in samples.good:
            document = {**smallest(model), **company_of(name, value), name: value}
            if (fault := await _fault(database, document)) is not None:
                wrong.append((name, value, fault))
        for value in samples.bad if name not in PATTERNS else ():
            fault = await _fault(database, {**smallest(model), name: value})
            if fault is None or not fault.startswith((name, "service_type")):
                wrong.append((name, value, fault))

    assert wrong == []


def _row_of(document: Mapping[str, object]) -> dict[str, object]:
    """Write a document as a row of a directory file: keys of its own, the rest in `service`."""
    keys = ({*ROOM_FIELDS} - {*OF_THE_ROOM}) & document.keys()
    more = {name: value for name, value in document.items() if name not in {*keys, *OF_THE_ROOM}}
    return {
        "aliases": ["700@example.org"],
        "type": document["service_type"],
        "service_name": document["name"],
        "service_tag": document["service_tag"],
        **{name: document[name] for name in keys},
        "service": more,
    }


@pytest.mark.parametrize("model", SERVICES, ids=service_type_of)
async def test_a_room_may_carry_every_field_of_its_service(
    model: type[Service], database: Database
) -> None:
    """What a row says of any field is what is found, whether it has a column or not."""
    wrong: list[object] = []

    for name, samples in fields_of(model).items():
        good = [value for value in samples.good if value is not None and value != ""]
        if name in OF_THE_ROOM or (name, good[-1]) == ("allow_guests", False):
            continue
        document = {**smallest(model), **company_of(name, good[-1]), name: good[-1]}
        row = orjson.loads(orjson.dumps(_row_of(document), default=list))
        await database.load(Parsed(file_of(rooms=[row]), parsed("").marks))
        async with database.directory() as directory:
            target = (await directory.find(KEY)).target
        assert isinstance(target, PermanentRoom)
        got = target.service.document()
        if got != orjson.loads(orjson.dumps(document, default=list)):
            wrong.append((name, got, document))

    assert wrong == []


TEMPLATE: Final[dict[str, object]] = {
    "name": "consultation",
    "service": {"enable_chat": "no", "max_callrate_in": 2_048_000, "view": "one_main_zero_pips"},
}


async def test_a_room_has_what_its_template_says_but_for_what_it_says_itself(
    database: Database,
) -> None:
    """The room's own word wins, whether it stands in a column or in `service`."""
    room: dict[str, object] = {
        "aliases": ["700@example.org"],
        "service_name": "r",
        "service_tag": "",
        "template": "consultation",
        "enable_chat": "yes",
        "service": {"locked": True},
    }
    await database.load(Parsed(file_of(templates=[TEMPLATE], rooms=[room]), parsed("").marks))

    async with database.directory() as directory:
        target = (await directory.find(KEY)).target

    assert isinstance(target, PermanentRoom)
    assert target.service == {
        "service_type": "conference",
        "name": "r",
        "service_tag": "",
        "enable_chat": "yes",
        "max_callrate_in": 2_048_000,
        "view": "one_main_zero_pips",
        "locked": True,
    }


async def test_a_template_may_not_spoil_its_rooms(database: Database) -> None:
    """A change that a node would refuse in any room with this template is refused."""
    room: dict[str, object] = {
        "aliases": ["700@example.org"],
        "template": "consultation",
        "service": {"breakout_rooms": True},
    }
    await database.load(Parsed(file_of(templates=[TEMPLATE], rooms=[room]), parsed("").marks))
    change = """UPDATE template SET service = service || '{"direct_media": "always"}'"""

    with pytest.raises(asyncpg.CheckViolationError, match="direct_media must be never"):
        await database.sql.execute(change)


async def test_a_template_holds_no_wrong_value(database: Database) -> None:
    """A template is looked at when it is written, before any room has it."""
    await database.load(Parsed(file_of(templates=[TEMPLATE]), parsed("").marks))
    change = """UPDATE template SET service = '{"view": "teams"}'"""

    with pytest.raises(asyncpg.CheckViolationError, match="template: view: "):
        await database.sql.execute(change)


async def test_a_template_of_another_organisation_is_not_found(database: Database) -> None:
    """A row names templates of its own organisation only."""
    text = """
organisations: [{code: north, name: North}, {code: south, name: South}]
domains: [{domain: example.org, organisation: north}]
templates: [{organisation: south, name: consultation}]
rooms: [{organisation: north, aliases: [700@example.org], template: consultation}]
"""

    with pytest.raises(DocumentError, match="template 'consultation' is no template of this"):
        await database.load(parsed(text))


async def test_a_pattern_that_only_python_can_judge_is_judged_when_it_is_read(
    database: Database,
) -> None:
    """PostgreSQL does not know Python's patterns; a wrong one never reaches a node."""
    room: dict[str, object] = {
        "aliases": ["700@example.org"],
        "type": "two_stage_dialing",
        "service": {"match_string": "(.*)"},
    }
    await database.load(Parsed(file_of(rooms=[room]), parsed("").marks))
    await database.sql.execute("""UPDATE room SET service = '{"match_string": "((("}'""")

    async with database.directory() as directory:
        with pytest.raises(DirectoryError, match="match_string: missing"):
            await directory.find(KEY)
