"""What handlers decide with: the rules in force, the directory, other servers, the clock."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from policy.decide.grounds import Grounds
from policy.errors import DirectoryError
from policy.rules.known import Known, NeedsAnswer, NeedsEntry
from policy.rules.question import Moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from policy.decide.grounds import Plan
    from policy.directory.cache import Lookup
    from policy.handlers.forwarding import Forwarder
    from policy.rules.table import RuleTable
    from policy.rules.trace import Trace
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

    async def settle(
        self,
        decide: Callable[[RequestT, Grounds], OutcomeT],
        request: RequestT,
        asked: Asked,
        trace: Trace | None = None,
    ) -> OutcomeT:
        """Decide with what is known, fetch what deciding asks for, and decide again.

        The rules and the moment are taken once. It ends because deciding never asks for the same
        thing twice. Raises DirectoryError.
        """
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self.within_s
        moment = Moment(self.clock(), str(uuid.uuid4()))
        grounds = Grounds(self.rules.table, self.plan, Known(), moment, trace)
        known = grounds.known
        for _ in range(MAX_FACTS):
            try:
                return decide(request, grounds)
            except NeedsEntry as needs:
                known.entries[needs.key] = await self.directory.find(needs.key)
            except NeedsAnswer as needs:
                left_s = deadline_s - loop.time()
                answer = await self.forwarder.ask(asked, needs.forward, left_s, hops=asked.hops)
                known.answers[needs.forward.to] = answer
        raise DirectoryError(f"rules ask for more than {MAX_FACTS} facts for one call")
