"""For any valid directory and rules and any request, a strict node accepts the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from hypothesis import given
from hypothesis import strategies as st

from policy.decide.grounds import Plan
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.rules.known import Dialling
from policy.wire import responses
from policy.wire.asked import Asked
from policy.wire.schema import SERVICES
from policy.wire.vocabulary import Action, RequestType
from tests.facts import decided, facts_of
from tests.fakes.caching import caching
from tests.fakes.directory import FakeDirectory
from tests.fakes.judge import judge
from tests.fakes.verdict import Answer, Kind
from tests.properties.worlds import ALIASES, CALLS, directories, rule_lists, table_of
from tests.wire.samples import service_type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.document import DirectoryFile
    from policy.handlers.facts import Facts
    from policy.handlers.safety import Answerer

HANDLERS: Final[Mapping[Kind, Callable[[Facts], Answerer]]] = {
    Kind.SERVICE: ServiceHandler,
    Kind.PARTICIPANT: ParticipantHandler,
    Kind.LOCATION: LocationHandler,
    Kind.REGISTRATION: RegistrationHandler,
}


@given(directories(), rule_lists(), st.sampled_from(sorted(HANDLERS)), CALLS)
async def test_a_node_accepts_whatever_a_valid_world_answers(
    rows: DirectoryFile, rules: list[dict[str, object]], kind: Kind, call: dict[str, str]
) -> None:
    """What passed when it was written never fails when it is sent."""
    directory = caching(FakeDirectory(rows))
    plan = Plan(Dialling("example.org", {}), own_devices_are_hosts=True)
    facts = facts_of(directory, table_of(rules), plan)
    query = urlencode(call)
    request = RequestType(kind.value)
    alias = ALIASES[5] if request is RequestType.REGISTRATION else ""

    decision = await decided(HANDLERS[kind](facts).answer(Asked(request, alias, query)))

    body = responses.render(decision.action, decision.result, decision.notes())
    status = 404 if decision.action is Action.NOT_FOUND else 200
    asked: dict[str, str | list[str]] = dict(parse_qs(query, keep_blank_values=True))
    verdict = judge(kind, Answer(status, responses.CONTENT_TYPE, body), asked)
    assert (verdict.faults, verdict.warnings) == ((), ())


def test_every_service_type_is_drawn() -> None:
    """A service type that is added is drawn too."""
    assert {service_type_of(model) for model in SERVICES.values()} == set(SERVICES)
