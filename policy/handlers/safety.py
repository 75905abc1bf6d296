"""The one place where errors become answers: a node always gets a whole one, in time."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, assert_never

from policy.decide.decision import Decision, Reason
from policy.errors import DirectoryError
from policy.handlers.limit import Limit
from policy.handlers.replies import Reply
from policy.metrics import ANSWER_SECONDS, REQUESTS, RULES_FAILED, RULES_MATCHED
from policy.wire import responses
from policy.wire.results import ServiceResult
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

    def answer(self, asked: Asked) -> Decision | Awaitable[Decision]:
        """Give the decision, at once when every fact is at hand.

        Raises DirectoryError when a fact cannot be had, and so does what it gives to wait for.
        """
        ...


class Safety:
    """Turns decisions and whatever goes wrong on the way to them into replies."""

    def __init__(
        self, *, answer_within_s: float, fallback: Action, notebook: Notebook | None = None
    ) -> None:
        self.answer_within_s = answer_within_s
        self.limit = Limit(answer_within_s)
        self.notebook = notebook
        self._fallback = fallback
        self._logged_at = float("-inf")

    def guard(
        self, request_type: RequestType, answerer: Answerer
    ) -> Callable[[Asked], Reply | asyncio.Future[Reply]]:
        """Wrap an answerer: time limit, fallback, count, note, bytes; what comes never raises."""
        return _Guard(self, request_type, answerer).respond

    def instead(self, request_type: RequestType, exc: Exception) -> Decision:
        """Give what a node is told because of an error, and say so in the log."""
        match exc:
            case TimeoutError():
                self._log("no decision within %s s, fallback sent", self.answer_within_s)
                return self._fallback_for(request_type, Reason.LATE)
            case DirectoryError():
                self._log("%s, fallback sent", exc)
                return self._fallback_for(request_type, Reason.FALLBACK)
            case _:
                _log_fault(request_type, exc)
                return self._fallback_for(request_type, Reason.FAULT)

    def tell_of_rules(self, decision: Decision) -> None:
        """Count the rules that spoke, and say which could not be carried out."""
        if decision.rule:
            RULES_MATCHED.add((decision.rule, "enforce"))
        for rule in decision.shadows:
            RULES_MATCHED.add((rule, "shadow"))
        for rule, said in decision.faults:
            RULES_FAILED.add((rule,))
            self._log("rule %r cannot be carried out, passed over: %s", rule, said)

    def _fallback_for(self, request_type: RequestType, reason: Reason) -> Decision:
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

    def _log(self, message: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._logged_at >= LOG_INTERVAL_S:
            self._logged_at = now
            log.warning(message, *values)


class _Guard:
    """Stands around one answerer."""

    def __init__(self, safety: Safety, request_type: RequestType, answerer: Answerer) -> None:
        self._safety = safety
        self._notebook = safety.notebook
        self._request_type = request_type
        self._answer = answerer.answer
        self._seconds = ANSWER_SECONDS.labels(request_type.value)

    def respond(self, asked: Asked) -> Reply | asyncio.Future[Reply]:
        began_s = time.perf_counter()
        # The rules that are in force now are those that decide it.
        version = self._notebook.rules.table.version if self._notebook is not None else ""
        try:
            outcome = self._answer(asked)
        except Exception as exc:  # noqa: BLE001  the one place: a node must get its answer
            outcome = self._safety.instead(self._request_type, exc)
        if isinstance(outcome, Decision):
            return self._reply(asked, began_s, version, outcome)
        outcome = asyncio.ensure_future(outcome)
        self._safety.limit.hold(outcome)
        reply: asyncio.Future[Reply] = outcome.get_loop().create_future()
        outcome.add_done_callback(partial(self._send, reply, asked, began_s, version))
        return reply

    def _send(
        self,
        reply: asyncio.Future[Reply],
        asked: Asked,
        began_s: float,
        version: str,
        outcome: asyncio.Future[Decision],
    ) -> None:
        """Give the reply to a decision that had to be waited for, or that did not come."""
        is_late = self._safety.limit.release(outcome)
        if outcome.cancelled() and not is_late:  # the service ends
            reply.cancel()
        if reply.done():  # nobody waits any more
            return
        exc = TimeoutError() if outcome.cancelled() else outcome.exception()
        match exc:
            case None:
                decision = outcome.result()
            case Exception():
                decision = self._safety.instead(self._request_type, exc)
            case _:
                raise exc
        reply.set_result(self._reply(asked, began_s, version, decision))

    def _reply(self, asked: Asked, began_s: float, version: str, decision: Decision) -> Reply:
        reply = _reply_of(self._request_type, decision)
        REQUESTS.add((self._request_type, decision.action, decision.reason))
        if decision.rule or decision.shadows or decision.faults:
            self._safety.tell_of_rules(decision)
        took_s = time.perf_counter() - began_s
        self._seconds.observe(took_s)
        if self._notebook is not None:
            self._notebook.note(asked, decision, began_s, version, took_s)
        return reply


def _log_fault(request_type: RequestType, exc: Exception) -> None:
    """Say where the program broke; the error's own text may repeat a caller's name or a PIN."""
    place = "".join(traceback.format_tb(exc.__traceback__))
    log.error(
        "fault while deciding a %s request, fallback sent: %s\n%s",
        request_type.value,
        type(exc).__name__,
        place,
    )


def _reply_of(request_type: RequestType, decision: Decision) -> Reply:
    result = decision.result
    if isinstance(result, ServiceResult) and not decision.rule and not decision.text:
        body = responses.render_service(result, decision.reason)  # as for most calls
        return Reply(200, responses.CONTENT_TYPE, body)
    if decision.image:
        return Reply(200, responses.IMAGE_TYPE, decision.image)
    if request_type is RequestType.AVATAR:  # a node expects nothing beside the status
        return Reply(404, "", b"")
    status = 404 if decision.action is Action.NOT_FOUND else 200
    body = responses.render(decision.action, result, decision.notes())
    return Reply(status, responses.CONTENT_TYPE, body)
