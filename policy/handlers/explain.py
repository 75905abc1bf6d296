"""Why would a call be decided so: asks the directory as for a call, and counts and logs nothing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import orjson
from aiohttp import web

from policy.decide.asking import decide, parse_request
from policy.errors import DirectoryError
from policy.explaining.explain import explain
from policy.handlers.replies import refusal
from policy.rules.known import NeedsAnswer
from policy.wire.asked import Asked

if TYPE_CHECKING:
    from policy.decide.asking import Request
    from policy.decide.avatar import Drawing
    from policy.decide.decision import Decision
    from policy.decide.grounds import Grounds
    from policy.directory.records import PhonebookSearch
    from policy.explaining.explanation import Explanation
    from policy.handlers.facts import Facts

# In headers, since every name may be a parameter of a call.
AT_HEADER: Final = "Vdx-Policy-At"
FORWARD_HEADER: Final = "Vdx-Policy-Forward"
PREFIX: Final = "/explain"

_FALLBACK: Final = "the node would get the fallback of the settings"


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation; `has_failed` when a fact could not be had that was asked for."""

    explanation: Explanation
    has_failed: bool


class _NotForwarded(Exception):  # noqa: N818  no error: other servers are asked only on demand
    pass


class _Gathering:
    """Decides for `Facts.settle`, and keeps on which grounds."""

    def __init__(self, *, may_forward: bool) -> None:
        self.grounds: Grounds | None = None
        self._may_forward = may_forward

    def decide(self, request: Request, grounds: Grounds) -> Decision | Drawing | PhonebookSearch:
        """Decide; raises Needs for what may be asked."""
        self.grounds = grounds
        try:
            return decide(request, grounds)
        except NeedsAnswer:
            if self._may_forward:
                raise
            raise _NotForwarded from None


async def explained(
    facts: Facts, asked: Asked, *, may_forward: bool = False, within_s: float | None = None
) -> Explained:
    """Decide as for a call, then explain that in a thread: with many rules it takes a while.

    Another policy server is asked for real with `may_forward`. When the directory is away, what
    can be said without it is explained.
    """
    gathering = _Gathering(may_forward=may_forward)
    request = parse_request(asked, facts.plan.own_nodes)
    missing, has_failed = "", False
    started_s = time.perf_counter()
    try:
        async with asyncio.timeout(within_s):
            await facts.wait(gathering.decide, request, asked)
    except _NotForwarded:
        missing = "it is asked only with --forward"
    except DirectoryError as exc:
        missing, has_failed = f"{exc}; {_FALLBACK}", True
    except TimeoutError:
        missing, has_failed = f"there was no answer within {within_s} s; {_FALLBACK}", True
    took_s = time.perf_counter() - started_s
    if gathering.grounds is None:
        raise AssertionError("deciding comes before anything else")
    explanation = await asyncio.to_thread(
        explain, asked, gathering.grounds, took_s=took_s, missing=missing
    )
    return Explained(explanation, has_failed)


class ExplainHandler:
    """Explains policy requests, for operators."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def explain(self, request: web.BaseRequest) -> web.Response:
        """Answer with an explanation; 503 with as much of it as can be had without the directory.

        The path is that of a policy request. Two headers say when it is to be decided, and that
        other policy servers are to be asked for real.
        """
        path = request.raw_path
        asked = Asked.parse(path.removeprefix(PREFIX)) if path.startswith(f"{PREFIX}/") else None
        if asked is None:
            return refusal(404, "no such path: write /explain/policy/v1/... as a node asks")
        facts = self._facts
        written = request.headers.get(AT_HEADER)
        if written is not None:
            at = _time(written)
            if at is None:
                return refusal(400, f"{AT_HEADER} is no time such as 2026-03-01T12:00:00+01:00")
            facts = replace(facts, clock=lambda: at)
        may_forward = request.headers.get(FORWARD_HEADER, "").lower() == "yes"
        done = await explained(facts, asked, may_forward=may_forward, within_s=facts.within_s)
        body = await asyncio.to_thread(orjson.dumps, done.explanation)
        status = 503 if done.has_failed else 200
        return web.Response(body=body, status=status, content_type="application/json")


def _time(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
