"""What rules say, whatever the type of request."""

from __future__ import annotations

from typing import Final

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Grounds, Plan
from policy.decide.participant import decide_participant
from policy.decide.service import decide_service
from policy.directory.records import AddressKey, Entry, Found
from policy.rules.known import Known, NeedsAnswer
from policy.wire.answers import ForwardedAnswer
from policy.wire.requests import ParticipantRequest, ServiceRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import MOMENT, grounds, ruled

QUERY: Final = "local_alias=ward7%40example.org&protocol=sip"
FOREIGN: Final = {AddressKey("ward7", "example.org"): Found(Entry(own_domain=False, target=None))}
ASK: Final = "{name: ask, then: {forward: {to: old, on_failure: %s}}}"


def _decide(*rules: str, answer: ForwardedAnswer | None = None, query: str = QUERY) -> Decision:
    known = Known(dict(FOREIGN), {"old": answer})
    request = ServiceRequest.parse(query, frozenset())
    return decide_service(request, Grounds(ruled(*rules), Plan(), known, MOMENT))


def test_another_server_is_asked_for() -> None:
    """Deciding says whom to ask, and for how long."""
    request = ServiceRequest.parse(QUERY, frozenset())

    with pytest.raises(NeedsAnswer) as needs:
        decide_service(request, grounds(FOREIGN, ruled(ASK % "next")))

    assert (needs.value.forward.to, needs.value.forward.time_limit_s) == ("old", 1.5)


def test_the_answer_of_another_server_is_passed_on() -> None:
    """With the rule that wanted it, and as the reason says not by our own word."""
    service = {"service_type": "test_call", "name": "Test", "service_tag": ""}

    decision = _decide(ASK % "next", answer=ForwardedAnswer(Action.CONTINUE, service))

    assert decision == Decision(Action.CONTINUE, Reason.FORWARDED, service, "ask")


@pytest.mark.parametrize(
    ("on_failure", "want"),
    [
        ("next", Decision(Action.REJECT, Reason.BY_RULE, None, "behind", "no")),
        ("continue", Decision(Action.CONTINUE, Reason.FORWARD_FAILED, None, "ask")),
        ("not_found", Decision(Action.NOT_FOUND, Reason.FORWARD_FAILED, None, "ask")),
        ("reject", Decision(Action.REJECT, Reason.FORWARD_FAILED, None, "ask")),
    ],
)
def test_a_rule_says_what_is_to_be_done_without_an_answer(on_failure: str, want: Decision) -> None:
    """The next rule, or one of three words."""
    assert _decide(ASK % on_failure, "{name: behind, then: {reject: no}}") == want


def test_participants_get_an_empty_result_when_another_server_fails() -> None:
    """A node takes `continue` for a participant with an empty result."""
    rule = "{name: ask, for: participant, then: {forward: {to: old, on_failure: continue}}}"
    request = ParticipantRequest.parse(QUERY, frozenset())

    got = decide_participant(
        request, Grounds(ruled(rule), Plan(), Known({}, {"old": None}), MOMENT)
    )

    assert got == Decision(Action.CONTINUE, Reason.FORWARD_FAILED, {}, "ask")


def test_a_rule_that_cannot_be_carried_out_is_passed_over() -> None:
    """The next one is looked at, and the decision names both."""
    decision = _decide(
        "{name: named, then: {reject: 'not ${remote_display_name}'}}",
        "{name: behind, then: {reject: no}}",
    )

    assert (decision.rule, decision.text) == ("behind", "no")
    assert decision.faults == (("named", "${remote_display_name} has no value in this call"),)


def test_what_stands_for_a_missing_value_is_said() -> None:
    """With `:-` a rule can be carried out without the value."""
    decision = _decide("{name: named, then: {reject: 'not ${remote_display_name:-you}'}}")

    assert (decision.text, decision.faults) == ("not you", ())


def test_shadow_rules_are_noted_and_do_nothing() -> None:
    """Only those that the call came by; behind the deciding rule nobody looks."""
    decision = _decide(
        "{name: first, mode: shadow, then: {reject: no}}",
        "{name: other, mode: shadow, when: {protocol: h323}, then: {reject: no}}",
        "{name: decides, then: continue}",
        "{name: last, mode: shadow, then: {reject: no}}",
    )

    assert decision == Decision(
        Action.CONTINUE, Reason.BY_RULE, None, "decides", shadows=("first",)
    )


def test_the_directory_decides_where_a_rule_says_so() -> None:
    """No rule behind is looked at, not even one that only changes something."""
    decision = _decide(
        "{name: ours, then: directory}",
        "{name: behind, then: {rewrite: other@example.org}}",
    )

    assert decision == Decision(Action.CONTINUE, Reason.FOREIGN_DOMAIN, None, "ours")
