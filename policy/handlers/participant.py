"""Participant properties: as whom somebody joins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.decision import Decision
from policy.decide.participant import counts_as_join, decide_participant
from policy.metrics import JOINS
from policy.wire.requests import ParticipantRequest

if TYPE_CHECKING:
    import asyncio

    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class ParticipantHandler:
    """Answers participant properties requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def answer(self, asked: Asked) -> Decision | asyncio.Future[Decision]:
        """Read, gather, decide, count who joins. Raises DirectoryError."""
        request = ParticipantRequest.parse(asked.query, self._facts.plan.own_nodes)
        outcome = self._facts.settle(decide_participant, request, asked)
        if isinstance(outcome, Decision):
            _count(request, outcome)
        else:
            outcome.add_done_callback(partial(_count_late, request))
        return outcome


def _count_late(request: ParticipantRequest, outcome: asyncio.Future[Decision]) -> None:
    if not outcome.cancelled() and outcome.exception() is None:
        _count(request, outcome.result())


def _count(request: ParticipantRequest, decision: Decision) -> None:
    if counts_as_join(request, decision):
        JOINS.add((request.call.protocol or "unknown",))
