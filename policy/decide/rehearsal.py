"""Decides a request outside the server, with facts that are at hand: for tests and replays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.decide.asking import decide, parse_request
from policy.decide.grounds import Grounds, Plan
from policy.directory.records import Found
from policy.rules.known import Known, NeedsAnswer, NeedsEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.decide.avatar import Drawing
    from policy.decide.decision import Decision
    from policy.directory.records import AddressKey, Entry, PhonebookSearch
    from policy.rules.model import Forward
    from policy.rules.question import Moment
    from policy.rules.table import RuleTable
    from policy.rules.trace import Trace
    from policy.wire.answers import ForwardedAnswer
    from policy.wire.asked import Asked


@dataclass(frozen=True, slots=True)
class Stage:
    """What a rehearsal plays with: the rules, the plan, and whoever is asked for facts."""

    table: RuleTable
    plan: Plan
    find: Callable[[AddressKey], Entry]
    ask: Callable[[Forward], ForwardedAnswer | None]


def rehearse(
    asked: Asked,
    stage: Stage,
    moment: Moment,
    trace: Trace | None = None,
    known: Known | None = None,
) -> Decision | Drawing | PhonebookSearch:
    """Give what the server would decide, and leave in `known` what was asked for on the way.

    Raises whatever the facts raise.
    """
    request = parse_request(asked, stage.plan.own_nodes)
    grounds = Grounds(stage.table, stage.plan, known or Known(), moment, trace)
    while True:
        try:
            return decide(request, grounds)
        except NeedsEntry as needs:
            grounds.known.entries[needs.key] = Found(stage.find(needs.key))
        except NeedsAnswer as needs:
            grounds.known.answers[needs.forward.to] = stage.ask(needs.forward)
