"""Devices: how they prove themselves is kept sealed, and their address rests when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import key_of
from policy.directory.records import Device, Quarantined
from policy.directory.writing.devices import (
    DRAWN_CHARACTERS,
    change_device,
    create_device,
    delete_device,
    draw_password,
    get_device,
    list_devices,
    set_enabled,
)
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.register import Holder, take
from policy.documents import Marks, Parsed
from policy.errors import RefusedError
from tests.database import SEAL
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from policy.directory.records import Target
    from policy.directory.writing.organisations import Organisation
    from tests.database import Database

SCREEN: Final = "screen@example.org"


@pytest.fixture
async def north(database: Database) -> Organisation:
    """Give an organisation with a domain."""
    await database.load(Parsed(file_of(), Marks("directory.yaml")))
    return await get_organisation(database.sql, "region-north")


async def _target(database: Database) -> Target | None:
    async with database.directory() as directory:
        return (await directory.find(key_of(SCREEN))).target


async def test_a_device_registers_with_what_was_committed(
    database: Database, north: Organisation
) -> None:
    """Its password is sealed; a change of anything else leaves it."""
    said = {"alias": SCREEN, "username": "screen", "password": "an odd word", "tags": ["a"]}
    await create_device(database.sql, SEAL, north, said, "it@example.org")
    made = await _target(database)

    device = await get_device(database.sql, SCREEN)
    await change_device(database.sql, SEAL, device, {"description": "Reception", "listed": True})
    changed = await get_device(database.sql, str(device.id))

    assert isinstance(made, Device)
    assert (made.username, made.password, made.tags) == ("screen", "an odd word", ("a",))
    assert await _target(database) == made
    assert changed.row["sealed_password"] == device.row["sealed_password"]
    assert changed.row["owner_email"] == "it@example.org"
    assert "an odd word" not in str(device.row)


async def test_a_password_is_changed_or_taken_away(database: Database, north: Organisation) -> None:
    """Without a user name there is none."""
    said = {"alias": SCREEN, "username": "screen", "password": "an odd word"}
    await create_device(database.sql, SEAL, north, said)
    device = await get_device(database.sql, SCREEN)

    await change_device(database.sql, SEAL, device, {"password": "another word"})
    after = await _target(database)
    none = {"username": None, "password": None, "without_proof": True, "owner_email": None}
    await change_device(database.sql, SEAL, await get_device(database.sql, SCREEN), none)
    at_last = await _target(database)

    assert isinstance(after, Device)
    assert after.password == "another word"
    assert isinstance(at_last, Device)
    assert (at_last.username, at_last.password, at_last.without_proof) == ("", "", True)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"username": "screen"}, "device: username and password come together"),
        (
            {"username": "a", "password": "an odd word", "without_proof": True},
            "device: without_proof is for a device that has no password",
        ),
        ({"description": "311299-1234"}, "description: holds ten digits that may be a CPR number"),
        ({"tags": ["x" * 101]}, "device: tags: has more than 100 characters, got"),
        ({"owner_email": ""}, "device: owner's e-mail: 1 to 200 characters"),
        ({"alias": "screen@example.com"}, "example.com is no domain of region-north"),
    ],
)
async def test_what_cannot_be_is_told(
    database: Database, north: Organisation, said: dict[str, object], text: str
) -> None:
    """In the words of a directory file, without the password."""
    said = {"alias": SCREEN, **said}
    owner_email = said.pop("owner_email", None)

    with pytest.raises(RefusedError) as caught:
        await create_device(database.sql, SEAL, north, said, owner_email)

    assert text in str(caught.value)
    assert "an odd word" not in str(caught.value)


async def test_a_device_goes_in_steps_and_its_address_rests(
    database: Database, north: Organisation
) -> None:
    """Disabled first; then its organisation alone could have the address again, and only later."""
    await create_device(database.sql, SEAL, north, {"alias": SCREEN})
    device = await get_device(database.sql, SCREEN)
    with pytest.raises(RefusedError, match="is enabled, disable it first"):
        await delete_device(database.sql, device)
    await set_enabled(database.sql, device, enabled=False)
    (listed,) = await list_devices(database.sql, north, enabled=False, limit=5)
    (released,) = await delete_device(database.sql, await get_device(database.sql, SCREEN), days=10)

    assert (listed["addresses"], listed["proof"]) == ([SCREEN], "none")
    assert released.alias == SCREEN
    assert await _target(database) == Quarantined()
    assert await list_devices(database.sql, None, enabled=None, limit=5) == []
    with pytest.raises(RefusedError, match="no device has this alias or id"):
        await get_device(database.sql, SCREEN)
    with pytest.raises(RefusedError, match="is quarantined until"):
        await take(database.sql, key_of(SCREEN), Holder(north, device_id=device.id))


async def test_a_device_may_go_to_another_organisation(
    database: Database, north: Organisation
) -> None:
    """Where it may only register if the domain of its address is theirs too."""
    await create_device(database.sql, SEAL, north, {"alias": SCREEN})
    device, closed = (
        await get_device(database.sql, SCREEN),
        await get_organisation(database.sql, "closed"),
    )

    await change_device(database.sql, SEAL, device, {}, organisation=closed)
    target = await _target(database)

    assert isinstance(target, Device)
    assert (target.owner, target.in_own_domain) == ("closed", False)


def test_passwords_are_drawn() -> None:
    """Long enough, and without what looks alike."""
    drawn = {draw_password() for _ in range(100)}

    assert len(drawn) == 100
    assert {len(each) for each in drawn} == {DRAWN_CHARACTERS}
    assert not set("".join(drawn)) & set("01ilo")
