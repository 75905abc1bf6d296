"""Gathering: whatever deciding lacks is fetched, and decided anew."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from policy.decide.asking import decide, parse_request
from policy.decide.decision import Decision, Reason
from policy.decide.service import decide_service
from policy.directory.records import AddressKey, Entry, Found
from policy.errors import DirectoryError
from policy.handlers.facts import MAX_FACTS
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable
from policy.wire.asked import Asked
from policy.wire.requests import ServiceRequest
from policy.wire.vocabulary import Action, RequestType
from tests.decide.deciding import ruled
from tests.facts import facts_of

if TYPE_CHECKING:
    from policy.decide.grounds import Grounds

WARD = AddressKey("ward7", "example.org")
CALL = Asked(RequestType.SERVICE, "", "local_alias=ward7%40example.org")


def told(found: Found) -> asyncio.Future[Found]:
    """Give what is known as whoever looks it up does."""
    future: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
    future.set_result(found)
    return future


class _Swapping:
    """A directory during whose look-up the rules are swapped."""

    def __init__(self, live: LiveRules) -> None:
        self._live = live
        self.asked: list[AddressKey] = []

    def peek(self, _key: AddressKey) -> None:
        """Have nothing at hand."""

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Answer that nobody owns it."""
        self.asked.append(key)
        self._live.swap(ruled("{name: late, then: {reject: too late}}"), ())
        return told(Found(Entry(own_domain=False, target=None)))


async def test_a_request_keeps_its_rules_and_its_moment() -> None:
    """However often it is decided anew, a reload meanwhile is for the next request."""
    live = LiveRules(RuleTable())
    directory = _Swapping(live)
    facts = facts_of(directory, rules=live)
    seen: list[Grounds] = []

    def noting(request: object, grounds: Grounds) -> object:
        seen.append(grounds)
        return decide(request, grounds)  # type: ignore[arg-type]  # as it was parsed

    decision = await facts.wait(noting, parse_request(CALL, frozenset()), CALL)

    assert decision == Decision(Action.CONTINUE, Reason.FOREIGN_DOMAIN)
    assert directory.asked == [WARD]
    assert len({id(grounds.moment) for grounds in seen}) == 1
    assert live.table is not seen[0].table


async def test_rules_cannot_ask_on_and_on() -> None:
    """A chain of rewritings, each of which asks who owns the next, has an end."""
    rules = [
        f"{{name: r{n}, for: [service, participant, location], "
        f"when: {{room_kind: nobody}}, then: {{rewrite: z{n}@example.org}}}}"
        for n in range(MAX_FACTS + 5)
    ]
    live = LiveRules(ruled(*rules))
    facts = facts_of(_Nobody(), rules=live)

    with pytest.raises(DirectoryError, match="more than 50 facts"):
        await facts.wait(decide_service, ServiceRequest.parse(CALL.query, frozenset()), CALL)


class _Nobody:
    """A directory of nobody."""

    def peek(self, _key: AddressKey) -> None:
        """Have nothing at hand."""

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Answer that nobody owns it."""
        return told(Found(Entry(own_domain=bool(key.domain), target=None)))
