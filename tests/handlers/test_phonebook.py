"""Searches over a socket: anything may be typed, and the database may be away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from policy.directory.document import DirectoryFile
from policy.documents import Marks, Parsed
from policy.settings import Phonebook, Settings
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.phonebook import FakePhonebook
from tests.fakes.verdict import Outcome
from tests.handlers.asking import ALIAS, NAME, REGISTRATION, ROOM, counted, get
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database

ASKER: Final = "desk@example.org"
FILE: Final = DirectoryFile.model_validate(
    ROOM.model_dump(mode="json")
    | {
        "rooms": [
            {
                "organisation": "region-north",
                "aliases": [ALIAS],
                "description": NAME,
                "listed": True,
            }
        ],
        "devices": [{"organisation": "region-north", "alias": ASKER, "without_proof": True}],
    }
)
FOUND: Final = {"alias": ALIAS, "description": NAME, "username": ""}


@pytest.fixture
async def node(database: Database) -> AsyncIterator[FakeNode]:
    """Serve the rows of this file from PostgreSQL."""
    await database.load(Parsed(FILE, Marks("directory.yaml")))
    async with (
        database.directory() as directory,
        database.phonebook() as phonebook,
        running(directory, phonebook=phonebook) as url,
        FakeNode(url) as asking,
    ):
        yield asking


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(typed="\0")
@example(typed="%' OR true --")
@example(typed="\\" * 200)
@example(typed="k" * 10_000)
@example(typed="\u00e6\u00f8\u00e5 \u01fd \u1e9e \ufdfa")
@given(typed=st.text(max_size=120))
async def test_whatever_is_typed_a_node_takes_the_list(typed: str, node: FakeNode) -> None:
    """Every search gets a list that a strict node accepts."""
    verdict = await node.search_phonebook(typed, asker=ASKER)

    assert (verdict.outcome, verdict.faults, verdict.warnings) == (Outcome.PHONEBOOK, (), ())


async def test_a_hit_is_told_with_alias_and_description(node: FakeNode) -> None:
    """As it stands in the directory."""
    verdict = await node.search_phonebook("kar", asker=ASKER)

    assert isinstance(verdict.body, dict)
    assert verdict.body == {
        "status": "success",
        "action": "continue",
        "reason": "OK",
        "result": [FOUND],
    }


@pytest.mark.parametrize("ignore_local", [True, False])
async def test_the_setting_decides_whether_the_platform_shows_its_own(ignore_local: bool) -> None:  # noqa: FBT001  a parameter of the test
    """With hits, without, and for whoever may see nothing alike."""
    setting = Settings(phonebook=Phonebook(ignore_local=ignore_local))
    told: list[bool] = []

    async with (
        running(FakeDirectory(FILE), settings=setting, phonebook=FakePhonebook(FILE)) as url,
        FakeNode(url) as node,
    ):
        for typed, asker in (("kar", ASKER), ("x", ASKER), ("kar", "bo@example.org"), ("", ASKER)):
            body = (await node.search_phonebook(typed, asker=asker)).body
            told.append(isinstance(body, dict) and body.get("ignore_local", False))

    assert told == [ignore_local] * 4


async def test_without_a_database_the_platform_shows_its_own() -> None:
    """A search that cannot be made has no opinion: 404, and it is counted."""
    labels = {"request": "phonebook", "action": "not_found", "reason": "FALLBACK"}
    before = counted("policy_handlers_requests_total", **labels)
    phonebook = FakePhonebook(FILE)
    phonebook.is_away = True

    async with (
        running(FakeDirectory(FILE), phonebook=phonebook) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.search_phonebook("kar", asker=ASKER)

    assert (verdict.outcome, verdict.status) == (Outcome.OWN_CONFIGURATION, 404)
    assert counted("policy_handlers_requests_total", **labels) == before + 1


async def test_who_may_see_nothing_costs_no_search() -> None:
    """The database is searched for devices of ours only."""
    phonebook = FakePhonebook(FILE)

    async with (
        running(FakeDirectory(FILE), phonebook=phonebook) as url,
        FakeNode(url) as node,
    ):
        for asker in ("bo@example.org", "ana@elsewhere.example", ALIAS, ""):
            await node.search_phonebook("kar", asker=asker)
        await node.search_phonebook("", asker=ASKER)

    assert phonebook.asked == []


async def test_names_stay_out_of_what_others_read(caplog: pytest.LogCaptureFixture) -> None:
    """What is typed and what is found goes to the node, to no log line and no metric."""
    caplog.set_level("DEBUG", logger="policy")

    async with running(FakeDirectory(FILE), phonebook=FakePhonebook(FILE)) as url:
        answer = await get(url, f"{REGISTRATION}?q=Karin&registration_alias={ASKER}")
        metrics = (await get(url, "/metrics")).body.decode()

    assert orjson.loads(answer.body)["result"] == [FOUND]
    assert "arin" not in metrics + caplog.text
