"""Every case, two ways: decided in memory, and asked by a node over HTTP against PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import orjson
import pytest

from policy.decide.grounds import Plan
from policy.directory.cache import CachedDirectory, Lifetimes
from policy.documents import Parsed
from policy.handlers.avatar import AvatarHandler
from policy.handlers.facts import Facts
from policy.handlers.gallery import Gallery
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.forwarding import Forwarder
from policy.handlers.phonebook import PhonebookHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.rules.known import Dialling
from policy.server import Fixed
from policy.settings import Settings
from policy.wire import responses
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.casefile import Case, differences, load_cases, picture_facts
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
    decision = await _answerer(case).answer(_asked(case))

    body = responses.render(decision.action, decision.result, decision.notes())
    status = 404 if decision.action is Action.NOT_FOUND else 200
    assert differences(case.want, status, orjson.loads(body)) == {}


@pytest.mark.parametrize("case", list(AVATARS.values()), ids=list(AVATARS))
async def test_a_picture_is_drawn_as_a_case_says(case: Parsed[Case]) -> None:
    """Facts in, picture out: format, size and colours are the wanted ones, and so is the reason."""
    wanted = case.value.want
    pictures = FakePictures(Parsed(case.value.directory, case.marks))
    gallery = Gallery(pictures, cache_bytes=1_000_000)

    decision = await AvatarHandler(_facts(case.value), gallery).answer(_asked(case.value))

    assert picture_facts(decision.image) == (wanted.image or {})
    assert decision.action.value == wanted.action
    assert wanted.reason in {None, decision.reason.value}


def _answerer(case: Case) -> Answerer:
    facts = _facts(case)
    if case.request is RequestType.PHONEBOOK:
        phonebook = FakePhonebook(case.directory)
        return PhonebookHandler(facts, phonebook)
    return SERVED[case.request](facts)


def _facts(case: Case) -> Facts:
    fake = FakeDirectory(case.directory)
    cached = CachedDirectory(fake, Lifetimes(1, 1, 1), entries=10, clock_s=lambda: 0.0)
    plan = case.dialling
    return Facts(
        directory=cached,
        rules=Fixed(case.table()),
        forwarder=Forwarder({}, lambda *_: None),
        clock=lambda: case.now,
        plan=Plan(
            dialling=Dialling(plan.default_domain or "", plan.location_domains),
            own_nodes=frozenset(str(each) for each in plan.node_addresses),
            own_devices_are_hosts=case.participants.own_devices_are_hosts,
            initials=case.avatars.initials,
            ignore_local=case.phonebook.ignore_local,
        ),
    )


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
async def test_a_node_accepts_what_a_case_says(case: Parsed[Case], database: Database) -> None:
    """Over a socket and from PostgreSQL the same answer comes, and a strict node takes it."""
    wanted = case.value
    await database.load(Parsed(wanted.directory, case.marks))
    settings = Settings(
        dialling=wanted.dialling,
        participants=wanted.participants,
        phonebook=wanted.phonebook,
    )

    async with (
        database.directory() as directory,
        database.phonebook() as phonebook,
        running(
            directory, wanted.table(), settings, lambda: wanted.now, phonebook=phonebook
        ) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.ask(wanted.request, wanted.call, wanted.alias)

    assert (verdict.faults, verdict.warnings) == ((), ())
    body = verdict.body if isinstance(verdict.body, dict) else {}  # a 404 has none to read
    assert differences(wanted.want, verdict.status, body) == {}


@pytest.mark.parametrize("case", list(AVATARS.values()), ids=list(AVATARS))
async def test_a_node_shows_the_picture_of_a_case(case: Parsed[Case], database: Database) -> None:
    """Over a socket and from PostgreSQL a strict node takes the picture, or the empty answer."""
    wanted = case.value
    await database.load(Parsed(wanted.directory, case.marks))
    settings = Settings(dialling=wanted.dialling, avatars=wanted.avatars)

    async with (
        database.directory() as directory,
        database.pictures() as pictures,
        running(directory, settings=settings, clock=lambda: wanted.now, pictures=pictures) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.ask(wanted.request, wanted.call, wanted.alias or "")

    assert (verdict.faults, verdict.warnings) == ((), ())
    shown = wanted.want.image is not None
    assert verdict.outcome is (Outcome.PICTURE if shown else Outcome.NO_PICTURE)


def _asked(case: Case) -> Asked:
    alias = quote(case.alias, safe="") if case.alias else ""
    return Asked(case.request, alias, urlencode(case.call, doseq=True))
