"""Media location: in which system location the media of a call runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.location import decide_location
from policy.wire.requests import LocationRequest

if TYPE_CHECKING:
    import asyncio

    from policy.decide.decision import Decision
    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class LocationHandler:
    """Answers media location requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def answer(self, asked: Asked) -> Decision | asyncio.Future[Decision]:
        """Read, gather, decide. Raises DirectoryError."""
        request = LocationRequest.parse(asked.query, self._facts.plan.own_nodes)
        return self._facts.settle(decide_location, request, asked)
