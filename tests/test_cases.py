"""Every case, three ways: decided in memory, run as an operator's test, and asked over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import orjson
import pytest

from policy.casebook.differences import Unsaid
from policy.casebook.runner import run_cases
from policy.decide.grounds import Plan
from policy.documents import Parsed
from policy.handlers.avatar import AvatarHandler
from policy.handlers.facts import Facts
from policy.handlers.forwarding import Forwarder
from policy.handlers.gallery import Gallery
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.phonebook import PhonebookHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.plans import plan_of
from policy.rules.reload import LiveRules
from policy.wire import responses
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.casefile import Case, differences, load_cases, picture_facts
from tests.facts import decided
from tests.fakes.caching import caching
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.phonebook import FakePhonebook
from tests.fakes.pictures import FakePictures
from tests.fakes.verdict import Outcome
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.handlers.safety import Answerer
    from tests.database import Database

SERVED: Final[Mapping[RequestType, Callable[[Facts], Answerer]]] = {
    RequestType.SERVICE: ServiceHandler,
    RequestType.PARTICIPANT: ParticipantHandler,
    RequestType.LOCATION: LocationHandler,
    RequestType.REGISTRATION: RegistrationHandler,
}
CASES: Final = load_cases(*SERVED, RequestType.PHONEBOOK)
AVATARS: Final = load_cases(RequestType.AVATAR)


@pytest.mark.parametrize("case", [each.value for each in CASES.values()], ids=list(CASES))
async def test_a_case_is_decided_as_it_says(case: Case) -> None:
    """Facts in, decision out: action, result, reason and rule are the wanted ones."""
    decision = await decided(_answerer(case).answer(_asked(case)))

    body = responses.render(decision.action, decision.result, decision.notes())
    status = 404 if decision.action is Action.NOT_FOUND else 200
    assert differences(case.want, status, orjson.loads(body)) == {}


@pytest.mark.parametrize("case", list(AVATARS.values()), ids=list(AVATARS))
async def test_a_picture_is_drawn_as_a_case_says(case: Parsed[Case]) -> None:
    """Facts in, picture out: format, size and colours are the wanted ones, and so is the reason."""
    wanted = case.value.want
    pictures = FakePictures(Parsed(case.value.rows(), case.marks))
    gallery = Gallery(pictures, cache_bytes=1_000_000)

    decision = await AvatarHandler(_facts(case.value), gallery).answer(_asked(case.value))

    image = wanted.image.model_dump(exclude_none=True) if wanted.image is not None else {}
    assert picture_facts(decision.image) == image
    assert decision.action == (wanted.action or Action.CONTINUE)
    assert wanted.reason in {None, decision.reason.value}


def _answerer(case: Case) -> Answerer:
    facts = _facts(case)
    if case.request is RequestType.PHONEBOOK:
        phonebook = FakePhonebook(case.rows())
        return PhonebookHandler(facts, phonebook)
    return SERVED[case.request](facts)


def _facts(case: Case) -> Facts:
    fake = FakeDirectory(case.rows())
    return Facts(
        directory=caching(fake),
        rules=LiveRules(case.table()),
        forwarder=Forwarder({}, lambda *_: None),
        clock=lambda: case.at,
        plan=plan_of(case.settings()),
    )


@pytest.mark.parametrize("name", [*CASES, *AVATARS])
def test_a_case_holds_as_an_operators_test(name: str) -> None:
    """What `vdx-policy test` says is what the server does, from the same lines."""
    parsed = CASES.get(name) or AVATARS[name]
    casebook = parsed.value.casebook(parsed)

    (result,) = run_cases(casebook, parsed.value.table(), Plan())

    searched = [each for each in result.differences if each.got is Unsaid.SEARCHED]
    assert list(result.differences) == searched
    assert not searched or parsed.value.request is RequestType.PHONEBOOK


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
async def test_a_node_accepts_what_a_case_says(case: Parsed[Case], database: Database) -> None:
    """Over a socket and from PostgreSQL the same answer comes, and a strict node takes it."""
    wanted = case.value
    await database.load(Parsed(wanted.rows(), case.marks))

    async with (
        database.directory() as directory,
        database.phonebook() as phonebook,
        running(
            directory,
            wanted.table(),
            wanted.settings(),
            lambda: wanted.at,
            phonebook=phonebook,
        ) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.ask(wanted.request, _sent(wanted), wanted.alias)

    assert (verdict.faults, verdict.warnings) == ((), ())
    body = verdict.body if isinstance(verdict.body, dict) else {}  # a 404 has none to read
    assert differences(wanted.want, verdict.status, body) == {}


@pytest.mark.parametrize("case", list(AVATARS.values()), ids=list(AVATARS))
async def test_a_node_shows_the_picture_of_a_case(case: Parsed[Case], database: Database) -> None:
    """Over a socket and from PostgreSQL a strict node takes the picture, or the empty answer."""
    wanted = case.value
    await database.load(Parsed(wanted.rows(), case.marks))

    async with (
        database.directory() as directory,
        database.pictures() as pictures,
        running(
            directory, settings=wanted.settings(), clock=lambda: wanted.at, pictures=pictures
        ) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.ask(wanted.request, _sent(wanted), wanted.alias or "")

    assert (verdict.faults, verdict.warnings) == ((), ())
    shown = wanted.want.image is not None
    assert verdict.outcome is (Outcome.PICTURE if shown else Outcome.NO_PICTURE)


def _asked(case: Case) -> Asked:
    alias = quote(case.alias, safe="") if case.alias else ""
    return Asked(case.request, alias, urlencode(_sent(case), doseq=True))


def _sent(case: Case) -> Mapping[str, str | list[str]]:
    assert not isinstance(case.call, str)
    return {name: list(values) for name, values in case.call.items()}
