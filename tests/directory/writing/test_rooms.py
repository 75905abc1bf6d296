"""Permanent rooms: what is committed is what a node is told, and nothing wrong gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from cryptography.fernet import Fernet

from policy.directory.document import key_of
from policy.directory.pins import is_trivial
from policy.directory.records import PermanentRoom, RoomState
from policy.directory.sealing import PIN_COLUMNS, Seal
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.rooms import (
    NewRoom,
    PinChoice,
    RoomChange,
    change_room,
    create_room,
    delete_room,
    get_room,
    list_rooms,
    move_alias,
    remove_alias,
    set_state,
)
from policy.documents import Marks, Parsed
from policy.errors import DirectoryError, RefusedError
from tests.database import SEAL
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.writing.organisations import Organisation
    from policy.directory.writing.rooms import Created
    from tests.database import Database

ALIAS: Final = "700@example.org"
PINS: Final = {"pin": "39471", "guest_pin": "88203"}


@pytest.fixture
async def site(database: Database) -> Database:
    """Give two organisations, a template, and a range of the platform."""
    templates: list[dict[str, object]] = [
        {"name": "consultation", "service": {"enable_chat": "no", "locked": True}}
    ]
    await database.load(Parsed(file_of(templates=templates), Marks("directory.yaml")))
    await database.sql.execute(
        "INSERT INTO number_range (name, domain, low, high) VALUES ('r', 'example.org', 730, 739)"
    )
    return database


async def _north(site: Database) -> Organisation:
    return await get_organisation(site.sql, "region-north")


async def _created(
    site: Database, said: Mapping[str, object], draw: PinChoice = PinChoice.NONE
) -> Created:
    return await create_room(
        site.sql, SEAL, NewRoom(await _north(site), {"aliases": [ALIAS], **said}, draw=draw)
    )


async def _answer(site: Database, alias: str = ALIAS) -> PermanentRoom:
    async with site.directory() as directory:
        target = (await directory.find(key_of(alias))).target
    assert isinstance(target, PermanentRoom)
    return target


async def test_a_room_is_made_with_a_number_an_alias_and_a_pair_of_pins(site: Database) -> None:
    """The next call at either address meets the PINs that were told."""
    new = NewRoom(await _north(site), {"aliases": ["ward@example.org"]}, range="r")

    made = await create_room(site.sql, SEAL, new)

    assert made.pins is not None
    assert made.pins.guest_pin is not None
    assert not is_trivial(made.pins.pin)
    number, chosen = made.addresses
    assert (number.local[:2], chosen.alias) == ("73", "ward@example.org")
    for address in made.addresses:
        service = (await _answer(site, address.alias)).service
        assert (service["pin"], service["guest_pin"]) == (made.pins.pin, made.pins.guest_pin)
        assert (service["name"], service["allow_guests"]) == (made.name, True)


async def test_every_key_of_a_directory_file_can_be_said(site: Database) -> None:
    """And comes out as it went in, with what the template says below it."""
    said: dict[str, object] = {
        "service_name": "ward-7",
        "service_tag": "wards",
        "description": "Ward 7",
        "tags": ["a", "b"],
        "listed": True,
        "allow_guests": True,
        "participant_limit": 12,
        "view": "four_mains_zero_pips",
        "max_pixels_per_second": "hd",
        "template": "consultation",
        "service": {"max_callrate_in": 2_048_000},
        "state": RoomState.ACTIVE,
    }

    await _created(site, said, PinChoice.HOST)
    room = await _answer(site)

    assert room.tags == ("a", "b")
    assert {name: value for name, value in room.service.items() if name != "pin"} == {
        "service_type": "conference",
        "name": "ward-7",
        "service_tag": "wards",
        "description": "Ward 7",
        "allow_guests": True,
        "participant_limit": 12,
        "view": "four_mains_zero_pips",
        "max_pixels_per_second": "hd",
        "enable_chat": "no",
        "locked": True,
        "max_callrate_in": 2_048_000,
    }


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"view": "vieww"}, "room: view: 'vieww' is not allowed"),
        ({"allow_guests": True}, "room: allow_guests needs a pin or a host_identity_provider"),
        (
            {"pin": "39471", "guest_pin": "394712"},
            "must have the same length, or both end with '#'",
        ),
        ({"pin": "1234"}, "pin: is among the first that a stranger would try"),
        ({**PINS, "guest_pin": "11111#"}, "guest_pin: is among the first that a stranger would"),
        ({"pin": "12 34"}, "room: pin: a PIN is 4 to 20 digits, of which the last may be '#'"),
        (
            {"type": "lecture", "view": "one_main_zero_pips"},
            "view: is no field of service type lec",
        ),
        ({"service": {"lockd": True}}, "room: lockd: is no field of service type conference"),
        ({"service": {"view": "x"}}, "room: service: view is a key of the room itself"),
        ({"template": "none"}, "template 'none': is none of this organisation"),
        ({"description": "for 311299-1234"}, "description: holds ten digits that may be a CPR"),
        ({"tags": ["311299 1234"]}, "tag: holds ten digits that may be a CPR"),
        ({"aliases": ["a@b@c"]}, "'a@b@c' is no alias, it has more than one '@'"),
        ({"aliases": []}, "room: needs an alias, or a number range to draw one from"),
    ],
)
async def test_what_a_node_or_a_person_would_suffer_from_is_refused(
    site: Database, said: dict[str, object], text: str
) -> None:
    """In the words of a directory file, without the PIN."""
    with pytest.raises(RefusedError) as caught:
        await _created(site, said)

    assert text in str(caught.value)
    assert "12 34" not in repr(caught.value.__dict__)


async def test_what_changes_is_what_was_said(site: Database) -> None:
    """The rest stays: PINs, addresses, fields of the service."""
    await _created(site, {**PINS, "view": "four_mains_zero_pips", "service": {"locked": True}})
    before = (await _answer(site)).service

    said: dict[str, object] = {"service": {"max_callrate_in": 512_000}, "description": "Ward 8"}
    pins = await change_room(
        site.sql, SEAL, await get_room(site.sql, ALIAS), RoomChange(said, clear=["view", "locked"])
    )

    expected = {**before, "max_callrate_in": 512_000, "description": "Ward 8"}
    del expected["view"], expected["locked"]
    assert pins is None
    assert (await _answer(site)).service == expected


async def test_pins_change_together(site: Database) -> None:
    """One that is given goes with the other that stays; new ones are drawn as a pair."""
    await _created(site, PINS)
    room = await get_room(site.sql, ALIAS)

    given = await change_room(site.sql, SEAL, room, RoomChange({"guest_pin": "70416"}))
    after = (await _answer(site)).service
    room = await get_room(site.sql, ALIAS)
    drawn = await change_room(site.sql, SEAL, room, RoomChange(draw=PinChoice.PAIR))
    at_last = (await _answer(site)).service

    assert given is not None
    assert (given.pin, given.guest_pin) == (after["pin"], after["guest_pin"]) == ("39471", "70416")
    assert drawn is not None
    assert (drawn.pin, drawn.guest_pin) == (at_last["pin"], at_last["guest_pin"])
    assert drawn.pin != "39471"


@pytest.mark.parametrize(
    "change",
    [
        RoomChange({"description": "Ward 8"}),
        RoomChange({"pin": "48213", "guest_pin": "90377"}),
        RoomChange(draw=PinChoice.PAIR),
        RoomChange(clear=["guest_pin"]),
        RoomChange(clear=["pin", "guest_pin", "allow_guests"]),
    ],
)
@pytest.mark.parametrize("pins", [PINS, {"pin": "39471#", "guest_pin": "8820#"}])
async def test_a_room_whose_key_is_lost_can_be_changed(
    site: Database, change: RoomChange, pins: Mapping[str, str]
) -> None:
    """Its PINs are not opened, and what stays is as it was."""
    await _created(site, pins)
    room = await get_room(site.sql, ALIAS)
    newest = Seal((Fernet.generate_key().decode(),))

    told = await change_room(site.sql, newest, room, change)

    after = (await get_room(site.sql, ALIAS)).row
    for which in PIN_COLUMNS:
        if told is not None:
            assert newest.opens_pin(after[which])
        else:
            assert after[which] == (None if which in change.clear else room.row[which])


async def test_a_pin_beside_one_whose_key_is_lost_is_refused(site: Database) -> None:
    """Both are compared, which takes both of them."""
    await _created(site, PINS)
    newest = Seal((Fernet.generate_key().decode(),))
    room = await get_room(site.sql, ALIAS)

    with pytest.raises(DirectoryError, match=r"no key of secrets.key_file opens it"):
        await change_room(site.sql, newest, room, RoomChange({"pin": "48213"}))


async def test_what_cannot_be_cleared_is_told(site: Database) -> None:
    """With the nearest that can."""
    await _created(site, {"service": {"locked": True}})
    room = await get_room(site.sql, ALIAS)

    with pytest.raises(RefusedError, match=r"'lockd' cannot be cleared, did you mean 'locked'\?$"):
        await change_room(site.sql, SEAL, room, RoomChange(clear=["lockd"]))


async def test_a_room_may_go_to_another_organisation_with_its_addresses(site: Database) -> None:
    """Its template stays behind."""
    await site.sql.execute("INSERT INTO organisation (code, name) VALUES ('south', 'South')")
    await _created(site, {"template": "consultation"})
    south = await get_organisation(site.sql, "south")
    room = await get_room(site.sql, ALIAS)

    with pytest.raises(
        RefusedError, match="its template stays with region-north: name another one"
    ):
        await change_room(site.sql, SEAL, room, RoomChange(organisation=south))
    change = RoomChange(clear=["template"], organisation=south)
    await change_room(site.sql, SEAL, room, change)

    assert ((await _answer(site)).owner, (await _answer(site)).service.get("locked")) == (
        "south",
        None,
    )


async def test_rooms_for_citizens_are_guarded(site: Database) -> None:
    """By a PIN, or by who proves the host, in the room or in its template."""
    await site.sql.execute("UPDATE organisation SET purposes = '{citizen}'")
    guarded: dict[str, object] = {"service": {"host_identity_provider_group": "Staff"}}
    await _created(site, guarded)
    room = await get_room(site.sql, ALIAS)
    await change_room(site.sql, SEAL, room, RoomChange(PINS, ["host_identity_provider_group"]))

    for said in ({"aliases": ["a@example.org"]}, {"aliases": ["a"], "template": "consultation"}):
        with pytest.raises(
            asyncpg.CheckViolationError, match="has meetings with citizens"
        ) as caught:
            await _created(site, said)
        assert caught.value.constraint_name == "rooms_for_citizens_are_guarded"
    room = await get_room(site.sql, ALIAS)
    with pytest.raises(asyncpg.CheckViolationError, match="each room needs a pin"):
        await change_room(
            site.sql, SEAL, room, RoomChange(clear=["pin", "guest_pin", "allow_guests"])
        )


async def test_a_quota_counts_rooms_that_are_in_use(site: Database) -> None:
    """A draft does not count until it is taken into use."""
    await site.sql.execute("UPDATE organisation SET quota_permanent_rooms = 1")
    await _created(site, {})
    await _created(site, {"aliases": ["701@example.org"], "state": RoomState.DRAFT})
    draft = await get_room(site.sql, "701@example.org")

    with pytest.raises(asyncpg.CheckViolationError, match="quota of 1 permanent rooms is used"):
        await set_state(site.sql, draft, RoomState.ACTIVE)
    await set_state(site.sql, await get_room(site.sql, ALIAS), RoomState.RETIRED)
    await set_state(site.sql, draft, RoomState.ACTIVE)

    assert (await _answer(site, "701@example.org")).state is RoomState.ACTIVE


async def test_a_room_ends_in_steps_and_its_addresses_rest(site: Database) -> None:
    """Retired first; what is deleted is found by its state alone."""
    made = await _created(site, {})
    with pytest.raises(RefusedError, match=r": is active, retire it first$"):
        await delete_room(site.sql, await get_room(site.sql, ALIAS))
    await set_state(site.sql, await get_room(site.sql, made.name), RoomState.RETIRED)
    (released,) = await delete_room(site.sql, await get_room(site.sql, str(made.id)), days=3)
    north = await _north(site)

    assert (released.alias, released.state) == (ALIAS, "quarantined")
    assert await list_rooms(site.sql, north, None, 10) == []
    (listed,) = await list_rooms(site.sql, None, RoomState.DELETED, 10)
    assert (listed["room"], listed["addresses"]) == (made.name, [])
    with pytest.raises(RefusedError, match=r"^room 799: no permanent room has this alias, name"):
        await get_room(site.sql, "799")


async def test_addresses_go_from_room_to_room(site: Database) -> None:
    """But none is left without any."""
    await _created(site, {"aliases": [ALIAS, "a@example.org"]})
    await _created(site, {"aliases": ["701@example.org"]})
    other, north = await get_room(site.sql, "701@example.org"), await _north(site)

    await move_alias(site.sql, key_of("a@example.org"), other, north)
    for left in (ALIAS, "nobody@example.org"):
        with pytest.raises(RefusedError):
            await move_alias(site.sql, key_of(left), other, north)
    with pytest.raises(RefusedError, match="is the last one of its room, retire the room instead"):
        await remove_alias(site.sql, key_of(ALIAS))
    (removed,) = await remove_alias(site.sql, key_of("701@example.org"))
    with pytest.raises(RefusedError, match="is not one of a permanent room in use"):
        await remove_alias(site.sql, key_of("701@example.org"))

    assert removed.alias == "701@example.org"
    assert (await _answer(site, "a@example.org")).service["name"] == other.name
