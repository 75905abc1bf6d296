"""Registrations: what cases cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from policy.decide.decision import Decision, Dialling, Moment, Needs, Reason
from policy.decide.registration import decide_registration
from policy.directory.records import AddressKey, Device, Entry, Found, OrganisationState
from policy.rules.model import (
    Condition,
    Continue,
    NotFound,
    Outcome,
    Override,
    Redirect,
    Reject,
    Rule,
    UseRoom,
    UseService,
)
from policy.rules.table import RuleTable
from policy.wire.requests import RegistrationRequest
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

DESK = AddressKey("desk", "example.org")
DEVICE = Device(
    organisation=OrganisationState.ACTIVE,
    enabled=True,
    single_sign_on=False,
    without_proof=False,
    username="desk",
    password="invented-7",
)
MOMENT = Moment(datetime(2026, 5, 4, 10, tzinfo=UTC), "token")


def _decide(
    outcome: Outcome | None = None,
    known: Mapping[AddressKey, Found] | None = None,
    alias: str = "desk@example.org",
) -> Decision | Needs:
    request = RegistrationRequest.parse(alias, "auth_type=credentials", frozenset())
    requests = frozenset({RequestType.REGISTRATION})
    rules = [Rule("any", requests, Condition(), outcome)] if outcome else []
    return decide_registration(request, RuleTable(rules), known or {}, MOMENT, Dialling())


def test_the_device_is_asked_for() -> None:
    """Deciding says which address it lacks."""
    outcome = _decide()

    assert outcome == Needs(DESK)


def test_a_remembered_device_registers_while_the_database_is_away() -> None:
    """A device whose entry is past its time is let in, and the reason says so."""
    known = {DESK: Found(Entry(own_domain=True, target=DEVICE), is_stale=True)}

    outcome = _decide(known=known)

    credentials = {"username": "desk", "password": "invented-7"}
    assert outcome == Decision(Action.CONTINUE, Reason.OK_DEGRADED, credentials)


def test_a_refusal_by_rule_has_an_empty_result() -> None:
    """A node takes a refused registration only with an empty result; the text is a note."""
    outcome = _decide(Reject("reported stolen"))

    want = Decision(Action.REJECT, Reason.BY_RULE, {}, "any", "reported stolen")
    assert outcome == want


@pytest.mark.parametrize(
    "alias", ["", "@", "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"]
)
def test_only_an_address_can_be_registered(alias: str) -> None:
    """What is no address is refused past every rule, with the empty result a node wants."""
    outcome = _decide(Continue(), alias=alias)

    assert outcome == Decision(Action.REJECT, Reason.BAD_ALIAS, {})


def test_no_opinion_has_no_result() -> None:
    """A rule without an opinion names itself and sends nothing."""
    outcome = _decide(NotFound())

    assert outcome == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")


@pytest.mark.parametrize(
    "other",
    [
        Continue(),
        Redirect("new@example.org"),
        UseRoom(DESK),
        UseService({"name": "Ward"}, is_gateway=False),
        Override({"spotlight": 1}),
    ],
)
def test_what_is_no_outcome_for_registrations_is_left_to_the_platform(other: Outcome) -> None:
    """No rule file can ask for these, and nothing of them reaches a node."""
    outcome = _decide(other)

    assert outcome == Decision(Action.CONTINUE, Reason.BY_RULE, {}, "any")
