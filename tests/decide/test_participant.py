"""Participants: what cases cannot say."""

from __future__ import annotations

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.participant import counts_as_join, decide_participant
from policy.wire.requests import ParticipantRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds, ruled

REQUEST = ParticipantRequest.parse("local_alias=ward7%40example.org&protocol=sip", frozenset())


def _decide(then: str) -> Decision:
    table = ruled(f"{{name: any, for: participant, then: {then}}}")
    return decide_participant(REQUEST, grounds(table=table))


def test_no_opinion_has_no_result() -> None:
    """A rule without an opinion names itself and sends nothing."""
    decision = _decide("not_found")

    assert decision == Decision(Action.NOT_FOUND, Reason.BY_RULE, None, "any")


@pytest.mark.parametrize(
    ("query", "action", "want"),
    [
        ("participant_type=standard", Action.CONTINUE, True),
        ("", Action.CONTINUE, True),
        ("participant_type=api", Action.CONTINUE, False),
        ("participant_type=api_host", Action.CONTINUE, False),
        ("participant_type=standard", Action.REJECT, False),
    ],
)
def test_a_browser_caller_counts_once(query: str, action: Action, *, want: bool) -> None:
    """Control-only legs and refused participants are no joins."""
    request = ParticipantRequest.parse(query, frozenset())

    assert counts_as_join(request, Decision(action, Reason.NO_RULE, {})) == want


def test_a_refusal_is_cut_to_what_a_node_takes() -> None:
    """A caller with a long name must not turn it into an answer that a node drops."""
    table = ruled(
        "{name: any, for: participant, then: {reject: 'Dear ${remote_display_name}, closed'}}"
    )
    query = f"local_alias=ward7%40example.org&remote_display_name={'A' * 300}"

    decision = decide_participant(
        ParticipantRequest.parse(query, frozenset()), grounds(table=table)
    )

    assert decision.action is Action.REJECT
    assert decision.result == {"reject_reason": f"Dear {'A' * 245}"}
