"""What handlers decide with: the rules in force, the directory, other servers, the clock."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from policy.decide.grounds import Grounds
from policy.errors import DirectoryError
from policy.rules.known import Known, Needs, NeedsAnswer, NeedsEntry
from policy.rules.question import Moment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from policy.decide.grounds import Plan
    from policy.directory.cache import Lookup
    from policy.handlers.forwarding import Forwarder
    from policy.rules.table import RuleTable
    from policy.wire.asked import Asked

# Each costs a decision from the start; a chain of rewriting rules could ask for hundreds.
MAX_FACTS: Final = 50

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
    ) -> OutcomeT | Awaitable[OutcomeT]:
        """Decide at once with what is at hand; else give a decision to wait for.

        The rules and the moment are taken once. Raises DirectoryError, now or when waited for.
        """
        grounds = self._grounds()
        try:
            return decide(request, grounds)
        except Needs as needs:
            return self._gather(decide, request, asked, grounds, needs)

    async def wait(
        self, decide: Callable[[RequestT, Grounds], OutcomeT], request: RequestT, asked: Asked
    ) -> OutcomeT:
        """Do the same for whoever has to wait anyway."""
        grounds = self._grounds()
        try:
            return decide(request, grounds)
        except Needs as needs:
            return await self._gather(decide, request, asked, grounds, needs)

    def _grounds(self) -> Grounds:
        known = Known(None, None, self.directory.peek)
        return Grounds(self.rules.table, self.plan, known, Moment(self.clock, _new_token))

    async def _gather(
        self,
        decide: Callable[[RequestT, Grounds], OutcomeT],
        request: RequestT,
        asked: Asked,
        grounds: Grounds,
        needs: Needs,
    ) -> OutcomeT:
        """Fetch what deciding asks for, and decide again from the start.

        It ends because deciding never asks for the same thing twice.
        """
        deadline_s = time.monotonic() + self.within_s
        for _ in range(MAX_FACTS):
            await self._fetch(needs, grounds.known, asked, deadline_s)
            try:
                return decide(request, grounds)
            except Needs as more:
                needs = more
        raise DirectoryError(f"rules ask for more than {MAX_FACTS} facts for one call")

    async def _fetch(self, needs: Needs, known: Known, asked: Asked, deadline_s: float) -> None:
        match needs:
            case NeedsEntry(key=key):
                known.entries[key] = await self.directory.find(key)
            case NeedsAnswer(forward=forward):
                left_s = deadline_s - time.monotonic()
                answer = await self.forwarder.ask(asked, forward, left_s, hops=asked.hops)
                known.answers[forward.to] = answer
            case _:
                raise AssertionError(f"nobody can be asked for {type(needs).__name__}")


def _new_token() -> str:
    return str(uuid.uuid4())
