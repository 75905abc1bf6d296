"""What the contract cannot say of the directory in memory."""

from __future__ import annotations

from datetime import UTC
from typing import Final

import pytest

from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory, picture_id_of, subtrees_of
from policy.directory.records import AddressKey, Booking, Device, PermanentRoom
from policy.documents import load
from tests.directory.rows import file_of
from tests.e2e.program import EXAMPLE

KEY: Final = AddressKey("700", "example.org")


async def test_waiting_and_not_waiting_give_the_same() -> None:
    """Rules are tested without an event loop; the server's own code waits."""
    directory = MemoryDirectory(file_of(rooms=[{"aliases": ["700@example.org"]}]))

    assert await directory.find(KEY) == directory.find_now(KEY)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("sip:700@Example.ORG", "r-700@example.org"),
        ("700", "r-700"),
        ("a" * 100, "r-" + "a" * 100),
    ],
)
def test_a_room_without_a_name_is_called_after_its_alias(alias: str, name: str) -> None:
    """The database draws one at random; here the same file gives the same answers."""
    directory = MemoryDirectory(file_of(rooms=[{"aliases": [alias, "999"]}]))

    target = directory.find_now(AddressKey("999", "")).target

    assert isinstance(target, PermanentRoom)
    assert target.service["name"] == name


def test_a_made_up_name_fits_into_an_answer() -> None:
    """A node takes 250 characters, and an alias may have them all."""
    alias = "7@" + ".".join(["a" * 61] * 4)
    rows: dict[str, list[dict[str, object]]] = {"rooms": [{"aliases": [alias, "999"]}]}

    target = MemoryDirectory(file_of(**rows)).find_now(AddressKey("999", "")).target

    assert isinstance(target, PermanentRoom)
    assert len(str(target.service["name"])) == 250


@pytest.mark.parametrize(
    ("alias", "organisation", "in_own_domain"),
    [
        ("700@example.org", "region-north", True),
        ("700@clinic.example.org", "region-north", False),
        ("700@example.org", "closed", False),
        ("700@clinic.example.org", "closed", True),
        ("700", "closed", True),
    ],
)
def test_a_device_in_a_domain_of_others(
    alias: str, organisation: str, *, in_own_domain: bool
) -> None:
    """A domain is its owner's, and a bare number everybody's."""
    row = {"alias": alias, "organisation": organisation, "without_proof": True}
    directory = MemoryDirectory(file_of(devices=[row]))
    local, _, domain = alias.partition("@")

    target = directory.find_now(AddressKey(local, domain)).target

    assert isinstance(target, Device)
    assert target.in_own_domain is in_own_domain


def test_the_example_is_held_whole() -> None:
    """Each alias of the example leads to somebody; times are those of the database."""
    parsed = load(EXAMPLE / "directory.yaml", DirectoryFile)
    check_directory(parsed)
    directory = MemoryDirectory(parsed.value)

    device = directory.find_now(AddressKey("ward7", "rooms.example.org")).target
    booking = directory.find_now(AddressKey("810002", "rooms.example.org")).target

    assert isinstance(device, Device)
    assert device.password == "an-invented-password"
    assert device.picture_id == picture_id_of("ward7.png")
    assert isinstance(booking, Booking)
    assert booking.opens_at.tzinfo is UTC
    assert subtrees_of(parsed.value)["practice-harbour"] == ("practice-harbour", "region-north")
