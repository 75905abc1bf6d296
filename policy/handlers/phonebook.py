"""Directory information: what the user of a registered app finds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from policy.decide.decision import Decision
from policy.decide.phonebook import decide_phonebook, decide_search
from policy.handlers.gather import settle
from policy.wire.requests import PhonebookRequest

if TYPE_CHECKING:
    from policy.directory.phonebook import Phonebook
    from policy.directory.records import PhonebookSearch
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts


class PhonebookHandler:
    """Answers directory information requests."""

    def __init__(self, facts: Facts, phonebook: Phonebook, *, ignore_local: bool) -> None:
        self._facts = facts
        self._phonebook = phonebook
        self._ignore_local = ignore_local

    async def answer(self, asked: Asked) -> Decision:
        """Read, find out who asks, search, answer. Raises DirectoryError."""
        facts = self._facts
        request = PhonebookRequest.parse(asked.query, facts.own_nodes)
        decide = partial(decide_search, request, now=facts.clock(), dialling=facts.dialling)
        outcome: Decision | PhonebookSearch = await settle(decide, facts.directory)
        if not isinstance(outcome, Decision):
            outcome = decide_phonebook(await self._phonebook.search(outcome))
        return replace(outcome, ignore_local=self._ignore_local)
