"""Templates are made, changed and taken away; one of each organisation is its default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.writing.inheritance import resolve
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.templates import (
    NewTemplate,
    TemplateChange,
    change_template,
    create_template,
    delete_template,
    list_templates,
    set_default_template,
)
from policy.errors import RefusedError
from tests.directory.writing.meetings import build_world

if TYPE_CHECKING:
    from uuid import UUID

    from tests.database import Database

EVERYTHING: dict[str, object] = {
    "type": "lecture",
    "range": "hospital",
    "host_pin_required": True,
    "guest_pin_required": True,
    "host_pins": "100000-499999",
    "guest_pins": "500000-999999",
    "lead_minutes": 15,
    "end_meeting_on_end_time": True,
    "custom_portal_guest": "https://meet.example.org/guest",
    "custom_portal_host": "https://meet.example.org/host",
    "return_url": "https://example.org/thanks",
    "portal_call_type": "screen",
    "call_type": "video",
    "host_view": "one_main_zero_pips",
    "participant_limit": 50,
}


async def hospital_of(database: Database) -> UUID:
    """Build the world and give the id of the hospital."""
    await build_world(database)
    return (await get_organisation(database.sql, "hospital")).id


async def test_a_template_says_what_it_was_told(database: Database) -> None:
    """Every value, ours and Pexip's, comes back from where it was put."""
    hospital = await hospital_of(database)

    await create_template(database.sql, NewTemplate(hospital, "big", EVERYTHING))

    resolved = await resolve(database.sql, hospital, "big")
    own = {
        name: str(each.value)
        for name, each in resolved.values.items()
        if each.source == "template 'big' of hospital"
    }
    assert own == {name: str(value) for name, value in EVERYTHING.items()}


async def test_a_change_touches_what_it_names(database: Database) -> None:
    """Others stay, and what is inherited again comes from above."""
    hospital = await hospital_of(database)
    await create_template(database.sql, NewTemplate(hospital, "big", EVERYTHING, is_pool=True))

    await change_template(
        database.sql,
        hospital,
        "big",
        TemplateChange(
            said={"lead_minutes": 20, "participant_limit": 10},
            inherited=["host_view", "range", "return_url", "host_pins", "guest_pins"],
            name="huge",
        ),
    )

    resolved = await resolve(database.sql, hospital, "huge")
    source = "template 'huge' of hospital"
    assert [name for name, each in resolved.values.items() if each.source == source] == [
        *("type", "host_pin_required", "guest_pin_required", "lead_minutes"),
        *("end_meeting_on_end_time", "custom_portal_guest", "custom_portal_host"),
        *("portal_call_type", "call_type", "participant_limit"),
    ]
    assert (resolved.get("lead_minutes"), resolved.get("participant_limit")) == (20, 10)
    assert [each["pool"] for each in await list_templates(database.sql, hospital)] == [False, True]

    await change_template(
        database.sql, hospital, "huge", TemplateChange({"range": "all"}, is_pool=False)
    )

    (row,) = [each for each in await list_templates(database.sql, None) if each["organisation"]]
    assert (row["range"], row["pool"]) == ("all", False)


async def test_a_new_default_takes_the_place_of_the_old(database: Database) -> None:
    """There is one in each organisation, and one of the platform."""
    hospital = await hospital_of(database)
    for name in ("one", "two"):
        await create_template(database.sql, NewTemplate(hospital, name, is_default=True))

    assert (await resolve(database.sql, hospital)).sources()["type"] == "template 'two' of hospital"

    await set_default_template(database.sql, hospital, "one")
    await create_template(database.sql, NewTemplate(None, "other", is_default=True))

    rows = await list_templates(database.sql, hospital)
    assert [(row["name"], row["default"]) for row in rows] == [
        ("base", False),
        ("other", True),
        ("one", True),
        ("two", False),
    ]


async def test_a_second_pool_is_refused(database: Database) -> None:
    """Old clients take their rooms from one template."""
    hospital = await hospital_of(database)
    await create_template(database.sql, NewTemplate(hospital, "one", is_pool=True))

    with pytest.raises(asyncpg.UniqueViolationError, match="template_pool"):
        await create_template(database.sql, NewTemplate(hospital, "two", is_pool=True))


async def test_a_template_is_taken_away(database: Database) -> None:
    """Not while permanent rooms have it."""
    hospital = await hospital_of(database)
    await create_template(database.sql, NewTemplate(hospital, "one"))
    await database.sql.execute(
        "INSERT INTO room (organisation_id, kind, template_id)"
        " SELECT organisation_id, 'permanent', id FROM template WHERE name = 'one'"
    )

    with pytest.raises(RefusedError, match=r"^template 'one': 1 permanent rooms have it$"):
        await delete_template(database.sql, hospital, "one")
    await database.sql.execute("UPDATE room SET template_id = NULL")
    await delete_template(database.sql, hospital, "one")

    with pytest.raises(RefusedError, match=r"^template 'one': is none of this organisation"):
        await delete_template(database.sql, hospital, "one")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (TemplateChange({"viev": 1}), "viev: is no value of a conference, did you mean 'view'?"),
        (TemplateChange(inherited=["type"]), "type: is nothing that a template can inherit"),
        (TemplateChange(inherited=["pin"]), "pin: is nothing that a template can inherit"),
        (
            TemplateChange({"host_pin_required": False}),
            "guest_pin_required: true needs host_pin_required: true",
        ),
        (TemplateChange({"range": "theirs"}), "range 'theirs': is none of the organisation"),
        (TemplateChange(name="0101801234"), "template name: holds ten digits"),
    ],
)
async def test_what_is_wrong_is_refused(
    database: Database, change: TemplateChange, text: str
) -> None:
    """A change is held against all that the template will say."""
    hospital = await hospital_of(database)
    await create_template(database.sql, NewTemplate(hospital, "one", {"guest_pin_required": True}))

    with pytest.raises(RefusedError) as caught:
        await change_template(database.sql, hospital, "one", change)

    assert str(caught.value).startswith(text)
