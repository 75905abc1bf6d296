"""Services: what cases cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Plan
from policy.decide.service import decide_service
from policy.directory.records import (
    AddressKey,
    Entry,
    Found,
    OrganisationState,
    PermanentRoom,
    RoomState,
)
from policy.rules.known import Dialling, NeedsEntry
from policy.wire.requests import ServiceRequest
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds, ruled

if TYPE_CHECKING:
    from collections.abc import Mapping

LEG = "6f1c9c1e-7f43-4b8a-8a4e-1f0c3c2d9a11"
WARD = AddressKey("ward7", "example.org")
SERVICE = {"service_type": "conference", "name": "r-ward7", "service_tag": ""}
ROOM = Entry(
    own_domain=True,
    target=PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, ServiceResult.of(SERVICE)),
)
GATEWAY = (
    "{service: {service_type: gateway, name: Partner, service_tag: '', outgoing_protocol: sip, "
    "local_alias: a@example.org, remote_alias: b@example.org}}"
)


def _decide(
    query: str = "local_alias=ward7%40example.org",
    then: str = "",
    known: Mapping[AddressKey, Found] | None = None,
    dialling: Dialling | None = None,
) -> Decision:
    request = ServiceRequest.parse(query, frozenset())
    when = "{direction: [dial_in, dial_out, non_dial]}"
    table = ruled(f"{{name: any, when: {when}, then: {then}}}") if then else None
    return decide_service(request, grounds(known, table, Plan(dialling or Dialling())))


def _lacks(query: str = "local_alias=ward7%40example.org", **more: object) -> AddressKey:
    with pytest.raises(NeedsEntry) as needs:
        _decide(query, **more)  # type: ignore[arg-type]
    return needs.value.key


def test_the_room_is_asked_for() -> None:
    """Deciding says which address it lacks."""
    assert _lacks() == WARD


def test_the_completed_alias_is_asked_for_last() -> None:
    """A bare alias is asked for as it is, and only then with the default domain."""
    plan = Dialling("example.org")
    bare = AddressKey("ward7", "")
    nobody = Found(Entry(own_domain=True, target=None))

    first = _lacks("local_alias=ward7", dialling=plan)
    second = _lacks("local_alias=ward7", known={bare: nobody}, dialling=plan)

    assert (first, second) == (bare, WARD)


def test_a_rule_that_needs_no_fact_asks_for_none() -> None:
    """A call that a rule decides never waits for the directory."""
    outcome = _decide(then="continue")

    assert outcome == Decision(Action.CONTINUE, Reason.BY_RULE, None, "any")


def test_the_room_of_a_rule_is_asked_for() -> None:
    """A rule that leads to a room needs that room, not the one that was dialled."""
    assert _lacks("local_alias=other%40example.org", then="{room: ward7@example.org}") == WARD


def test_a_remembered_room_is_open_while_the_database_is_away() -> None:
    """A room whose entry is past its time is open, and the reason says so."""
    outcome = _decide(known={WARD: Found(ROOM, is_stale=True)})

    assert outcome == Decision(Action.CONTINUE, Reason.OK_DEGRADED, SERVICE)


@pytest.mark.parametrize("alias", ["", "%40", "%40example.org", "a%40b%40example.org"])
def test_there_is_no_opinion_of_a_bad_alias_that_sets_up_no_call(alias: str) -> None:
    """What cannot be an alias is refused to a caller; otherwise there is no opinion of it."""
    incoming = _decide(f"local_alias={alias}&call_direction=dial_in")
    silent = _decide(f"local_alias={alias}&call_direction=non_dial")

    assert incoming == Decision(Action.REJECT, Reason.BAD_ALIAS)
    assert silent == Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)


def test_no_opinion_has_no_result() -> None:
    """A rule without an opinion names itself and sends nothing."""
    outcome = _decide(then="not_found")

    assert outcome == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")


@pytest.mark.parametrize(
    ("direction", "service_name", "want"),
    [
        ("dial_in", "", "Partner:2f1c7a52"),
        ("dial_in", f"Partner:{LEG}", "Partner:2f1c7a52"),
        (
            "dial_out",
            f"Partner:{LEG}",
            f"Partner:{LEG}",
        ),
        ("dial_out", "Partner", "Partner:2f1c7a52"),
        ("dial_out", f"Partners:{LEG}", "Partner:2f1c7a52"),
        ("dial_out", "", "Partner:2f1c7a52"),
        ("non_dial", f"Partner:{LEG}", "Partner:2f1c7a52"),
    ],
)
def test_a_gateway_call_has_one_name(direction: str, service_name: str, want: str) -> None:
    """Each call gets a name of its own, and only its outgoing leg is given the same again."""
    query = f"local_alias=out%40example.org&call_direction={direction}"

    outcome = _decide(f"{query}&service_name={service_name}", GATEWAY)

    assert isinstance(outcome.result, dict)
    assert outcome.result["name"] == want
    assert (outcome.action, outcome.reason) == (Action.CONTINUE, Reason.BY_RULE)
