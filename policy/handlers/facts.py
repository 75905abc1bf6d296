"""What handlers decide with: the rules in force, the directory, other servers, the clock."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar, cast

from policy.decide.grounds import Grounds
from policy.errors import DirectoryError
from policy.rules.known import Known, Needs, NeedsAnswer, NeedsEntry
from policy.rules.question import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from datetime import datetime

    from policy.decide.grounds import Plan
    from policy.directory.cache import Lookup
    from policy.handlers.forwarding import Forwarder
    from policy.rules.table import RuleTable
    from policy.wire.asked import Asked

# Each costs a decision from the start; a chain of rewriting rules could ask for hundreds.
MAX_FACTS: Final = 50

KeyT = TypeVar("KeyT")
FactT = TypeVar("FactT")
RequestT = TypeVar("RequestT")
OutcomeT = TypeVar("OutcomeT")


class InForce(Protocol):
    """Whoever keeps the rules; the table in force is another after a reload."""

    @property
    def table(self) -> RuleTable:
        """The rules in force at this moment."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision may depend on besides the request."""

    directory: Lookup
    rules: InForce
    forwarder: Forwarder
    clock: Callable[[], datetime]
    plan: Plan
    # How long a whole request may take: what is left of it is for other servers.
    within_s: float = 2.0

    def settle(
        self, decide: Callable[[RequestT, Grounds], OutcomeT], request: RequestT, asked: Asked
    ) -> OutcomeT | asyncio.Future[OutcomeT]:
        """Decide at once with what is at hand; else give a decision to wait for.

        The rules and the moment are taken once. Raises DirectoryError, now or when waited for.
        """
        known = Known(None, None, self.directory.peek)
        moment = Moment(self.clock, _new_token)
        grounds = Grounds(self.rules.table, self.plan, known, moment)
        try:
            return decide(request, grounds)
        except Needs as needs:
            gathering = _Gathering(self, partial(decide, request, grounds), asked, known)
            gathering.fetch(needs)
            return gathering.outcome

    async def wait(
        self, decide: Callable[[RequestT, Grounds], OutcomeT], request: RequestT, asked: Asked
    ) -> OutcomeT:
        """Do the same for whoever has to wait anyway."""
        outcome = self.settle(decide, request, asked)
        return await outcome if isinstance(outcome, asyncio.Future) else outcome


class _Gathering(Generic[OutcomeT]):
    """Fetches what deciding asks for, and decides again, until it asks for nothing more.

    It ends because deciding never asks for the same thing twice. There is no task, which would cost
    a miss more than to read the database's answer.
    """

    __slots__ = ("_asked", "_deadline_s", "_decide", "_facts", "_known", "_left", "outcome")

    def __init__(
        self, facts: Facts, decide: Callable[[], OutcomeT], asked: Asked, known: Known
    ) -> None:
        self.outcome: asyncio.Future[OutcomeT] = asyncio.get_running_loop().create_future()
        self._facts = facts
        self._decide = decide
        self._asked = asked
        self._known = known
        self._left = MAX_FACTS
        self._deadline_s = time.monotonic() + facts.within_s

    def fetch(self, needs: Needs) -> None:
        """Fetch one fact; deciding goes on where it stopped, if it can."""
        decide = cast("Callable[[], OutcomeT]", needs.go_on or self._decide)
        facts = self._facts
        match needs:
            case NeedsEntry(key=key):
                self._await(facts.directory.find(key), decide, self._known.entries, key)
            case NeedsAnswer(forward=forward):
                left_s = self._deadline_s - time.monotonic()
                asked = self._asked
                answer = facts.forwarder.ask(asked, forward, left_s, hops=asked.hops)
                told = asyncio.ensure_future(answer)
                self._await(told, decide, self._known.answers, forward.to)
            case _:
                raise AssertionError(f"nobody can be asked for {type(needs).__name__}")

    def _await(
        self,
        fact: asyncio.Future[FactT],
        decide: Callable[[], OutcomeT],
        known: MutableMapping[KeyT, FactT],
        key: KeyT,
    ) -> None:
        fact.add_done_callback(partial(self._hear, decide, known, key))

    def _hear(
        self,
        decide: Callable[[], OutcomeT],
        known: MutableMapping[KeyT, FactT],
        key: KeyT,
        fact: asyncio.Future[FactT],
    ) -> None:
        """Decide with one fact more."""
        try:
            known[key] = fact.result()
            if not self.outcome.done():  # else it came too late
                self.outcome.set_result(decide())
        except Needs as needs:
            self._left -= 1
            if self._left:
                self.fetch(needs)
            else:
                said = f"rules ask for more than {MAX_FACTS} facts for one call"
                self.outcome.set_exception(DirectoryError(said))
        except asyncio.CancelledError:  # the service ends
            self.outcome.cancel()
        except Exception as exc:  # noqa: BLE001  whoever waits is told
            if not self.outcome.done():
                self.outcome.set_exception(exc)


def _new_token() -> str:
    return str(uuid.uuid4())
