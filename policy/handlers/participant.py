"""Participant properties: as whom somebody joins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.participant import counts_as_join, decide_participant
from policy.handlers.gather import settle
from policy.metrics import JOINS
from policy.wire.requests import ParticipantRequest

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts


class ParticipantHandler:
    """Answers participant properties requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide, count who joins. Raises DirectoryError."""
        facts = self._facts
        request = ParticipantRequest.parse(asked.query, facts.own_nodes)
        decide = partial(
            decide_participant,
            request,
            facts.table,
            dialling=facts.dialling,
            roles=facts.roles,
        )
        decision = await settle(decide, facts.directory)
        if counts_as_join(request, decision):
            JOINS.labels(request.call.protocol or "unknown").inc()
        return decision
