"""Registration alias: whether a device may register, and how it proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.registration import decide_registration
from policy.wire.requests import RegistrationRequest

if TYPE_CHECKING:
    import asyncio

    from policy.decide.decision import Decision
    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class RegistrationHandler:
    """Answers registration alias requests."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def answer(self, asked: Asked) -> Decision | asyncio.Future[Decision]:
        """Read, gather, decide. Raises DirectoryError."""
        nodes = self._facts.plan.own_nodes
        request = RegistrationRequest.parse(asked.alias, asked.query, nodes)
        return self._facts.settle(decide_registration, request, asked)
