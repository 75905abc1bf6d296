"""Participant properties: as whom somebody joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.decision import Decision
from policy.decide.participant import counts_as_join, decide_participant
from policy.metrics import JOINS
from policy.wire.requests import ParticipantRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class ParticipantHandler:
    """Answers participant properties requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def answer(self, asked: Asked) -> Decision | Awaitable[Decision]:
        """Read, gather, decide, count who joins. Raises DirectoryError."""
        request = ParticipantRequest.parse(asked.query, self._facts.plan.own_nodes)
        outcome = self._facts.settle(decide_participant, request, asked)
        if isinstance(outcome, Decision):
            return _counted(request, outcome)
        return _counted_later(request, outcome)


async def _counted_later(request: ParticipantRequest, outcome: Awaitable[Decision]) -> Decision:
    return _counted(request, await outcome)


def _counted(request: ParticipantRequest, decision: Decision) -> Decision:
    if counts_as_join(request, decision):
        JOINS.add((request.call.protocol or "unknown",))
    return decision
