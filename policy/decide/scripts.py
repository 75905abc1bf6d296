"""What a script of a rule answers: as Pexip's local policy would, or nothing usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.decision import Decision, Reason
from policy.errors import OutcomeError
from policy.rules.unfinished import checked_place, checked_properties, checked_service
from policy.rules.variables import variables_of
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from policy.rules.question import Question
    from policy.rules.subnets import MediaPlace
    from policy.scripts.script import Script, ScriptOutput


def service_by_script(script: Script, question: Question) -> Decision | None:
    """Give the script's service, refusal or redirection.

    To go on without a service is to have no opinion, so the next rule is looked at. Raises Needs,
    and OutcomeError for an output that a node would discard.
    """
    output = _run(script, question)
    match output.action:
        case Action.REJECT:
            return Decision(Action.REJECT, Reason.BY_RULE)
        case Action.REDIRECT:
            new_alias = (output.result or {}).get("new_alias")
            if not isinstance(new_alias, str) or not 0 < len(new_alias) <= MAX_TEXT:
                raise OutcomeError("the script redirects and names no new_alias")
            return Decision(Action.REDIRECT, Reason.BY_RULE, {"new_alias": new_alias})
        case _ if output.result:
            return Decision(Action.CONTINUE, Reason.BY_RULE, checked_service(output.result))
        case _:
            return None


def participant_by_script(script: Script, question: Question) -> Decision:
    """Give the properties that the script changes, or its refusal; raises as for a service."""
    output = _run(script, question)
    if output.action == Action.REJECT:
        said = str((output.result or {}).get("reject_reason", ""))[:MAX_TEXT]
        return Decision(Action.REJECT, Reason.BY_RULE, {"reject_reason": said} if said else {})
    return Decision(Action.CONTINUE, Reason.BY_RULE, checked_properties(output.result or {}))


def place_by_script(script: Script, question: Question) -> MediaPlace | None:
    """Give the place that the script chose, None for none; raises as for a service."""
    output = _run(script, question)
    return checked_place(output.result) if output.result else None


def _run(script: Script, question: Question) -> ScriptOutput:
    moment = question.moment
    variables = variables_of(script, question)
    return script.answer(
        variables, now=moment.now, token=moment.token, allowance=question.allowance
    )
