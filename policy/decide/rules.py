"""What rules say, for every type of request: the first that can be carried out decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from policy.decide.decision import Decision, Reason
from policy.errors import OutcomeError
from policy.rules.model import (
    Continue,
    Forward,
    NotFound,
    OnFailure,
    Reject,
    UseDirectory,
)
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.rules.known import Known
    from policy.rules.model import Rule
    from policy.rules.walk import Walk

_ACTIONS: Final[Mapping[OnFailure, Action]] = {
    OnFailure.CONTINUE: Action.CONTINUE,
    OnFailure.NOT_FOUND: Action.NOT_FOUND,
    OnFailure.REJECT: Action.REJECT,
}


def said_by_rules(walk: Walk, carry_out: Callable[[Rule], Decision | None]) -> Decision | None:
    """Give the decision of the first rule that can be carried out, None when none decides.

    A rule that cannot be is noted, and the next one looked at.
    """
    while (rule := walk.next_rule()) is not None:
        if isinstance(rule.then, UseDirectory):
            walk.leave_to_directory(rule)
            return None
        try:
            decision = carry_out(rule)
        except OutcomeError as exc:
            walk.fault(rule, exc)
            continue
        if decision is not None:
            return replace(decision, rule=rule.name)
    return None


def noted(decision: Decision, walk: Walk) -> Decision:
    """Add what happened on the way through the rules."""
    if not walk.shadows and not walk.faults and not walk.left_to_directory:
        return decision
    return replace(
        decision,
        rule=decision.rule or walk.left_to_directory,
        shadows=tuple(walk.shadows),
        faults=tuple(walk.faults),
    )


def common(
    rule: Rule, walk: Walk, known: Known, nothing: Mapping[str, object] | None
) -> Decision | None:
    """Carry out what is the same for every type of request; None leaves it to the next rule.

    `nothing` is the result of an answer that says nothing else: some types want it empty, some
    absent. Raises Needs and OutcomeError.
    """
    match rule.then:
        case Reject(text):
            said = text.render(walk.question)[:MAX_TEXT]
            return Decision(Action.REJECT, Reason.BY_RULE, nothing, text=said)
        case Continue():
            return Decision(Action.CONTINUE, Reason.BY_RULE, nothing)
        case NotFound():
            return Decision(Action.NOT_FOUND, Reason.BY_RULE)
        case Forward():
            return _forwarded(rule.then, known, nothing)
        case _:
            raise AssertionError(f"no rule file can ask this request for {rule.then}")


def _forwarded(
    forward: Forward, known: Known, nothing: Mapping[str, object] | None
) -> Decision | None:
    answer = known.answer(forward)
    if answer is not None:
        return Decision(
            answer.action,
            Reason.FORWARDED,
            answer.result,
            ignore_local=answer.ignore_local,
            image=answer.image,
        )
    match forward.on_failure:
        case OnFailure.NEXT:
            return None
        case OnFailure.CONTINUE | OnFailure.NOT_FOUND | OnFailure.REJECT:
            action = _ACTIONS[forward.on_failure]
            result = None if action is Action.NOT_FOUND else nothing
            return Decision(action, Reason.FORWARD_FAILED, result)
        case _:
            assert_never(forward.on_failure)
