"""What a shadow rule would do if it were in force. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from policy.decide.asking import decide
from policy.decide.decision import Decision
from policy.explaining.effects import effect_of
from policy.rules.known import NeedsAnswer, NeedsEntry
from policy.rules.model import NotFound, Rule
from policy.rules.table import RuleTable
from policy.rules.trace import Trace
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.decide.asking import Request
    from policy.decide.grounds import Grounds

_WOULD: Final = "in force it would"
# Decides what the shadow rule leaves to the rules behind, before the directory is looked at.
_LAST: Final = Rule("", frozenset(RequestType), (), NotFound())


def in_force(
    request: Request, grounds: Grounds, ahead: Sequence[Rule], shadow: Rule
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what it would do, and what its script logs.

    `ahead` are the enforced rules in front that match. Nobody is asked for what the decision itself
    did not need.
    """
    rules = [*ahead, replace(shadow, is_shadow=False), _LAST]
    table = RuleTable(rules, version=grounds.table.version)
    trace = Trace()
    try:
        outcome = decide(request, grounds._replace(table=table, trace=trace))
    except NeedsEntry as needs:
        key = needs.key
        address = f"{key.local}@{key.domain}".removesuffix("@")
        return (f"{_WOULD} look up {address} in the directory",), ()
    except NeedsAnswer as needs:
        return (f"{_WOULD} ask policy server {needs.forward.to}",), ()
    step, question = next(each for each in trace.steps if each.rule == shadow.name), trace.question
    said = tuple(f"in force it {each}" for each in step.did)
    if question is not None and isinstance(outcome, Decision) and outcome.rule == shadow.name:
        effect = effect_of(question.request, outcome, question.direction)
        return (*said, f"{_WOULD} decide {outcome.action.value}: {effect}"), step.log
    if shadow.then is not None and not any(each.startswith("cannot") for each in step.did):
        said = (*said, f"{_WOULD} have nothing to say for this call")
    return said, step.log
