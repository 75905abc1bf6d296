"""Whatever goes wrong, a node gets a whole answer in time, and nobody else gets to know."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from yarl import URL

from policy.errors import DirectoryError
from policy.handlers.replies import Reply
from policy.handlers.safety import Safety
from policy.settings import Server, Settings
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.fakes.directory import FakeDirectory
from tests.fakes.judge import judge
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Answer, Kind, Outcome
from tests.handlers.asking import (
    ALIAS,
    CALL,
    NAME,
    PIN,
    ROOM,
    SERVICE,
    BlockedDirectory,
    BrokenDirectory,
    counted,
    send,
)
from tests.running import running

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from tests.fakes.verdict import Verdict

SOON: Final = Settings(server=Server(answer_within_s=0.1))
PERSONAL: Final = (ALIAS, ALIAS.partition("@")[0], NAME, PIN, "bo.lind")


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.REGISTRATION])
async def test_a_late_directory_costs_the_time_limit(kind: Kind) -> None:
    """With a directory that does not answer, the fallback goes out when the limit is over."""
    async with running(BlockedDirectory(), settings=SOON) as url, FakeNode(url) as node:
        alias = ALIAS if kind is Kind.REGISTRATION else None
        async with asyncio.timeout(2):
            verdict = await node.ask(kind, CALL, alias)

    assert (verdict.accepted, verdict.faults) == (True, ())
    assert _reason(verdict) == "LATE"


async def test_a_directory_that_is_away_costs_the_decision() -> None:
    """Without a directory the call gets the fallback action instead of an error page."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True

    async with running(directory) as url, FakeNode(url) as node:
        verdict = await node.ask(Kind.SERVICE, CALL)

    assert (verdict.outcome, _reason(verdict)) == (Outcome.OWN_CONFIGURATION, "FALLBACK")
    assert (verdict.faults, verdict.warnings) == ((), ())


async def test_a_fault_costs_the_decision() -> None:
    """A fault of the program is the node's fallback and a trace in the log, no error page."""
    before = _counted("FAULT")

    async with running(BrokenDirectory()) as url, FakeNode(url) as node:
        verdict = await node.ask(Kind.SERVICE, CALL)

    assert (verdict.outcome, _reason(verdict)) == (Outcome.OWN_CONFIGURATION, "FAULT")
    assert _counted("FAULT") == before + 1


async def test_a_fault_is_logged_without_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    """The log says where the program broke, and not for whom: no alias, no name, no PIN."""
    async with running(BrokenDirectory()) as url, FakeNode(url) as node:
        await node.ask(Kind.SERVICE, CALL)

    assert "fault while deciding a service request" in caplog.text
    assert "KeyError" in caplog.text
    assert 'asking.py", line' in caplog.text
    assert [word for word in PERSONAL if word in caplog.text] == []


async def test_a_lasting_fault_of_the_database_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While the database is away every call meets it; the log is told once in a while."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True

    async with running(directory) as url, FakeNode(url) as node:
        for _ in range(20):
            await node.ask(Kind.SERVICE, CALL)

    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert lines == ["database: is away, fallback sent"]
    assert [word for word in PERSONAL if word in caplog.text] == []


@pytest.mark.parametrize("error", [DirectoryError("away"), TimeoutError(), ValueError("x")])
@pytest.mark.parametrize("fallback", [Action.CONTINUE, Action.NOT_FOUND, Action.REJECT])
@pytest.mark.parametrize(
    "kind", [RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.REGISTRATION]
)
async def test_a_node_accepts_every_fallback(
    kind: RequestType, fallback: Action, error: Exception
) -> None:
    """Whatever is set and whatever went wrong, a node acts on the answer and drops none."""
    respond = Safety(answer_within_s=1, fallback=fallback).guard(kind, _Failing(error))

    reply = respond(Asked(kind, "", ""))

    response = reply if isinstance(reply, Reply) else await reply
    answer = Answer(response.status, response.content_type, response.body)
    verdict = judge(Kind(kind), answer, {}, None)
    # A 404 is no opinion: a node that registers devices takes it as a failed look-up.
    if fallback is not Action.NOT_FOUND:
        assert (verdict.accepted, verdict.faults, verdict.warnings) == (True, (), ())
    assert (response.status == 404) == (fallback is Action.NOT_FOUND)


async def test_a_caller_who_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A node that goes away while it waits leaves no line in the log and is no fault."""
    directory = BlockedDirectory()
    before = {reason: _counted(reason) for reason in ("FAULT", "LATE", "FALLBACK")}

    async with running(directory) as url:
        where = URL(url)
        _, writer = await asyncio.open_connection(where.host, where.port)
        writer.write(f"GET {SERVICE}?{urlencode(CALL)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await directory.asked.wait()
        writer.transport.abort()
        directory.let_go.set()
        async with FakeNode(url) as node:
            other = await node.ask(Kind.SERVICE, CALL)

    assert _reason(other) == "UNKNOWN_ALIAS"
    assert {reason: _counted(reason) for reason in before} == before
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.INFO] == []


async def test_what_is_no_http_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A request that cannot be read is told in the log, but not what stood in it."""
    async with running(FakeDirectory()) as url:
        for broken in (
            f"GET {SERVICE}?local_alias={ALIAS}\x00 HTTP/1.1",
            f"GET /\r\n{NAME}: {PIN}",
        ):
            await send(url, f"{broken}\r\n\r\n".encode())

    assert caplog.records != []
    assert [word for word in PERSONAL if word in caplog.text] == []
    assert "Traceback" not in caplog.text


class _Failing:
    """An answerer that meets an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def answer(self, _asked: Asked) -> Decision:
        raise self._error


def _counted(reason: str) -> float:
    name = "policy_handlers_requests_total"
    return counted(name, request="service", action="continue", reason=reason)


def _reason(verdict: Verdict) -> object:
    return verdict.body.get("reason") if isinstance(verdict.body, dict) else None
