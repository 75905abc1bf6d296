"""The one place where errors become answers: a node always gets a whole one, in time."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from aiohttp import web

from policy.decide.decision import Decision, Reason
from policy.errors import DirectoryError
from policy.metrics import ANSWER_SECONDS, REQUESTS, RULES_FAILED, RULES_MATCHED
from policy.wire import responses
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from policy.handlers.notebook import Notebook
    from policy.wire.asked import Asked

log = logging.getLogger(__name__)

# While the database is away every call meets the same error; one line per this time is enough.
LOG_INTERVAL_S: Final = 10.0


class Answerer(Protocol):
    """Whoever decides one type of request."""

    async def answer(self, asked: Asked) -> Decision:
        """Give the decision; raises DirectoryError when a fact cannot be had."""
        ...


class Safety:
    """Turns decisions and whatever goes wrong on the way to them into responses."""

    def __init__(
        self, *, answer_within_s: float, fallback: Action, notebook: Notebook | None = None
    ) -> None:
        self._answer_within_s = answer_within_s
        self._fallback = fallback
        self._notebook = notebook
        self._logged_at = float("-inf")

    def guard(
        self, request_type: RequestType, answerer: Answerer
    ) -> Callable[[Asked], Awaitable[web.Response]]:
        """Wrap an answerer: time limit, fallback, count, bytes."""
        seconds = ANSWER_SECONDS.labels(request_type.value)

        async def respond(asked: Asked) -> web.Response:
            started = time.perf_counter()
            notes = self._notebook.begin(asked) if self._notebook is not None else None
            decision = await self._decide(request_type, answerer, asked)
            response = _response(request_type, decision)
            REQUESTS.labels(request_type.value, decision.action.value, decision.reason.value).inc()
            self._tell_of_rules(decision)
            took_s = time.perf_counter() - started
            seconds.observe(took_s)
            if notes is not None:
                notes.end(decision, took_s)
            return response

        return respond

    async def _decide(
        self, request_type: RequestType, answerer: Answerer, asked: Asked
    ) -> Decision:
        try:
            async with asyncio.timeout(self._answer_within_s):
                return await answerer.answer(asked)
        except TimeoutError:
            self._log("no decision within %s s, fallback sent", self._answer_within_s)
            return self._instead(request_type, Reason.LATE)
        except DirectoryError as exc:
            self._log("%s, fallback sent", exc)
            return self._instead(request_type, Reason.FALLBACK)
        except Exception as exc:  # noqa: BLE001  the one place: a node must get its answer
            _log_fault(request_type, exc)
            return self._instead(request_type, Reason.FAULT)

    def _instead(self, request_type: RequestType, reason: Reason) -> Decision:
        match request_type:
            case RequestType.SERVICE:
                return Decision(self._fallback, reason)
            case RequestType.PARTICIPANT | RequestType.REGISTRATION:
                has_result = self._fallback is not Action.NOT_FOUND
                return Decision(self._fallback, reason, {} if has_result else None)
            case RequestType.LOCATION | RequestType.AVATAR | RequestType.PHONEBOOK:
                return Decision(Action.NOT_FOUND, reason)  # these know no other way to decline
            case _:
                assert_never(request_type)

    def _tell_of_rules(self, decision: Decision) -> None:
        """Count the rules that spoke, and say which could not be carried out."""
        if decision.rule:
            RULES_MATCHED.labels(decision.rule, "enforce").inc()
        for rule in decision.shadows:
            RULES_MATCHED.labels(rule, "shadow").inc()
        for rule, said in decision.faults:
            RULES_FAILED.labels(rule).inc()
            self._log("rule %r cannot be carried out, passed over: %s", rule, said)

    def _log(self, message: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOG_INTERVAL_S:
            self._logged_at = now
            log.warning(message, *values)


def _log_fault(request_type: RequestType, exc: Exception) -> None:
    """Say where the program broke; the error's own text may repeat a caller's name or a PIN."""
    place = "".join(traceback.format_tb(exc.__traceback__))
    log.error(
        "fault while deciding a %s request, fallback sent: %s\n%s",
        request_type.value,
        type(exc).__name__,
        place,
    )


@web.middleware
async def refuse_in_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Say as JSON, like all else here, that a method or a form of path is not served."""
    try:
        return await handler(request)
    except web.HTTPException as exc:
        allowed = {"Allow": exc.headers["Allow"]} if "Allow" in exc.headers else {}
        return web.json_response(
            {"status": "fail", "reason": exc.reason.lower()}, status=exc.status, headers=allowed
        )


def _response(request_type: RequestType, decision: Decision) -> web.Response:
    if decision.image:
        return web.Response(body=decision.image, content_type=responses.IMAGE_TYPE)
    if request_type is RequestType.AVATAR:  # a node expects nothing beside the status
        return web.Response(status=404)
    return web.Response(
        body=responses.render(decision.action, decision.result, decision.notes()),
        status=404 if decision.action is Action.NOT_FOUND else 200,
        content_type=responses.CONTENT_TYPE,
    )
