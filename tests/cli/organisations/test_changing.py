"""Organisations are made, changed and deleted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Say
    from tests.database import Database


async def test_what_is_given_changes_and_nothing_else(say: Say) -> None:
    """Each option sets its column; what can be empty can be emptied."""
    await say(
        *("create", "north", "North", "--no-agreements", "--quota", "5", "--pool-size", "3"),
        *("--purpose", "citizen", "--purpose", "training", "--own-address"),
        *("--sms-sender", "Region N", "--sms-callback", "https://sms.example.org/%reference%"),
    )
    before = orjson.loads(await say("show", "north", "--json"))

    said = await say(
        *("change", "north", "--name", "Region North", "--code", "region-north"),
        *("--clear", "quota", "--clear", "purposes", "--no-own-address"),
    )

    after = orjson.loads(await say("show", "region-north", "--json"))
    assert said == "north: changed\n"
    assert before["purposes"] == ["citizen", "training"]
    assert before["allow_own_address"] is True
    assert {name: after[name] for name in after if after[name] != before[name]} == {
        "code": "region-north",
        "name": "Region North",
        "path": ["region-north"],
        "purposes": [],
        "quota_permanent_rooms": None,
        "allow_own_address": False,
    }


async def test_a_history_key_is_shown_once(say: Say, database: Database) -> None:
    """Only its hash is kept; a dry run draws none."""
    stored = "SELECT history_api_key_sha256 FROM organisation"

    said = await say("create", "north", "North", "--history-key")
    key = said.partition("history key: ")[2].partition(" ")[0]
    first = await database.sql.fetchval(stored)
    tried = await say("change", "north", "--new-history-key", "--dry-run")
    await say("change", "north", "--clear", "history-key")

    assert len(key) == 32
    assert first == hashlib.sha256(key.encode()).digest()
    assert tried == "would change north\n"
    assert await database.sql.fetchval(stored) is None


async def test_a_dry_run_changes_nothing(say: Say, database: Database) -> None:
    """And refuses what would be refused."""
    assert await say("create", "north", "North", "--dry-run") == "would create north\n"
    assert await database.sql.fetchval("SELECT count(*) FROM organisation") == 0
    refused = await say("create", "north", "North", "--state", "active", "--dry-run")
    assert refused == (
        "refused: organisation north: active needs a valid connection agreement and a valid dpa"
    )


async def test_only_what_is_empty_is_deleted(say: Say, database: Database) -> None:
    """A closed one keeps its code, so that nobody else is taken for it."""
    await say("create", "north", "North", "--no-agreements")
    await say("create", "late", "Late")
    await say("domain", "add", "north", "example.org")
    await say("user", "add", "north", "kim@example.org")

    said = [
        await say("delete", "north"),
        await say("delete", "late"),
        await say("state", "north", "leaving"),
        await say("state", "north", "closed"),
        await say("delete", "north"),
        await say("domain", "remove", "example.org"),
        await say("delete", "north"),
        await say("list"),
        await say("change", "north", "--name", "x"),
    ]

    assert said[0] == (
        "refused: organisation north: is active, only one that is closed or a prospect can be"
        " deleted"
    )
    assert said[1] == "late: deleted\n"
    assert said[4] == "refused: organisation north: still has domains (1)"
    assert said[6:] == ["north: deleted\n", "none\n", "refused: organisation north: was deleted"]
    assert "north" in await say("list", "--all")
    assert await database.sql.fetchval("SELECT count(*) FROM user_account") == 0


@pytest.mark.parametrize(
    "words",
    [
        ("change", "north"),
        ("create", "north", "North", "--state", "closed"),
        ("create", "north", "North", "--quota", "-1"),
        ("create", "north", "North", "--purpose", "fun"),
    ],
)
async def test_wrong_options_are_told(say: Say, words: tuple[str, ...]) -> None:
    """Before the database is asked."""
    assert "Error: " in await say(*words)
