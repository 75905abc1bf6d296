"""Explanations outside the server, from facts that are at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.grounds import Grounds
from policy.decide.rehearsal import Stage, rehearse
from policy.explaining.explain import explain
from policy.rules.known import Known

if TYPE_CHECKING:
    from policy.explaining.explanation import Explanation
    from policy.rules.question import Moment
    from policy.wire.asked import Asked


def explain_on(asked: Asked, stage: Stage, moment: Moment) -> Explanation:
    """Decide, then explain on the same grounds, as the server does; raises as the facts do."""
    known = Known()
    rehearse(asked, stage, moment, known=known)
    return explain(asked, Grounds(stage.table, stage.plan, known, moment))
