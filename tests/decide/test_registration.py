"""Registrations: what cases cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.registration import decide_registration
from policy.directory.records import AddressKey, Device, Entry, Found, OrganisationState
from policy.rules.known import NeedsEntry
from policy.wire.requests import RegistrationRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds, ruled

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


def _decide(
    then: str = "",
    known: Mapping[AddressKey, Found] | None = None,
    alias: str = "desk@example.org",
) -> Decision:
    request = RegistrationRequest.parse(alias, "auth_type=credentials", frozenset())
    table = ruled(f"{{name: any, for: registration, then: {then}}}") if then else None
    return decide_registration(request, grounds(known, table))


def test_the_device_is_asked_for() -> None:
    """Deciding says which address it lacks."""
    with pytest.raises(NeedsEntry) as needs:
        _decide()

    assert needs.value.key == DESK


def test_a_remembered_device_registers_while_the_database_is_away() -> None:
    """A device whose entry is past its time is let in, and the reason says so."""
    known = {DESK: Found(Entry(own_domain=True, target=DEVICE), is_stale=True)}

    outcome = _decide(known=known)

    credentials = {"username": "desk", "password": "invented-7"}
    assert outcome == Decision(Action.CONTINUE, Reason.OK_DEGRADED, credentials)


def test_a_refusal_by_rule_has_an_empty_result() -> None:
    """A node takes a refused registration only with an empty result; the text is a note."""
    outcome = _decide("{reject: reported stolen}")

    want = Decision(Action.REJECT, Reason.BY_RULE, {}, "any", "reported stolen")
    assert outcome == want


@pytest.mark.parametrize(
    "alias", ["", "@", "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"]
)
def test_only_an_address_can_be_registered(alias: str) -> None:
    """What is no address is refused past every rule, with the empty result a node wants."""
    outcome = _decide("continue", alias=alias)

    assert outcome == Decision(Action.REJECT, Reason.BAD_ALIAS, {})


def test_no_opinion_has_no_result() -> None:
    """A rule without an opinion names itself and sends nothing."""
    outcome = _decide("not_found")

    assert outcome == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")
