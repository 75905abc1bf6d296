"""From a prospect to an administrator, and from two organisations to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.directory.writing.trees import add, fill

if TYPE_CHECKING:
    from tests.cli.conftest import Say
    from tests.database import Database

SIGNED = ("--version", "2026-1", "--signed", "2026-01-15")


async def test_an_organisation_is_connected(say: Say, database: Database) -> None:
    """Not before both agreements hold, and not without somebody who administers it."""
    said = [
        await say("create", "north", "North"),
        await say("state", "north", "active"),
        await say("state", "north", "agreement-pending"),
        await say("state", "north", "active"),
        await say("agreement", "add", "north", "--kind", "connection", *SIGNED),
        await say("agreement", "add", "north", "--kind", "dpa", *SIGNED),
        await say("state", "north", "active"),
        await say("state", "north", "active", "--contact", "kim@example.org", "--dry-run"),
        await say("state", "north", "active", "--contact", "kim@example.org"),
        await say("state", "north", "active"),
    ]

    told = "the contact administers it; no mail is sent, so tell them\n"
    assert said[1] == ("refused: organisation: from prospect to active is no step of its life")
    assert said[2:] == [
        "north: agreement-pending, was prospect\n",
        "refused: organisation north: active needs a valid connection agreement and a valid dpa",
        "north: connection 2026-1 added\nnot both agreements are valid today\n",
        "north: dpa 2026-1 added\nboth agreements are valid today\n",
        (
            "refused: organisation north: has no administrator yet, name its technical contact with"
            " --contact"
        ),
        "would take north from agreement-pending to active\n" + told,
        "north: active, was agreement-pending\n" + told,
        "north: active, was active\n",
    ]
    users = await database.sql.fetch("SELECT email, roles FROM user_account")
    assert [tuple(row) for row in users] == [("kim@example.org", ["meeting-admin"])]


async def test_who_is_suspended_is_told_what_that_closes(say: Say, database: Database) -> None:
    """Calls end for its rooms, meetings and devices."""
    await add(database.sql, "north")
    await fill(database.sql, "north", "n", "auditor")

    assert await say("state", "north", "suspended") == (
        "north: suspended, was active\n"
        "no calls are let in to its permanent rooms (1), bookings (1), devices (1)\n"
    )
    assert await say("state", "north", "active") == "north: active, was suspended\n"


async def test_a_move_tells_who_loses_a_domain(say: Say, database: Database) -> None:
    """A device that is called in a domain of those above does not register elsewhere."""
    for code, parent in (("north", None), ("south", None), ("ward", "north")):
        await add(database.sql, code, parent)
    await fill(database.sql, "ward", "w", "auditor")
    await say("domain", "change", "w.example.org", "--organisation", "north", "--inherit")

    assert await say("move", "ward", "--below", "south", "--dry-run") == (
        "would move ward below south\n"
        "note: devices that may not register in w.example.org any more: 1\n"
    )
    assert await say("move", "north", "--below", "ward") == (
        "refused: organisation north is above itself"
    )
    assert await say("move", "ward", "--to-root") == (
        "ward: moved to the root\n"
        "note: devices that may not register in w.example.org any more: 1\n"
    )
    assert "Error: " in await say("move", "ward")


async def test_a_merge_is_tried_and_done(say: Say, database: Database) -> None:
    """The dry run counts what the merge then does."""
    for code, words in (("north", "n"), ("south", "s")):
        await add(database.sql, code)
        await fill(database.sql, code, words, "auditor")

    tried = await say("merge", "north", "--into", "south", "--dry-run")
    done = await say("merge", "north", "--into", "south")
    again = await say("merge", "north", "--into", "south")
    deleted = [await say("delete", "north"), await say("delete", "north")]

    assert tried.splitlines()[0] == "would merge north into south"
    assert done.splitlines()[0] == "north: merged into south"
    assert done.splitlines()[1:] == tried.splitlines()[1:]
    assert done.splitlines()[1:3] == ["  permanent rooms: 1", "  bookings: 1"]
    assert done.splitlines()[-2:] == [
        (
            "note: renamed, since both had the name: meetings (north), usual (north),"
            " invitation (north), plain (north)"
        ),
        "note: template 'usual (north)' is no default any more",
    ]
    assert again == "refused: organisation north: was merged into south"
    assert deleted == ["north: deleted\n", "refused: organisation north: was deleted"]


@pytest.mark.parametrize("clash", [False, True])
async def test_what_needs_a_look_is_noted(say: Say, database: Database, *, clash: bool) -> None:
    """External ids of both, a wider phone book, a quota, rooms that open again."""
    for code, words in (("north", "n"), ("south", "s")):
        await add(database.sql, code)
        await fill(database.sql, code, words, "auditor")
    await add(database.sql, "west")
    await database.sql.execute(
        """
        INSERT INTO phonebook_grant (organisation_id, seen_by_id)
        SELECT a.id, b.id FROM organisation AS a, organisation AS b
        WHERE a.code = 'north' AND b.code = 'west';
        UPDATE organisation SET state = 'suspended' WHERE code = 'north';
        UPDATE organisation SET quota_permanent_rooms = 1 WHERE code = 'south'
        """
    )
    if clash:
        await database.sql.execute("UPDATE booking SET external_id = '7'")

    refused = await say("merge", "north", "--into", "south", "--dry-run")
    done = await say("merge", "north", "--into", "south", "--suffix-external-ids")

    assert refused.startswith("refused: organisations north and south: both ") is clash
    assert done.splitlines()[-3:] == [
        "note: others that found north in their phone book find south too: 1",
        "note: permanent rooms of south beyond its quota: 1",
        "note: calls are let in again to what north had",
    ]
