"""The SQL of docs/directory.md does what the page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.directory.document import DirectoryFile
from policy.directory.records import AddressKey, PermanentRoom
from policy.documents import load
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.database import Database

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "directory.md").read_text(encoding="utf-8")
STATEMENTS: Final = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


async def test_the_sql_of_the_page_makes_and_cancels_rooms(database: Database) -> None:
    """Whoever pastes the statements into the example directory can call what they make."""
    await database.load(load(ROOT / "examples" / "vdx" / "directory.yaml", DirectoryFile))
    room, welcome, template, booking, cancelled, *_ = STATEMENTS
    reasons: list[object] = []
    services: list[Mapping[str, object]] = []

    for statement, alias in (
        (room, "733001"),
        (welcome, "welcome"),
        (template, "733001"),
        (booking, "812345"),
        (cancelled, "812345"),
    ):
        await database.sql.execute(statement)
        async with (
            database.directory() as directory,
            running(directory, clock=lambda: datetime.now(UTC)) as url,
            FakeNode(url) as node,
        ):
            call = {"local_alias": f"{alias}@rooms.example.org", "call_direction": "dial_in"}
            verdict = await node.ask(Kind.SERVICE, call)
            assert isinstance(verdict.body, dict)
            reasons.append(verdict.body["reason"])
            services.append(verdict.result)

    assert reasons == ["OK", "OK", "OK", "OK", "CANCELLED"]
    assert services[1]["service_type"] == "two_stage_dialing"
    assert services[2]["enable_chat"] == "no"


async def test_the_sql_of_the_page_tags_a_room(database: Database) -> None:
    """Whoever pastes it can name the room's tags in a rule, and the organisations above it."""
    await database.load(load(ROOT / "examples" / "vdx" / "directory.yaml", DirectoryFile))
    (tagging,) = [each for each in STATEMENTS if "tags" in each]

    await database.sql.execute(STATEMENTS[0])
    await database.sql.execute(tagging)
    async with database.directory() as directory:
        target = (await directory.find(AddressKey("733001", "rooms.example.org"))).target

    assert isinstance(target, PermanentRoom)
    assert (target.tags, target.subtree) == (("interpreter", "ward 7"), ("region-north",))


async def test_the_sql_of_the_page_lists_and_grants(database: Database) -> None:
    """Whoever pastes it lets the practice below the region find the region's room."""
    await database.load(load(ROOT / "examples" / "vdx" / "directory.yaml", DirectoryFile))
    await database.sql.execute("UPDATE room SET listed = false")
    asker = "reception.screen@rooms.example.org"

    await database.sql.execute(STATEMENTS[-1])
    async with (
        database.directory() as directory,
        database.phonebook() as phonebook,
        running(directory, phonebook=phonebook) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.search_phonebook("ward", asker=asker)

    assert isinstance(verdict.body, dict)
    assert [each["alias"] for each in verdict.body["result"]] == ["721834@rooms.example.org"]


async def test_the_first_rows_of_a_site_can_be_pasted(database: Database) -> None:
    """An empty database gets its first organisation and domain."""
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (statements,) = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)

    await database.sql.execute(statements)

    owner = "SELECT code FROM organisation JOIN domain ON organisation_id = organisation.id"
    assert await database.sql.fetchval(owner) == "hospital-south"
