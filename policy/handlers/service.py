"""Service configuration: which room an alias leads to, and whether they may in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.service import decide_service
from policy.handlers.gather import settle
from policy.wire.requests import ServiceRequest

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts


class ServiceHandler:
    """Answers service configuration requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide: nothing else happens here. Raises DirectoryError."""
        facts = self._facts
        request = ServiceRequest.parse(asked.query, facts.own_nodes)
        moment = facts.moment()
        decide = partial(
            decide_service, request, facts.table, moment=moment, dialling=facts.dialling
        )
        return await settle(decide, facts.directory)
