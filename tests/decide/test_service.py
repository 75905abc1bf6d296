"""Services: what cases cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from policy.decide.decision import Decision, Dialling, Moment, Needs, Reason
from policy.decide.service import decide_service
from policy.directory.records import (
    AddressKey,
    Entry,
    Found,
    OrganisationState,
    PermanentRoom,
    RoomState,
)
from policy.rules.model import (
    Condition,
    Continue,
    Credentials,
    NotFound,
    Outcome,
    Override,
    Rule,
    UseRoom,
    UseService,
)
from policy.rules.table import RuleTable
from policy.wire.requests import ServiceRequest
from policy.wire.vocabulary import Action, CallDirection, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

LEG = "6f1c9c1e-7f43-4b8a-8a4e-1f0c3c2d9a11"
WARD = AddressKey("ward7", "example.org")
SERVICE = {"service_type": "conference", "name": "r-ward7", "service_tag": ""}
ROOM = Entry(
    own_domain=True, target=PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, SERVICE)
)
MOMENT = Moment(datetime(2026, 5, 4, 10, tzinfo=UTC), "2f1c7a52")
GATEWAY = UseService({"service_type": "gateway", "name": "Partner"}, is_gateway=True)
EVERY_DIRECTION = Condition(directions=frozenset(CallDirection))


def _decide(
    query: str = "local_alias=ward7%40example.org",
    outcome: Outcome | None = None,
    known: Mapping[AddressKey, Found] | None = None,
    dialling: Dialling | None = None,
) -> Decision | Needs:
    request = ServiceRequest.parse(query, frozenset())
    requests = frozenset({RequestType.SERVICE})
    rules = [Rule("any", requests, EVERY_DIRECTION, outcome)] if outcome else []
    return decide_service(request, RuleTable(rules), known or {}, MOMENT, dialling or Dialling())


def test_the_room_is_asked_for() -> None:
    """Deciding says which address it lacks."""
    outcome = _decide()

    assert outcome == Needs(WARD)


def test_the_completed_alias_is_asked_for_last() -> None:
    """A bare alias is asked for as it is, and only then with the default domain."""
    plan = Dialling("example.org")
    nobody = Found(Entry(own_domain=True, target=None))

    first = _decide("local_alias=ward7", dialling=plan)
    second = _decide("local_alias=ward7", known={AddressKey("ward7", ""): nobody}, dialling=plan)

    assert (first, second) == (Needs(AddressKey("ward7", "")), Needs(WARD))


def test_a_rule_that_needs_no_fact_asks_for_none() -> None:
    """A call that a rule decides never waits for the directory."""
    outcome = _decide(outcome=Continue())

    assert outcome == Decision(Action.CONTINUE, Reason.BY_RULE, None, "any")


def test_the_room_of_a_rule_is_asked_for() -> None:
    """A rule that leads to a room needs that room, not the one that was dialled."""
    outcome = _decide("local_alias=other%40example.org", UseRoom(WARD))

    assert outcome == Needs(WARD)


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
    outcome = _decide(outcome=NotFound())

    assert outcome == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")


@pytest.mark.parametrize("other", [Override({"spotlight": 1}), Credentials({"username": "ana"})])
def test_what_is_no_outcome_for_calls_is_left_to_the_platform(other: Outcome) -> None:
    """No rule file can ask for these, and nothing of them reaches a node."""
    outcome = _decide(outcome=other)

    assert outcome == Decision(Action.CONTINUE, Reason.BY_RULE, None, "any")


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

    result = {"service_type": "gateway", "name": want}
    assert outcome == Decision(Action.CONTINUE, Reason.BY_RULE, result, "any")


def test_a_gateway_rule_is_not_changed_by_its_calls() -> None:
    """The name is made unique in the answer, never in the rule."""
    _decide(outcome=GATEWAY)

    assert GATEWAY.service == {"service_type": "gateway", "name": "Partner"}
