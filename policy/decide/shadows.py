"""What a shadow rule would do if it were in force. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policy.decide.asking import decide
from policy.decide.decision import Decision
from policy.decide.effects import effect_of
from policy.rules.known import NeedsAnswer, NeedsEntry
from policy.rules.table import RuleTable
from policy.rules.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.decide.asking import Request
    from policy.decide.grounds import Grounds
    from policy.rules.model import Rule

_WOULD: Final = "in force it would"


def in_force(
    request: Request, grounds: Grounds, ahead: Sequence[Rule], shadow: Rule
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what it would do, and what its script logs.

    `ahead` are the enforced rules in front that match. Nobody is asked for what the decision itself
    did not need.
    """
    table = RuleTable([*ahead, replace(shadow, is_shadow=False)], version=grounds.table.version)
    trace = Trace()
    try:
        outcome = decide(request, replace(grounds, table=table, trace=trace))
    except NeedsEntry as needs:
        key = needs.key
        address = f"{key.local}@{key.domain}".removesuffix("@")
        return (f"{_WOULD} look up {address} in the directory",), ()
    except NeedsAnswer as needs:
        return (f"{_WOULD} ask policy server {needs.forward.to}",), ()
    step, question = trace.steps[-1], trace.question
    said = tuple(f"in force it {each}" for each in step.did)
    if question is not None and isinstance(outcome, Decision) and outcome.rule == shadow.name:
        effect = effect_of(question.request, outcome, question.direction)
        return (*said, f"{_WOULD} decide {outcome.action.value}: {effect}"), step.log
    if shadow.then is not None and not any(each.startswith("cannot") for each in step.did):
        said = (*said, f"{_WOULD} have nothing to say for this call")
    return said, step.log
