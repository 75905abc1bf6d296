"""Participants: what cases cannot say."""

from __future__ import annotations

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.participant import decide_participant
from policy.directory.records import AddressKey
from policy.rules.model import (
    Condition,
    Continue,
    Credentials,
    NotFound,
    Outcome,
    Redirect,
    Rule,
    UseRoom,
    UseService,
)
from policy.rules.table import RuleTable
from policy.wire.requests import ParticipantRequest
from policy.wire.vocabulary import Action, RequestType

REQUEST = ParticipantRequest.parse("local_alias=ward7%40example.org&protocol=sip", frozenset())


def _decide(outcome: Outcome) -> Decision:
    rule = Rule("any", frozenset({RequestType.PARTICIPANT}), Condition(), outcome)
    return decide_participant(REQUEST, RuleTable([rule]))


def test_no_opinion_has_no_result() -> None:
    """A rule without an opinion names itself and sends nothing."""
    decision = _decide(NotFound())

    assert decision == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")


@pytest.mark.parametrize(
    "outcome",
    [
        Continue(),
        Redirect("new@example.org"),
        UseRoom(AddressKey("ward7", "example.org")),
        UseService({"name": "Ward"}, is_gateway=False),
        Credentials({"username": "ana", "password": "invented-7"}),
    ],
)
def test_what_is_no_outcome_for_participants_changes_nothing(outcome: Outcome) -> None:
    """No rule file can ask for these, and nothing of them reaches a node."""
    decision = _decide(outcome)

    assert decision == Decision(Action.CONTINUE, Reason.BY_RULE, {}, "any")
