"""Permanent rooms and devices come behind meetings where they share an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.directory.bulk.vdx.telling import notes_of, rows_of

if TYPE_CHECKING:
    from tests.directory.bulk.vdx.conftest import Convert


def test_rooms_keep_what_is_theirs(converted: Convert) -> None:
    """Nothing is lost: without an address a room is a draft."""
    work = converted()

    first, second, third = rows_of(work, "rooms")
    assert first["aliases"] == ["discharge@rooms.example.org"]
    assert first["guest_pin"] not in {None, "48213"}
    assert (first["allow_guests"], first["view"]) == (True, "one_main_seven_pips")
    assert (second["state"], second["allow_guests"], second["type"]) == ("draft", False, "lecture")
    assert (second["guest_view"], "host_view" in second) == ("one_main_seven_pips", False)
    assert (third["state"], third["participant_limit"]) == ("draft", 5)
    assert third["pin"] != "abc"
    assert {
        "alias": "discharge@rooms.example.org",
        "state": "active",
        "description": "The other",
        "last_used_at": "2026-01-01T00:00:00+00:00",
    } in rows_of(work, "addresses")


def test_collisions_and_repairs_are_told(converted: Convert) -> None:
    """Who has the address, and what becomes of who has not."""
    work = converted()

    assert notes_of(work, "permanent_aliases") == [
        (
            "permanent_aliases.csv:2: collision: 721834@rooms.example.org (scheduling_info.csv:3):"
            " is that of a meeting, a permanent room goes without it"
        ),
        (
            "permanent_aliases.csv:4: collision: discharge@rooms.example.org"
            " (permanent_aliases.csv:3): is that of a permanent room,"
            " a permanent room goes without it"
        ),
        (
            "permanent_aliases.csv:5: dropped: harbour@elsewhere.example.org:"
            " domain elsewhere.example.org is nobody's here"
        ),
    ]
    assert notes_of(work, "permanent_rooms") == [
        "permanent_rooms.csv:2: repaired: room r1: guest PIN drawn: it was the host PIN",
        "permanent_rooms.csv:3: repaired: room r2: has no address left: is a draft",
        (
            "permanent_rooms.csv:3: repaired: room r2:"
            " lets guests in without a PIN of hosts: everybody is host"
        ),
        (
            "permanent_rooms.csv:3: dropped: room r2:"
            " host_view five_mains_seven_pips is not for lectures"
        ),
        "permanent_rooms.csv:4: repaired: room r3: has no address left: is a draft",
        "permanent_rooms.csv:4: repaired: room r3: host PIN drawn: it was not 4 to 20 digits",
    ]
    assert notes_of(work, "registered_clients") == [
        (
            "registered_clients.csv:2: collision: discharge@rooms.example.org"
            " (permanent_aliases.csv:3): is that of a permanent room, a device goes without it"
        ),
        (
            "registered_clients.csv:2: left out: device discharge@rooms.example.org:"
            " has no address left"
        ),
        (
            "registered_clients.csv:3: dropped: device screen@rooms.example.org:"
            " its password cannot be carried: give it a new one before it registers"
        ),
    ]


def test_devices_come_without_their_credentials(converted: Convert) -> None:
    """What is stored there cannot be read back."""
    assert rows_of(converted(), "devices") == [
        {
            "organisation": "practice-harbour",
            "alias": "screen@rooms.example.org",
            "description": "Screen",
            "single_sign_on": False,
            "enabled": True,
        }
    ]


def test_what_belongs_to_nobody_is_left_out(converted: Convert) -> None:
    """Aliases without a room, rooms without a group; and a description with a person's number."""
    work = converted(
        permanent_rooms="id,group_id,description\nr1,2,010203-1234\nr9,77,x\n",
        permanent_aliases="room_id,alias\nr1,1@rooms.example.org\nr2,2@rooms.example.org\n",
    )

    assert "description" not in rows_of(work, "rooms")[0]
    assert notes_of(work, "permanent_rooms") == [
        (
            "permanent_rooms.csv:2: repaired: room r1:"
            " lets guests in without a PIN of hosts: everybody is host"
        ),
        (
            "permanent_rooms.csv:2: dropped: room r1:"
            " its description may hold a CPR number: is left out"
        ),
        "permanent_rooms.csv:3: left out: room r9: its group 77 is in no table",
    ]
    assert notes_of(work, "permanent_aliases") == [
        "permanent_aliases.csv:3: left out: 2@rooms.example.org: its room is in no table"
    ]
