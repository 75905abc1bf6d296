"""Rules that may do more, or less, than their author wants: worth a warning. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.rules.clauses import SetsUpACall
from policy.rules.model import Redirect, Reject
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.rules.model import Rule

_OF_A_CALL: Final = frozenset({RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION})


def pitfalls(rule: Rule) -> Iterator[str]:
    """Say what a rule does beside what it says."""
    speaks_to_all = any(isinstance(clause, SetsUpACall) for clause in rule.clauses)
    is_refusal = isinstance(rule.then, Reject | Redirect)
    if RequestType.SERVICE in rule.requests and is_refusal and speaks_to_all:
        yield "also refuses outgoing calls of meetings that run: write direction: dial_in"
    changes = rule.changes
    if changes is not None and changes.alias is not None and not rule.requests >= _OF_A_CALL:
        named = ", ".join(request.value for request in RequestType if request in _OF_A_CALL)
        yield f"rewrites the alias for some questions of a call alone: write for: [{named}]"
