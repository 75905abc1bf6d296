"""Registration alias: whether a device may register, and how it proves itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.registration import decide_registration
from policy.handlers.gather import settle
from policy.wire.requests import RegistrationRequest

if TYPE_CHECKING:
    from policy.decide.decision import Decision
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts


class RegistrationHandler:
    """Answers registration alias requests; the alias is the last segment of the path."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide. Raises DirectoryError."""
        facts = self._facts
        alias = asked.path.partition("/")[2]
        request = RegistrationRequest.parse(alias, asked.query, facts.own_nodes)
        moment = facts.moment()
        decide = partial(
            decide_registration, request, facts.table, moment=moment, dialling=facts.dialling
        )
        return await settle(decide, facts.directory)
