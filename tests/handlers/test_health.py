"""How the service tells others how it is."""

from __future__ import annotations

from typing import Final

import orjson

from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import CALL, ROOM, BlockedDirectory, get
from tests.running import running

RULE: Final = "rules: [{name: one, when: {alias: {exact: a@example.org}}, then: continue}]"


async def test_alive_needs_nothing() -> None:
    """A process that answers is alive, even while its database does not answer."""
    async with running(BlockedDirectory()) as url:
        answer = await get(url, "/health/live")

    assert (answer.status, orjson.loads(answer.body)) == (200, {"status": "alive"})


async def test_ready_says_which_rules_are_in_force() -> None:
    """An operator sees that the rules of today are loaded, not those of yesterday."""
    table = RuleTable([each.rule for each in parse_rules(RULE, "a.yaml")], version="0123456789ab")

    async with running(FakeDirectory(), table) as url:
        answer = await get(url, "/health/ready")

    assert answer.status == 200
    assert orjson.loads(answer.body) == {
        "status": "ready",
        "directory": "ok",
        "rules": {"version": "0123456789ab", "in_force": 1},
    }


async def test_ready_follows_the_directory() -> None:
    """While the directory is away the answer is 503 and says why; back again, it is 200."""
    directory = FakeDirectory(ROOM)
    answers = []

    async with running(directory) as url:
        for directory.is_away in (False, True, False):
            answers.append(await get(url, "/health/ready"))

    assert [answer.status for answer in answers] == [200, 503, 200]
    told = orjson.loads(answers[1].body)
    assert (told["status"], told["directory"]) == ("not ready", "database: is away")


async def test_metrics_are_in_prometheus_text() -> None:
    """The format that Prometheus reads, with every metric of ours."""
    async with running(FakeDirectory()) as url:
        answer = await get(url, "/metrics")

    assert answer.status == 200
    assert (answer.content_type or "").startswith("text/plain; version=")
    for name in ("policy_handlers_requests_total", "policy_directory_lookups_total"):
        assert f"# TYPE {name.removesuffix('_total')}" in answer.body.decode()


async def test_a_question_about_health_is_not_from_memory() -> None:
    """Ready means that the directory answers at this moment, not that it did lately."""
    directory = FakeDirectory(ROOM)

    async with running(directory) as url:
        for _ in range(3):
            await get(url, f"/health/ready?local_alias={CALL['local_alias']}")
            await get(url, "/health/ready")

    assert len(directory.asked) == 6
