"""The tree is listed, drawn and shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from tests.cli.conftest import Run, Say
    from tests.database import Database


async def test_from_nothing_to_a_tree(say: Say, database: Database) -> None:
    """Organisations that need no agreements are connected at once, below each other."""
    said = [
        await say("create-group", "Hospitals"),
        await say("create", "region-north", "Region North", "--no-agreements"),
        await say("create", "ward/7", "Ward 7", "--no-agreements", "--parent", "region-north"),
        await say("create", "clinic", "The Clinic", "--parent", "Hospitals", "--type", "praksis"),
    ]

    assert said == [
        "Hospitals: created\n",
        "region-north: created\n",
        "ward/7: created\n",
        "clinic: created\n",
    ]
    assert await say("tree") == (
        "(Hospitals)\n"
        "  clinic  The Clinic  [prospect]\n"
        "region-north  Region North\n"
        "  ward/7  Ward 7\n"
    )
    assert await say("tree", "region-north") == "region-north  Region North\n  ward/7  Ward 7\n"
    assert await say("list") == (
        "code          name          type          state     parent\n"
        "-             Hospitals     group         active    -\n"
        "clinic        The Clinic    praksis       prospect  Hospitals\n"
        "region-north  Region North  organisation  active    -\n"
        "ward/7        Ward 7        organisation  active    region-north\n"
    )
    assert (await say("list", "--state", "prospect", "--below", "Hospitals")).count("\n") == 2
    row = orjson.loads((await say("list", "--json")).splitlines()[0])
    assert await say("list", "--below", row["id"], "--json")
    assert await database.sql.fetchval("SELECT path FROM organisation WHERE code = 'ward/7'") == [
        "ward/7",
        "region-north",
    ]


async def test_one_is_shown_with_what_it_has(say: Say) -> None:
    """No secret is among it."""
    await say("create", "north", "North", "--no-agreements", "--quota", "5", "--history-key")
    await say("domain", "add", "north", "example.org")

    text = await say("show", "north")
    known = orjson.loads(await say("show", "north", "--json"))

    assert ["quota", "permanent", "rooms", "5"] in [line.split() for line in text.splitlines()]
    assert known["domains"] == 1
    assert known["has_history_api_key"] is True
    assert known["path"] == ["north"]
    assert "sha256" not in text


async def test_one_that_is_not_there_is_told(say: Say) -> None:
    """With what was asked for; of groups of one name each by its id."""
    await say("create-group", "East")
    await say("create-group", "East")

    assert await say("show", "nobody") == (
        "refused: organisation 'nobody': there is none of this code"
    )
    assert (await say("show", "East")).startswith(
        "refused: group 'East': 2 have this name, name one by id: "
    )


async def test_the_command_is_there(run: Run, database: Database) -> None:
    """As a process, with its help."""
    done = await asyncio.to_thread(run, "organisations", "list", database_url=database.dsn)

    assert (done.returncode, done.stdout, done.stderr) == (0, "none\n", "")
