"""What a decision rests on, besides the request. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from policy.decide.addresses import state_of
from policy.rules.known import Dialling, Known
from policy.rules.question import Moment, Question

if TYPE_CHECKING:
    from policy.rules.table import RuleTable
    from policy.rules.trace import Trace
    from policy.rules.walk import Walk
    from policy.wire.alias import Alias
    from policy.wire.parameters import Parameters
    from policy.wire.vocabulary import CallDirection, RequestType


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings say of deciding; the same from start to stop."""

    dialling: Dialling = field(default_factory=Dialling)
    own_nodes: frozenset[str] = frozenset()
    # A registered device of the directory is a host in the rooms of its own organisation.
    own_devices_are_hosts: bool = False
    # Whoever has no picture is shown by initials.
    initials: bool = False
    # Phone books hide what the platform knows.
    ignore_local: bool = False


class Grounds(NamedTuple):
    """Everything that one decision may depend on; a `trace` is filled on the way."""

    table: RuleTable
    plan: Plan
    known: Known
    moment: Moment
    trace: Trace | None = None

    def walk(
        self,
        request: RequestType,
        alias: Alias,
        parameters: Parameters,
        direction: CallDirection | None = None,
    ) -> Walk:
        """Begin to go through the rules."""
        question = Question(
            request,
            alias,
            parameters,
            self.known,
            self.plan.dialling,
            self.moment,
            direction,
            state_of,
        )
        return self.table.walk(question, self.trace)
