"""Rooms of the directory in scripts."""

from __future__ import annotations

import pytest

from policy.rules.known import Dialling
from policy.rules.local.rooms import Rooms
from policy.rules.local.sheet import Sheet
from policy.rules.local.writing import UnfitError
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import value_of

WARD, NUMBER = {"name": "Ward 7"}, {"name": "721834"}
ROOMS = Rooms(
    {"ward7@example.org": WARD, "721834": NUMBER, "closed@example.org": None},
    frozenset({"example.org"}),
    Dialling("example.org", {"Oslo": "example.net"}),
)


@pytest.mark.parametrize(
    ("alias", "location", "wanted"),
    [
        ("sip:ward7@example.org", "London", WARD),
        ("ward7", "London", WARD),  # completed by the default domain
        ("ward7", "Oslo", None),
        ("721834", "Oslo", NUMBER),
        ("721834@example.org", "London", NUMBER),  # of any own domain
        ("721834@example.net", "London", None),
        ("closed", "London", None),
        ("nobody@example.org", "London", None),
    ],
)
def test_a_room_is_found_as_in_the_directory(alias: str, location: str, wanted: object) -> None:
    """With its domain, completed by one, or as a bare number."""
    sheet = Sheet(RequestType.SERVICE)
    name = ROOMS.lines(sheet)

    assert value_of(sheet.text(), name, local_alias=alias, location=location) == wanted


def test_a_rule_may_name_a_room() -> None:
    """One that can be written out."""
    assert ROOMS.service_of("sip:WARD7@example.org") == WARD
    assert ROOMS.service_of("721834@example.org") == ROOMS.service_of("721834") == NUMBER
    at_one_site = Rooms(ROOMS.services, ROOMS.own_domains, Dialling("example.org"))
    assert at_one_site.service_of("ward7") == WARD


@pytest.mark.parametrize(
    ("rooms", "alias", "why"),
    [
        (Rooms(), "ward7", "room is for the server, or for --rooms"),
        (ROOMS, "${user}@example.org", "placeholders"),
        (ROOMS, "a@b@c", "more than one '@'"),
        (ROOMS, "closed@example.org", "--with-pins"),
        (ROOMS, "ward7@example.net", "has none of this alias"),
        (ROOMS, "ward7", "where callers are decides"),
    ],
)
def test_other_rooms_are_refused(rooms: Rooms, alias: str, why: str) -> None:
    """The reason says what could be done."""
    with pytest.raises(UnfitError, match=why):
        rooms.service_of(alias)
