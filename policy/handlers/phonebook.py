"""Directory information: what the user of a registered app finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policy.decide.decision import Decision, Reason
from policy.decide.phonebook import decide_phonebook, decide_search
from policy.wire.requests import PhonebookRequest

if TYPE_CHECKING:
    from policy.directory.phonebook import Phonebook
    from policy.handlers.facts import Facts
    from policy.wire.asked import Asked


class PhonebookHandler:
    """Answers directory information requests."""

    def __init__(self, facts: Facts, phonebook: Phonebook) -> None:
        self._facts = facts
        self._phonebook = phonebook

    async def answer(self, asked: Asked) -> Decision:
        """Read, find out who asks, search, answer. Raises DirectoryError."""
        plan = self._facts.plan
        request = PhonebookRequest.parse(asked.query, plan.own_nodes)
        outcome = await self._facts.wait(decide_search, request, asked)
        if not isinstance(outcome, Decision):
            outcome = decide_phonebook(await self._phonebook.search(outcome))
        if outcome.reason is Reason.FORWARDED:  # the other server has said itself
            return outcome
        return replace(outcome, ignore_local=plan.ignore_local)
