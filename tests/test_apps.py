"""The applications as they are put together: who may ask what, and what is kept of it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import aiohttp
import orjson
from argon2 import PasswordHasher

from policy.apps import Sources, build_apps
from policy.handlers.health import DirectoryHealth
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable
from policy.settings import Settings
from tests.decide.deciding import ruled
from tests.fakes.directory import FakeDirectory
from tests.fakes.phonebook import FakePhonebook
from tests.fakes.pictures import FakePictures
from tests.fakes.upstream import FakeUpstream, success
from tests.handlers.asking import ALIAS, NAME, PIN, ROOM, SERVICE
from tests.running import NOON, cached_as_by, opened, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CALL: Final = f"{SERVICE}?local_alias={ALIAS}&remote_alias=sip:bo.lind@example.org"
HASH: Final = PasswordHasher().hash("invented-7")


@asynccontextmanager
async def _operated(settings: Settings) -> AsyncIterator[str]:
    """Serve both applications; gives the base URL of the operators' one."""
    directory = FakeDirectory(ROOM)
    cached = cached_as_by(settings, directory, lambda: NOON)
    sources = Sources(cached, FakePhonebook(), FakePictures(), DirectoryHealth(directory))
    apps = build_apps(settings, sources, LiveRules(RuleTable()), lambda: NOON)
    async with apps.behind, opened(apps.operators) as url:
        yield url
    await cached.close()


def _as(username: str, password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(username, password)}


async def test_operators_have_credentials_of_their_own() -> None:
    """Explanations are for them alone, and not for whoever holds the nodes' password."""
    who = {"username": "ops", "password_hash": HASH}
    nodes = {"username": "nodes", "password_hash": PasswordHasher().hash("other")}
    settings = Settings.model_validate(
        {"operator": {"port": 0, "credentials": [who]}, "access": {"credentials": [nodes]}}
    )

    async with _operated(settings) as url, aiohttp.ClientSession() as session:
        target = f"{url}/explain{CALL}"
        statuses = []
        for headers in ({}, _as("nodes", "other")):
            async with session.get(target, headers=headers) as response:
                statuses.append(response.status)
        async with session.get(target, headers=_as("ops", "invented-7")) as response:
            said = await response.json()

    assert statuses == [401, 401]
    assert (said["decided"]["reason"], said["alias"]["text"]) == ("OK", ALIAS)
    assert PIN not in orjson.dumps(said).decode()


async def test_decisions_are_kept_without_what_may_not_be(tmp_path: Path) -> None:
    """The log of a server that was asked holds the decision, and neither name, caller nor PIN."""
    path = tmp_path / "decisions.jsonl"
    settings = Settings.model_validate({"log": {"decisions": str(path)}})

    async with (
        running(FakeDirectory(ROOM), settings=settings) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}{CALL}&remote_display_name={NAME}") as response,
    ):
        assert response.status == 200

    text = path.read_text(encoding="utf-8")
    line = orjson.loads(text)
    assert (line["request"], line["action"], line["reason"]) == ("service", "continue", "OK")
    assert [word for word in (NAME, "bo.lind", PIN) if word in text] == []


async def test_a_rule_forwards_to_a_server_of_the_settings() -> None:
    """From the node through both servers and back, with the credentials of the settings."""
    service = {"service_type": "test_call", "name": "Theirs", "service_tag": ""}
    table = ruled("{name: moved, then: {forward: {to: old-server}}}")

    async with FakeUpstream(success(service)) as upstream:
        old = {"url": upstream.url, "username": "vdx", "password": "invented-7"}
        settings = Settings.model_validate({"upstreams": {"old-server": old}})
        async with (
            running(FakeDirectory(ROOM), table, settings) as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}{CALL}") as response,
        ):
            body = orjson.loads(await response.read())

    assert (body["reason"], body["rule"], body["result"]) == ("FORWARDED", "moved", service)
    assert upstream.heard[0].headers["authorization"].startswith("Basic ")
