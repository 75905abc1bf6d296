"""As whom somebody joins: what the rules say, else unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from policy.decide.decision import Decision, Reason
from policy.rules.model import (
    Continue,
    Credentials,
    NotFound,
    Override,
    Redirect,
    Reject,
    UseRoom,
    UseService,
)
from policy.rules.table import Question
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.wire.requests import ParticipantRequest


def decide_participant(request: ParticipantRequest, table: RuleTable) -> Decision:
    """Do what the first matching rule says; without one the participant joins unchanged."""
    call = request.call
    if call.alias is None:
        return Decision(Action.CONTINUE, Reason.BAD_ALIAS, {})
    question = Question(call.alias, call.protocol, call.direction)
    rule = table.first_match(RequestType.PARTICIPANT, question)
    if rule is None:
        return Decision(Action.CONTINUE, Reason.NO_RULE, {})
    return _by_rule(rule)


def _by_rule(rule: Rule) -> Decision:
    match rule.then:
        case Reject(text):
            result = {"reject_reason": text}  # the node shows it to app users
            return Decision(Action.REJECT, Reason.BY_RULE, result, rule.name)
        case NotFound():
            return Decision(Action.NOT_FOUND, Reason.BY_RULE, rule=rule.name)
        case Override(properties):
            return Decision(Action.CONTINUE, Reason.BY_RULE, properties, rule.name)
        case Continue() | Redirect() | UseRoom() | UseService() | Credentials():
            # But for the first, no rule file can ask for these.
            return Decision(Action.CONTINUE, Reason.BY_RULE, {}, rule.name)
        case _:
            assert_never(rule.then)
