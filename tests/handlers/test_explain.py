"""`/explain` tells operators why, exactly as the server decides, and leaves no trace itself."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from prometheus_client import REGISTRY

from policy.decide.grounds import Plan
from policy.handlers.access import Access
from policy.handlers.door import Door
from policy.handlers.entrance import Entrance
from policy.handlers.explain import (
    AT_HEADER,
    FORWARD_HEADER,
    ExplainHandler,
)
from policy.handlers.facts import Facts
from policy.handlers.forwarding import Forwarder, Upstream
from policy.rules.reload import LiveRules
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from tests.fakes.caching import caching
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import (
    ALIAS,
    NAME,
    PIN,
    REGISTRATION,
    ROOM,
    SERVICE,
    BlockedDirectory,
    get,
)
from tests.running import NOON, opened, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from policy.directory.lookup import Directory

CALL: Final = f"{SERVICE}?local_alias=sip:{ALIAS}&protocol=sip&remote_display_name=Karin+Holm"
RULES: Final = """
rules:
  - {name: scans, when: {vendor: {contains: scan}}, then: {reject: no scanners}}
  - {name: at-night, when: {time: {from: '22:00', to: '06:00', zone: UTC}}, then: {reject: closed}}
"""
FORWARDING: Final = "rules: [{name: moved, then: {forward: {to: old}}}]"


@asynccontextmanager
async def served(
    directory: Directory,
    rules: str = "rules: []",
    *,
    upstreams: Mapping[str, Upstream] | None = None,
    within_s: float = 2.0,
) -> AsyncIterator[str]:
    """Serve explanations alone, on a free port of loopback; gives the base URL."""
    forwarder = Forwarder(upstreams or {}, lambda *_: None)
    await forwarder.open()
    table = RuleTable([each.rule for each in parse_rules(rules, "a.yaml")], version="0123456789ab")
    cached = caching(directory)
    facts = Facts(cached, LiveRules(table), forwarder, lambda: NOON, Plan(), within_s)
    entrance = Entrance(Access({}, ()), {}, ExplainHandler(facts).explain)
    try:
        async with opened(Door(entrance.handle)) as url:
            yield url
    finally:
        await cached.close()
        await forwarder.close()


async def test_a_call_is_explained() -> None:
    """Alias, directory, rules, decision, answer and effect, without PINs."""
    async with served(FakeDirectory(ROOM), RULES) as url:
        answer = await get(url, f"/explain{CALL}")

    said = orjson.loads(answer.body)
    assert answer.status == 200
    assert said["alias"]["text"] == ALIAS
    assert said["directory"][0]["is_a"] == "permanent room"
    assert [(step["rule"], step["matches"]) for step in said["steps"]] == [
        ("scans", False),
        ("at-night", False),
    ]
    assert (said["decided"]["reason"], said["rules_version"]) == ("OK", "0123456789ab")
    assert said["sent"]["body"]["result"]["pin"] == "****"
    assert said["effect"].startswith("The caller enters r-1 (conference).")
    assert said["took_ms"] > 0
    assert PIN not in answer.body.decode()


async def test_it_says_what_the_server_answers() -> None:
    """The same facts and the same rules, by both doors."""
    table = RuleTable([each.rule for each in parse_rules(RULES, "a.yaml")])
    targets = [CALL, f"{CALL}&vendor=scan", f"{SERVICE}?local_alias=nobody@example.org", SERVICE]
    async with (
        served(FakeDirectory(ROOM), RULES) as url,
        running(FakeDirectory(ROOM), table) as server,
    ):
        for target in targets:
            explained = orjson.loads((await get(url, f"/explain{target}")).body)["sent"]
            answer = await get(server, target)

            body = orjson.loads(answer.body)
            if "pin" in body.get("result", {}):
                body["result"]["pin"] = "****"
            assert (explained["status"], explained["body"]) == (answer.status, body)


async def test_a_moment_may_be_given() -> None:
    """What happens tonight can be asked today."""
    async with served(FakeDirectory(ROOM), RULES) as url:
        tonight = await get(url, f"/explain{CALL}", {AT_HEADER: "2026-05-04T23:00:00+00:00"})
        wrong = await get(url, f"/explain{CALL}", {AT_HEADER: "23:00"})

    assert orjson.loads(tonight.body)["decided"]["rule"] == "at-night"
    assert (wrong.status, orjson.loads(wrong.body)["status"]) == (400, "fail")


async def test_while_the_directory_is_away_the_rules_are_explained() -> None:
    """503, with what is known; a call that needs no directory is explained as ever."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True
    async with served(directory, RULES) as url:
        away = await get(url, f"/explain{CALL}")
        refused = await get(url, f"/explain{CALL}&vendor=scan")

    said = orjson.loads(away.body)
    assert away.status == 503
    assert (said["decided"], len(said["steps"])) == (None, 2)
    assert said["missing"] == (
        f"to go on it must be known who owns {ALIAS}: database: is away; "
        "the node would get the fallback of the settings"
    )
    assert (refused.status, orjson.loads(refused.body)["decided"]["rule"]) == (200, "scans")


async def test_it_takes_no_longer_than_a_call_may() -> None:
    """A directory that hangs is told of within the time limit."""
    async with served(BlockedDirectory(), within_s=0.05) as url:
        answer = await get(url, f"/explain{CALL}")

    assert answer.status == 503
    assert "no answer within 0.05 s" in orjson.loads(answer.body)["missing"]


async def test_another_server_is_asked_on_demand_only() -> None:
    """It would count there as a call."""
    async with (
        running(FakeDirectory(ROOM)) as old,
        served(FakeDirectory(ROOM), FORWARDING, upstreams={"old": Upstream(old)}) as url,
    ):
        shown = await get(url, f"/explain{CALL}")
        asked = await get(url, f"/explain{CALL}", {FORWARD_HEADER: "yes"})

    assert (shown.status, orjson.loads(shown.body)["decided"]) == (200, None)
    assert "policy server old would be asked" in orjson.loads(shown.body)["effect"]
    assert orjson.loads(asked.body)["decided"]["reason"] == "FORWARDED"
    assert orjson.loads(asked.body)["others"] == [
        {"name": "old", "said": "answered continue and a result"}
    ]


@pytest.mark.parametrize("path", ["/explain", "/explain/", "/explain/policy/v2/x"])
async def test_other_paths_are_not_there(path: str) -> None:
    """Whoever mistypes the path is told so in JSON."""
    async with served(FakeDirectory(ROOM)) as url:
        answer = await get(url, path)

    assert (answer.status, orjson.loads(answer.body)["status"]) == (404, "fail")


async def test_it_counts_no_call_and_logs_none(caplog: pytest.LogCaptureFixture) -> None:
    """Operators who look leave the numbers as they are, and names out of the log."""
    caplog.set_level(logging.DEBUG)
    counted = ("policy_handlers_requests_total", "policy_handlers_joins_total")
    before = [sample for name in counted for sample in _samples(name)]

    async with served(FakeDirectory(ROOM), RULES) as url:
        await get(url, f"/explain{CALL}")
        await get(url, f"/explain{REGISTRATION}/{ALIAS}?protocol=sip")

    assert [sample for name in counted for sample in _samples(name)] == before
    assert [text for text in (NAME, "karin", PIN) if text in caplog.text] == []


async def test_many_ask_at_once() -> None:
    """Each is explained with its own facts."""
    async with served(FakeDirectory(ROOM)) as url:
        answers = await asyncio.gather(
            *(get(url, f"/explain{SERVICE}?local_alias={n}@example.org") for n in range(20))
        )

    got = [orjson.loads(each.body)["directory"][0]["address"] for each in answers]
    assert got == [f"{n}@example.org" for n in range(20)]


def _samples(name: str) -> list[tuple[object, float]]:
    return [
        (sorted(sample.labels.items()), sample.value)
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == name
    ]
