"""Media location: in which system location the media of a call runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.location import decide_location
from policy.handlers.gather import settle
from policy.wire.requests import LocationRequest

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts


class LocationHandler:
    """Answers media location requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide. Raises DirectoryError."""
        facts = self._facts
        request = LocationRequest.parse(asked.query, facts.own_nodes)
        decide = partial(decide_location, request, facts.table, dialling=facts.dialling)
        return await settle(decide, facts.directory)
