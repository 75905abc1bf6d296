"""Where a value of a room comes from is always answerable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import key_of
from policy.directory.records import PermanentRoom
from policy.directory.writing.room_values import room_values
from policy.directory.writing.rooms import get_room
from policy.documents import Marks, Parsed
from tests.database import SEAL
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from tests.database import Database

ALIAS: Final = "700@example.org"


@pytest.fixture
async def site(database: Database) -> Database:
    """Give a room with a template, PINs and a field of its own."""
    rows: list[dict[str, object]] = [
        {
            "aliases": [ALIAS],
            "pin": "39471",
            "guest_pin": "88203",
            "template": "consultation",
            "enable_chat": "yes",
            "service": {"locked": False},
        }
    ]
    template: dict[str, object] = {
        "name": "consultation",
        "service": {"enable_chat": "no", "locked": True, "max_callrate_in": 512_000},
    }
    file = file_of(rooms=rows, templates=[template])
    await database.load(Parsed(file, Marks("directory.yaml")))
    return database


async def test_each_value_says_where_it_comes_from(site: Database) -> None:
    """The room's own word wins over its template, and that over the platform's default."""
    values = room_values(await get_room(site.sql, ALIAS))

    told = {each.field: (each.value, each.source) for each in values}
    assert told["enable_chat"] == ("yes", "room")
    assert told["locked"] == (False, "room")
    assert told["max_callrate_in"] == (512_000, "template consultation")
    assert told["service_tag"] == ("region-north:permanent", "default")
    assert told["view"] == ("one_main_seven_pips", "default")
    assert told["ivr_theme_name"] == (None, "default")
    assert told["participant_limit"] == (1_000_000, "default")
    assert (told["pin"], told["guest_pin"]) == (("set", "room"), ("set", "room"))


async def test_what_is_not_a_default_is_what_a_node_is_told(site: Database) -> None:
    """With PINs in clear text for who may see them."""
    values = room_values(await get_room(site.sql, ALIAS), SEAL)
    async with site.directory() as directory:
        target = (await directory.find(key_of(ALIAS))).target

    assert isinstance(target, PermanentRoom)
    sent = {each.field: each.value for each in values if each.source != "default"}
    assert sent | {"service_tag": "region-north:permanent"} == target.service
