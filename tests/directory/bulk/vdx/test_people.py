"""The tree keeps its shape, and everybody in it has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.bulk.vdx.rows import group_uuid
from tests.directory.bulk.vdx.telling import notes_of, rows_of

if TYPE_CHECKING:
    from tests.directory.bulk.vdx.conftest import Convert


def test_groups_become_nodes_of_the_tree(converted: Convert) -> None:
    """Codes may hold anything; a parent that is nowhere is told; the zero date is none."""
    work = converted()

    root, region, practice, old = rows_of(work, "organisations")
    assert (root["type"], root["id"]) == ("group", group_uuid(1))
    assert (region["code"], region["parent"], region["pool_size"]) == (
        "region/nord æ",
        group_uuid(1),
        5,
    )
    assert (practice["type"], practice["parent"]) == ("praksis", "region/nord æ")
    assert "state" not in region
    assert (old["state"], old["deleted_at"]) == ("closed", "2024-02-03T10:00:00+00:00")
    assert notes_of(work, "groups") == [
        "groups.csv:5: repaired: group 4: its parent 99 is in no table: stands at the top"
    ]


def test_doubled_codes_and_circles_are_mended(converted: Convert) -> None:
    """A circle is cut at each of its members; a second code makes a group."""
    work = converted(
        groups="group_id,parent_id,group_type,group_name,organisation_id,sms_sender_name\n"
        "2,3,2,A,region/nord æ,\n3,2,2,B,practice-harbour,Ø\n4,4,2,C,region/nord æ,\n5,2,2,D,,\n"
    )

    assert [row.get("parent") for row in rows_of(work, "organisations")] == [
        None,
        None,
        None,
        "region/nord æ",
    ]
    assert notes_of(work, "groups") == [
        "groups.csv:4: repaired: group 4: code 'region/nord æ' is there already: is a group here",
        "groups.csv:5: repaired: group 5: has no code: is a group here",
        "groups.csv:2: repaired: group 2: is above itself: stands at the top",
        "groups.csv:3: repaired: group 3: is above itself: stands at the top",
        "groups.csv:3: dropped: group 3: its sender of text messages is no sender",
    ]


def test_domains_are_spelled_and_somebodys(converted: Convert) -> None:
    """Each once; what is no domain, or of nobody, is left out."""
    work = converted(
        domains="domain,group_id\nRooms.Example.org,2\nrooms.example.org,3\na b,2\nx.org,77\n"
    )

    assert rows_of(work, "domains") == [
        {"domain": "rooms.example.org", "organisation": "region/nord æ"}
    ]
    assert notes_of(work, "domains") == [
        "domains.csv:3: collision: domain rooms.example.org: is somebody's already",
        "domains.csv:4: left out: domain a b: is no domain name",
        "domains.csv:5: left out: domain x.org: its group 77 is in no table",
    ]


def test_users_are_kept_whatever_their_address(converted: Convert) -> None:
    """Roles in any spelling; unknown ones are dropped."""
    work = converted()

    assert rows_of(work, "users")[:2] == [
        {
            "organisation": "region/nord æ",
            "email": "anna@example.org",
            "roles": ["meeting-user", "meeting-admin"],
        },
        {"organisation": "region/nord æ", "email": "bo", "roles": []},
    ]
    assert notes_of(work, "users") == [
        "users.csv:3: dropped: user: a role that is not known here",
        "users.csv:3: kept: user: an e-mail address that is none",
    ]
