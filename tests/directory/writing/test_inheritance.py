"""Each value of a meeting comes from the nearest that says it, and it can be told from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.writing.inheritance import BUILT_IN, Level, inherit, resolve
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.values import names_of
from policy.errors import RefusedError
from tests.directory.writing.meetings import build_world

if TYPE_CHECKING:
    from tests.database import Database

SAID = st.dictionaries(
    st.sampled_from(
        ["lead_minutes", "participant_limit", "view", "host_view", "range", "return_url", "locked"]
    ),
    st.integers(),
)


@given(st.lists(SAID, max_size=5), st.sampled_from(["conference", "lecture"]))
def test_the_nearest_speaks(said: list[dict[str, object]], service_type: str) -> None:
    """Nobody's value is lost, nobody's is invented, and names of the other type stay behind."""
    levels = [Level(each, f"level {number}") for number, each in enumerate(said)]
    levels.append(Level({"type": service_type}, "base"))

    resolved = inherit(levels)

    for name in {name for each in said for name in each} | BUILT_IN.keys():
        wanted = next(
            ((each[name], f"level {number}") for number, each in enumerate(said) if name in each),
            (service_type, "base") if name == "type" else (BUILT_IN.get(name), "built in"),
        )
        if name in names_of(service_type):
            assert (resolved.get(name), resolved.sources()[name]) == wanted
        else:
            assert name not in resolved.values


def test_guests_have_pins_only_where_hosts_do() -> None:
    """Of two that contradict each other the nearer is right."""
    wants = Level({"guest_pin_required": True}, "wants")
    has_none = Level({"host_pin_required": False}, "has none")

    strict, open_ = inherit([wants, has_none]), inherit([has_none, wants])

    assert [strict.get("host_pin_required"), strict.get("guest_pin_required")] == [True, True]
    assert strict.sources()["host_pin_required"] == "wants"
    assert [open_.get("host_pin_required"), open_.get("guest_pin_required")] == [False, False]
    assert open_.sources()["guest_pin_required"] == "has none"


def test_ranges_of_pins_go_together() -> None:
    """A range of hosts never goes with somebody else's for guests: their lengths may differ."""
    near = Level({"host_pins": "1000-9999"}, "near")
    far = Level({"guest_pins": "100000-299999", "host_pins": "300000-999999"}, "far")

    resolved = inherit([near, far])

    assert resolved.get("host_pins") == "1000-9999"
    assert resolved.get("guest_pins") is None
    assert inherit([Level({}, "says nothing"), far]).get("guest_pins") == "100000-299999"


async def test_a_template_of_the_platform_speaks_before_its_default(database: Database) -> None:
    """No organisation is asked for, so the named one is the platform's own."""
    await build_world(database)
    await database.sql.execute("INSERT INTO template (name, lead_minutes) VALUES ('other', 5)")

    named = await resolve(database.sql, None, "other")

    assert (named.get("lead_minutes"), str(named.range)) == (5, "all")
    assert named.sources()["type"] == "template 'other' of the platform"
    assert named.sources()["range"] == "template 'base' of the platform"


async def test_the_chain_goes_up_to_the_platform(database: Database) -> None:
    """Named template, own default, those above, the platform's, and what is built in."""
    await build_world(database)
    await database.sql.execute(
        """
        INSERT INTO template (organisation_id, name, is_default, lead_minutes, service)
        SELECT id, 'usual', true, 10, '{"participant_limit": 30, "locked": false}'
        FROM organisation WHERE code = 'region';
        INSERT INTO template (organisation_id, name, is_default, service)
        SELECT id, 'plain', true, '{"participant_limit": 20}'
        FROM organisation WHERE code = 'hospital';
        INSERT INTO template (organisation_id, name, lead_minutes, range_id, service)
        SELECT organisation.id, 'big', 30, number_range.id, '{"max_pixels_per_second": "fullhd"}'
        FROM organisation, number_range
        WHERE organisation.code = 'hospital' AND number_range.name = 'hospital';
        """
    )
    hospital = (await get_organisation(database.sql, "hospital")).id

    named = await resolve(database.sql, hospital, "big", {"participant_limit": 5})
    usual = await resolve(database.sql, hospital)
    none_above = await resolve(database.sql, None)

    told = {name: (str(each.value), each.source) for name, each in named.values.items()}
    assert told == told | {
        "locked": ("False", "template 'usual' of region"),
        "lead_minutes": ("30", "template 'big' of hospital"),
        "participant_limit": ("5", "the booking"),
        "max_pixels_per_second": ("fullhd", "template 'big' of hospital"),
        "range": ("hospital", "template 'big' of hospital"),
        "type": ("conference", "template 'big' of hospital"),
        "view": ("one_main_seven_pips", "built in"),
    }
    assert named.service() == {"locked": False}
    assert (usual.get("lead_minutes"), usual.get("participant_limit")) == (10, 20)
    assert usual.range is not None
    assert (usual.range.name, usual.sources()["range"]) == (
        "all",
        "template 'base' of the platform",
    )
    assert none_above.sources()["range"] == "template 'base' of the platform"


async def test_what_is_not_there_is_refused(database: Database) -> None:
    """A template of another organisation is as unknown as one that never was."""
    await build_world(database)
    await database.sql.execute(
        "INSERT INTO template (organisation_id, name)"
        " SELECT id, 'theirs' FROM organisation WHERE code = 'region'"
    )
    hospital = (await get_organisation(database.sql, "hospital")).id
    neighbour = (await get_organisation(database.sql, "neighbour")).id

    for name, said, text in (
        ("theirs", {}, "template 'theirs': is none of this organisation, there is none at all"),
        (None, {"range": "x"}, "range 'x': is none of the organisation, of those above it or of"),
        (None, {"viev": "x"}, "viev: is no value of a conference"),
    ):
        with pytest.raises(RefusedError, match=f"^{text}"):
            await resolve(database.sql, hospital, name, said)
    with pytest.raises(RefusedError, match=r"^range 'hospital': is none"):
        await resolve(database.sql, neighbour, None, {"range": "hospital"})
