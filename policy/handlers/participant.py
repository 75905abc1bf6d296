"""Participant properties: as whom somebody joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.participant import decide_participant
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
        """Read and decide; the directory has no say yet."""
        request = ParticipantRequest.parse(asked.query, self._facts.own_nodes)
        return decide_participant(request, self._facts.table)
