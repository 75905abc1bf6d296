"""Every case, two ways: decided in memory, and asked by a node over HTTP against PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import orjson
import pytest

from policy.decide.decision import Dialling
from policy.directory.cache import CachedDirectory, Lifetimes
from policy.documents import Parsed
from policy.handlers.asked import Answerer, Asked
from policy.handlers.facts import Facts
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.settings import Settings
from policy.wire import responses
from policy.wire.vocabulary import Action, RequestType
from tests.casefile import Case, differences, load_cases
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.database import Database

SERVED: Final[Mapping[RequestType, Callable[[Facts], Answerer]]] = {
    RequestType.SERVICE: ServiceHandler,
    RequestType.PARTICIPANT: ParticipantHandler,
    RequestType.REGISTRATION: RegistrationHandler,
}
CASES: Final = load_cases(*SERVED)


@pytest.mark.parametrize("case", [each.value for each in CASES.values()], ids=list(CASES))
async def test_a_case_is_decided_as_it_says(case: Case) -> None:
    """Facts in, decision out: action, result, reason and rule are the wanted ones."""
    fake = FakeDirectory(case.directory)
    cached = CachedDirectory(fake, Lifetimes(1, 1, 1), entries=10, clock_s=lambda: 0.0)
    plan = case.dialling
    facts = Facts(
        directory=cached,
        table=case.table(),
        clock=lambda: case.now,
        own_nodes=frozenset(str(each) for each in plan.node_addresses),
        dialling=Dialling(plan.default_domain or "", plan.location_domains),
    )

    decision = await SERVED[case.request](facts).answer(_asked(case))

    body = responses.render(decision.action, decision.result, decision.notes())
    status = 404 if decision.action is Action.NOT_FOUND else 200
    assert differences(case.want, status, orjson.loads(body)) == {}


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
async def test_a_node_accepts_what_a_case_says(case: Parsed[Case], database: Database) -> None:
    """Over a socket and from PostgreSQL the same answer comes, and a strict node takes it."""
    wanted = case.value
    await database.load(Parsed(wanted.directory, case.marks))
    settings = Settings(dialling=wanted.dialling)

    async with (
        database.directory() as directory,
        running(directory, wanted.table(), settings, lambda: wanted.now) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.ask(wanted.request, wanted.call, wanted.alias)

    assert (verdict.faults, verdict.warnings) == ((), ())
    body = verdict.body if isinstance(verdict.body, dict) else {}  # a 404 has none to read
    assert differences(wanted.want, verdict.status, body) == {}


def _asked(case: Case) -> Asked:
    path = f"registrations/{quote(case.alias, safe='')}" if case.alias else ""
    return Asked(path, urlencode(case.call, doseq=True))
