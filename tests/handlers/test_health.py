"""How the service tells others how it is."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import orjson

from policy.errors import Problem
from policy.handlers.access import Access
from policy.handlers.door import Door
from policy.handlers.entrance import Entrance
from policy.handlers.health import DirectoryHealth, HealthHandler
from policy.rules.reload import LiveRules, Reload
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import CALL, ROOM, BlockedDirectory, get
from tests.running import NOON, opened, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


async def test_rules_are_current() -> None:
    """What is in force, since when, and what is to be minded about it."""
    warning = Problem("rules/a.yaml", 3, 5, "rule 'b': never matches, 'a' covers it")
    live = LiveRules(RuleTable(version="0123456789ab"), (warning,), lambda: NOON)

    async with served(live) as url:
        answer = await get(url, "/health/rules")

    assert answer.status == 200
    assert orjson.loads(answer.body) == {
        "state": "current",
        "since": "2026-05-04T10:00:00+00:00",
        "version": "0123456789ab",
        "in_force": 0,
        "loaded_at": "2026-05-04T10:00:00+00:00",
        "attempts": 0,
        "last": None,
        "problem_count": 0,
        "problems": [],
        "warnings": [{"file": "rules/a.yaml", "line": 3, "column": 5, "text": warning.text}],
    }


async def test_rules_that_are_kept_out_say_why() -> None:
    """The problems with their places, and that older rules serve on; the server stays ready."""
    live = LiveRules(RuleTable(version="0123456789ab"), clock=lambda: NOON)
    problem = Problem("rules/a.yaml", 4, 11, "unknown outcome 'contineu'")

    async with served(live) as url:
        live.keep_out(Reload.KEPT_OUT, (problem,), 1)
        rules = await get(url, "/health/rules")
        ready = await get(url, "/health/ready")

    told = orjson.loads(rules.body)
    assert (rules.status, ready.status) == (200, 200)
    assert (told["state"], told["last"], told["version"]) == (
        "kept_out",
        "kept_out",
        "0123456789ab",
    )
    assert (told["problem_count"], told["problems"]) == (
        1,
        [{"file": "rules/a.yaml", "line": 4, "column": 11, "text": "unknown outcome 'contineu'"}],
    )


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


@asynccontextmanager
async def served(live: LiveRules) -> AsyncIterator[str]:
    """Serve the health paths alone; gives the base URL."""
    pages = HealthHandler(DirectoryHealth(FakeDirectory()), live).pages()
    entrance = Entrance(Access({}, ()), pages, pages["/health/live"])
    async with opened(Door(entrance.handle)) as url:
        yield url
