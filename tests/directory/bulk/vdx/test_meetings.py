"""Meetings that are to come become bookings; of those that are over an address is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.directory.bulk.vdx.tables_of_vdx import FIRST, SECOND, TABLES, THIRD
from tests.directory.bulk.vdx.telling import notes_of, rows_of

if TYPE_CHECKING:
    from tests.directory.bulk.vdx.conftest import Convert


def test_a_meeting_and_its_room_become_a_booking(converted: Convert) -> None:
    """Both spellings where there is a prefix; PINs that differ; no limit for 0."""
    first, second = rows_of(converted(), "bookings")

    assert first["id"] == FIRST
    assert first["aliases"] == ["881000001@rooms.example.org", "1000001"]
    assert first["pin"] == "4829"
    assert len(str(first["guest_pin"])) == 4
    assert first["guest_pin"] != "4829"
    assert "participant_limit" not in first
    assert (first["lead_minutes"], first["guest_microphone"]) == (15, "on")
    assert first["details"] == {
        "subject": "Talk",
        "description": "",
        "labels": [],
        "additional_information": {},
    }
    assert second["long_permitted"] is True
    assert second["participant_limit"] == 12
    assert "ivr_theme_name" not in second
    assert second["details"] != first["details"]
    assert "short_id" not in second


def test_what_was_done_is_told_without_pins_and_numbers(converted: Convert) -> None:
    """Each repair at the row that needed it."""
    work = converted()

    assert notes_of(work, "meetings") == [
        "meetings.csv:4: skipped: meeting: is over",
        (
            "meetings.csv:5: left out: meeting aaaaaaaa-0000-4000-8000-000000000004:"
            " has no technical room"
        ),
        f"meetings.csv:3: kept: meeting {SECOND}: lasts more than 24 hours",
        (
            f"meetings.csv:3: dropped: meeting {SECOND}:"
            " its subject does not fit or may hold a CPR number: is left out"
        ),
        (
            f"meetings.csv:3: repaired: meeting {SECOND}:"
            " its short id is none: gets a new one, links with the old one end"
        ),
        "meetings.csv:3: repaired: user: stood in no table of users: is one, as meeting-user",
        "meetings.csv:3: kept: user: an e-mail address that is none",
    ]
    assert notes_of(work, "scheduling_info") == [
        (
            "scheduling_info.csv:2: dropped: technical room:"
            " the portal link is not carried: it is made when asked for"
        ),
        "scheduling_info.csv:5: skipped: technical room: a room of a pool: none is needed",
        (
            "scheduling_info.csv:2: repaired: address 881000001@rooms.example.org:"
            " has a prefix: the number without it is an address too"
        ),
        f"scheduling_info.csv:2: repaired: meeting {FIRST}: guest PIN drawn: it was the host PIN",
        (
            f"scheduling_info.csv:2: dropped: meeting {FIRST}:"
            " a conference has one view: that of the guests is not carried"
        ),
        (
            f"scheduling_info.csv:3: repaired: meeting {SECOND}:"
            " guest PIN drawn: it was not 4 to 20 digits"
        ),
        (
            f"scheduling_info.csv:3: dropped: meeting {SECOND}:"
            " theme '/x/' has no name here, see --themes"
        ),
    ]
    told = "".join(str(note) for note in work.notes.notes)
    for secret in ("4829", "48213", "010203", "Talk"):
        assert secret not in told


def test_the_address_of_a_meeting_that_is_over_is_kept(converted: Convert) -> None:
    """Thirty days from its end; not when somebody has it again."""
    (held,) = [row for row in rows_of(converted(), "addresses") if row["state"] == "quarantined"]
    assert held == {
        "alias": "1000003@rooms.example.org",
        "state": "quarantined",
        "kind": "booking",
        "organisation": "practice-harbour",
        "until": "2026-12-20T11:00:00+00:00",
    }

    used = TABLES["permanent_aliases"] + "r3,1000003@rooms.example.org,,\n"
    again = rows_of(converted(permanent_aliases=used), "addresses")
    assert [row for row in again if row["state"] == "quarantined"] == []


def test_times_and_ids_that_cannot_be_are_left_out(converted: Convert) -> None:
    """And an external id is one meeting's."""
    work = converted(
        meetings="uuid,organisation_id,start_time,end_time,external_id\n"
        f"{FIRST},region/nord æ,2031-03-02 10:00:00,2031-03-02 11:00:00,e\n"
        f"{SECOND},region/nord æ,2031-03-02 11:00:00,2031-03-02 12:00:00,e\n"
        f"{THIRD},region/nord æ,2031-03-02 11:00:00,2031-03-02 11:00:00,\n"
        "x,region/nord æ,2031-03-02 11:00:00,2031-03-02 11:00:00,\n"
        f"{THIRD},region/nord æ,,2031-03-02 11:00:00,\n"
        f"{THIRD},nowhere,2031-03-02 11:00:00,2031-03-02 12:00:00,\n",
        scheduling_info="meeting_uuid,uri_with_domain\n"
        f"{FIRST},1@rooms.example.org\n{SECOND},2@rooms.example.org\n"
        f"{THIRD},1@rooms.example.org\n",
    )

    assert [row.get("external_id") for row in rows_of(work, "bookings")] == ["e", None]
    assert notes_of(work, "meetings") == [
        f"meetings.csv:4: left out: meeting {THIRD}: ends before it starts",
        "meetings.csv:5: left out: meeting x: has no uuid",
        f"meetings.csv:6: left out: meeting {THIRD}: has no start or no end",
        (
            f"meetings.csv:3: dropped: meeting {SECOND}:"
            " its external id is another meeting's, or too long"
        ),
        f"meetings.csv:7: left out: meeting {THIRD}: its organisation 'nowhere' is in no table",
    ]


def test_of_two_meetings_at_one_address_the_earlier_has_it(converted: Convert) -> None:
    """The other one, which nobody could call, is left out."""
    work = converted(
        meetings="uuid,organisation_id,start_time,end_time\n"
        f"{FIRST},region/nord æ,2031-03-02 12:00:00,2031-03-02 13:00:00\n"
        f"{SECOND},region/nord æ,2031-03-02 10:00:00,2031-03-02 11:00:00\n",
        scheduling_info="meeting_uuid,uri_with_domain\n"
        f"{FIRST},1@rooms.example.org\n{SECOND},1@rooms.example.org\n",
    )

    assert [row["id"] for row in rows_of(work, "bookings")] == [SECOND]
    assert notes_of(work, "scheduling_info") == [
        (
            "scheduling_info.csv:2: collision: 1@rooms.example.org (scheduling_info.csv:3):"
            " is that of a meeting, a meeting goes without it"
        )
    ]
    assert notes_of(work, "meetings") == [
        f"meetings.csv:2: left out: meeting {FIRST}: has no address left"
    ]
