"""Service configuration: which room an alias leads to, and whether they may in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.service import decide_service
from policy.wire.requests import ServiceRequest

if TYPE_CHECKING:
    import asyncio

    from policy.decide.decision import Decision
    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class ServiceHandler:
    """Answers service configuration requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def answer(self, asked: Asked) -> Decision | asyncio.Future[Decision]:
        """Read, gather, decide: nothing else happens here. Raises DirectoryError."""
        request = ServiceRequest.parse(asked.query, self._facts.plan.own_nodes)
        return self._facts.settle(decide_service, request, asked)
